#define _GNU_SOURCE
#include "forkserver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// A document that is being converted: the child and what it has said so far.
struct child {
    char id[32];
    pid_t pid;
    int report; // read end of its pipe; the end of file on it is the child's end
    size_t said;
    char text[MAX_REPORT];
};

static struct {
    LibreOfficeKit *kit;
    struct message start;
    struct message in;
    struct sandbox sandbox;
    int sandboxed;
    struct child children[MAX_CHILDREN];
    int running;
} server;

// Fields of the start message.
enum { PROGRAM = 1, PROFILE, PROFILE_URL, SANDBOX, WARM_UP_PDF, FIRST_WARM_UP };

// Reads one message and splits it. Returns 0 when the Go side is gone.
static int receive(struct message *m) {
    ssize_t n;
    do
        n = recv(CONTROL_FD, m->bytes, sizeof m->bytes - 1, 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return 0;
    m->bytes[n] = 0;
    m->count = 0;
    for (char *p = m->bytes; p < m->bytes + n && m->count < MAX_FIELDS; p += strlen(p) + 1)
        m->field[m->count++] = p;
    return 1;
}

// Sends one message of the given fields, the last of which is NULL. The Go side being gone ends everything.
static void reply(const char *first, ...) {
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

static _Noreturn void give_up(const char *why) {
    reply("failed", why, NULL);
    _exit(1);
}

static void kill_child(const struct child *c) {
    kill(-c->pid, SIGKILL);
    kill(c->pid, SIGKILL);
}

// Tells the Go side how a child ended. The child has closed its report, so it is dead or about to be: kill
// makes sure that waiting cannot block.
static void bury(struct child *c) {
    int status = 0;
    struct rusage used;
    memset(&used, 0, sizeof used);
    kill_child(c);
    while (wait4(c->pid, &status, 0, &used) < 0 && errno == EINTR)
        ;
    close(c->report);
    c->text[c->said] = 0;

    char state[16], cpu[32], rss[32], faults[32];
    snprintf(state, sizeof state, "%d", status);
    snprintf(cpu, sizeof cpu, "%lld",
             (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    snprintf(rss, sizeof rss, "%ld", used.ru_maxrss);
    snprintf(faults, sizeof faults, "%ld", used.ru_minflt);
    reply("done", c->id, state, cpu, rss, faults, c->text, NULL);

    int last = --server.running;
    if (c != &server.children[last])
        *c = server.children[last];
}

// Takes what a child has said. Past MAX_REPORT the rest is dropped.
static void listen_to(struct child *c) {
    char spill[4096];
    size_t room = MAX_REPORT - 1 - c->said;
    ssize_t n = room > 0 ? read(c->report, c->text + c->said, room) : read(c->report, spill, sizeof spill);
    if (n > 0 && room > 0)
        c->said += n;
    else if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        bury(c);
}

// In a new child: nothing of the fork server's sockets and of the other documents' pipes may be left.
static void close_inherited(void) {
    close(CONTROL_FD);
    for (int i = 0; i < server.running; i++)
        close(server.children[i].report);
}

static void start_child(struct message *m) {
    const char *id = m->field[1];
    struct job job = {
        .directory = m->field[2],
        .input_url = m->field[3],
        .output_url = m->field[4],
        .load_options = m->field[5],
        .filter = m->field[6],
        .cpu_seconds = atol(m->field[7]),
        .memory_bytes = atol(m->field[8]),
        .output_bytes = atol(m->field[9]),
        .sandbox = server.sandboxed ? &server.sandbox : NULL,
    };
    int ends[2];
    if (server.running == MAX_CHILDREN || pipe2(ends, O_CLOEXEC) < 0) {
        reply("refused", id, "too many documents at once", NULL);
        return;
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) {
        close(ends[0]);
        close(ends[1]);
        reply("refused", id, strerror(errno), NULL);
        return;
    }
    if (pid == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        close(ends[0]);
        close_inherited();
        convert(server.kit, &job, ends[1]);
    }
    setpgid(pid, pid);
    close(ends[1]);
    struct child *c = &server.children[server.running++];
    snprintf(c->id, sizeof c->id, "%s", id);
    c->pid = pid;
    c->report = ends[0];
    c->said = 0;
    char number[16];
    snprintf(number, sizeof number, "%d", pid);
    reply("forked", id, number, NULL);
}

static void cancel(const char *id) {
    for (int i = 0; i < server.running; i++)
        if (strcmp(server.children[i].id, id) == 0)
            kill_child(&server.children[i]);
}

static void obey(struct message *m) {
    if (m->count == 10 && strcmp(m->field[0], "convert") == 0)
        start_child(m);
    else if (m->count == 2 && strcmp(m->field[0], "cancel") == 0)
        cancel(m->field[1]);
    else
        give_up("a message that the fork server does not know");
}

// Serves until the Go side closes the socket, then takes the children along.
static _Noreturn void serve(void) {
    struct pollfd watched[1 + MAX_CHILDREN];
    for (;;) {
        int running = server.running;
        watched[0] = (struct pollfd){.fd = CONTROL_FD, .events = POLLIN};
        for (int i = 0; i < running; i++)
            watched[1 + i] = (struct pollfd){.fd = server.children[i].report, .events = POLLIN};
        if (poll(watched, 1 + running, -1) < 0)
            continue;
        // From the last to the first: burying a child moves the last one into its place.
        for (int i = running - 1; i >= 0; i--)
            if (watched[1 + i].revents)
                listen_to(&server.children[i]);
        if (watched[0].revents) {
            if (!receive(&server.in))
                break;
            obey(&server.in);
        }
    }
    for (int i = 0; i < server.running; i++)
        kill_child(&server.children[i]);
    _exit(0);
}

// LibreOffice loads documents only from inside its event loop, which calls this when it has nothing to do.
static int on_idle(void *data, int timeout_us) {
    (void)data;
    (void)timeout_us;
    const struct message *start = &server.start;
    for (int i = FIRST_WARM_UP; i < start->count; i++) {
        const char *why = warm_up(server.kit, start->field[i], start->field[WARM_UP_PDF]);
        if (why != NULL)
            give_up(why);
    }
    // Only the calling thread lives on in a forked child, so no other may be at work when it is forked.
    if (!server.kit->pClass->joinThreads(server.kit))
        give_up("LibreOffice's threads did not end after the warm-up");
    remember_temp_directories();
    // Where the kernel cannot keep files from documents, the memory of processes must not be one of them.
    if (server.sandboxed && landlock_version() == 0)
        prctl(PR_SET_DUMPABLE, 0);
    reply("ready", server.kit->pClass->getVersionInfo(server.kit),
          server.sandboxed ? probe_sandbox(&server.sandbox) : "", NULL);
    serve();
}

static void on_wake(void *data) { (void)data; }

static _Noreturn void fork_server(void) {
    unsetenv("DOCX2PDF_FORK_SERVER");
    fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
    struct message *start = &server.start;
    if (!receive(start) || start->count < FIRST_WARM_UP || strcmp(start->field[0], "start") != 0)
        _exit(1);
    server.sandbox.program_directory = start->field[PROGRAM];
    server.sandbox.profile_directory = start->field[PROFILE];
    server.sandbox.required = strcmp(start->field[SANDBOX], "require") == 0;
    server.sandboxed = strcmp(start->field[SANDBOX], "off") != 0;
    server.kit = lok_init_2(start->field[PROGRAM], start->field[PROFILE_URL]);
    if (server.kit == NULL)
        give_up("LibreOfficeKit could not be initialised");
    if (!LIBREOFFICEKIT_HAS(server.kit, setForkedChild))
        give_up("this LibreOffice is older than 25.2");
    // Without a data pointer LibreOffice never calls back.
    server.kit->pClass->runLoop(server.kit, on_idle, on_wake, &server);
    give_up("LibreOffice's event loop ended");
}

// Runs before main, and so before there is a Go runtime, which cannot fork.
__attribute__((constructor)) static void start_fork_server(void) {
    if (getenv("DOCX2PDF_FORK_SERVER") != NULL)
        fork_server();
}
