#include "message.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int receive(int socket, struct message *m) {
    ssize_t n;
    do
        n = recv(socket, m->bytes, sizeof m->bytes - 1, 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return 0;
    m->size = n;
    m->bytes[n] = 0;
    m->count = 0;
    for (char *p = m->bytes; p < m->bytes + n && m->count < MAX_FIELDS; p += strlen(p) + 1)
        m->field[m->count++] = p;
    return 1;
}

void reply(const char *first, ...) {
    static char bytes[MAX_MESSAGE];
    size_t n = 0;
    va_list fields;
    va_start(fields, first);
    for (const char *f = first; f != NULL; f = va_arg(fields, const char *)) {
        size_t size = strlen(f) + 1;
        if (n + size > sizeof bytes)
            break;
        memcpy(bytes + n, f, size);
        n += size;
    }
    va_end(fields);
    while (send(CONTROL_FD, bytes, n, MSG_NOSIGNAL) < 0)
        if (errno != EINTR)
            _exit(0);
}

_Noreturn void give_up(const char *why) {
    reply("failed", why, NULL);
    _exit(1);
}
