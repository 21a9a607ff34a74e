// Messages between the Go side, the fork server and its children: sequences of fields, each ended by a zero byte, of
// which the first is the kind. The sockets keep the boundaries between them.
#ifndef DOCX2PDF_MESSAGE_H
#define DOCX2PDF_MESSAGE_H

#include <stddef.h>

enum {
    CONTROL_FD = 3,          // the socket to the Go side, as os/exec's first extra file
    MAX_MESSAGE = 128 << 10, // bytes of one message
    MAX_FIELDS = 16,
};

struct message {
    size_t size;
    int count;
    char *field[MAX_FIELDS];
    char bytes[MAX_MESSAGE];
};

// receive reads one message and splits it. It returns 0 when the other side is gone.
int receive(int socket, struct message *m);

// reply sends the Go side one message of the given fields, the last of which is NULL. The Go side being gone ends
// everything.
void reply(const char *first, ...);

// give_up tells the Go side why there is no fork server, and ends it.
_Noreturn void give_up(const char *why);

#endif
