#define _GNU_SOURCE
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

void say(int socket, int descriptor, const char *line) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof descriptor)];
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof descriptor), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    struct iovec text = {.iov_base = (char *)line, .iov_len = strlen(line)};
    struct msghdr m = {.msg_iov = &text, .msg_iovlen = 1};
    if (descriptor < 0) { // in the sandbox nothing but write is allowed
        if (write(socket, line, strlen(line)) < 0)
            _exit(1);
        return;
    }
    memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
    m.msg_control = &control;
    m.msg_controllen = sizeof control.space;
    if (sendmsg(socket, &m, MSG_NOSIGNAL) < 0)
        _exit(1);
}

size_t hear(int socket, char *line, size_t size, int *descriptor) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof *descriptor)];
    } control;
    struct iovec text = {.iov_base = line, .iov_len = size};
    struct msghdr m = {
        .msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.space};
    ssize_t n;
    *descriptor = -1;
    do
        n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    const struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
    if (header != NULL && header->cmsg_type == SCM_RIGHTS)
        memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
    return n > 0 ? n : 0;
}
