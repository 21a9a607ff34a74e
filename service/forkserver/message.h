// Messages between the Go side, the fork server and its children: sequences of fields, each ended by a zero byte, of
// which the first is the kind. The sockets keep the boundaries between them. fields.h names the fields.
#ifndef DOCX2PDF_MESSAGE_H
#define DOCX2PDF_MESSAGE_H

#include "fields.h"

#include <stddef.h>

enum {
    CONTROL_FD = 3, // the socket to the Go side, as os/exec's first extra file
    MAX_FIELDS = 256,
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

// say sends the fork server one line about a child's document, and with it a descriptor unless that is -1. A line goes
// out at once, so that it is known how far a child came that crashes.
void say(int socket, int descriptor, const char *line);

// hear takes one line of at most size bytes, and the descriptor that came with it, or -1. It returns the line's length,
// 0 when the child is gone.
size_t hear(int socket, char *line, size_t size, int *descriptor);

#endif
