#define _GNU_SOURCE
#include "forkserver.h"
#include "children.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct message start, in;
static struct sandbox sandbox;
static struct server server;

enum { MAX_FILES = 256 }; // far more than LibreOffice has open when it waits

// Fields of the start message.
enum { PROGRAM = 1, PROFILE, PROFILE_URL, SANDBOX, WARM_UP_PDF, FIRST_WARM_UP };

static void obey(const struct message *m) {
    if (m->count == DOCUMENT_FIELDS && (strcmp(m->field[0], "convert") == 0 || strcmp(m->field[0], "learn") == 0))
        give_to_child(&server, m);
    else if (m->count == 2 && strcmp(m->field[0], "cancel") == 0)
        cancel(m->field[1]);
    else
        give_up("a message that the fork server does not know");
}

// Serves until the Go side closes the socket, then takes the children along.
static _Noreturn void serve(void) {
    struct pollfd watched[1 + MAX_CHILDREN];
    for (;;) {
        keep_spare(&server);
        watched[0] = (struct pollfd){.fd = CONTROL_FD, .events = POLLIN};
        int count = watch_children(watched + 1);
        if (poll(watched, 1 + count, -1) < 0)
            continue;
        listen_to_children(watched + 1, count);
        if (watched[0].revents) {
            if (!receive(CONTROL_FD, &in))
                break;
            obey(&in);
        }
    }
    cancel_all();
    _exit(0);
}

// Children inherit the files that LibreOffice opened when it started. No document may write what others read.
static void make_files_read_only(void) {
    for (int fd = CONTROL_FD + 1; fd < MAX_FILES; fd++) {
        struct stat info;
        char path[32];
        if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY || fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
            continue;
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        int copy = open(path, O_RDONLY | O_CLOEXEC);
        if (copy < 0 || dup3(copy, fd, O_CLOEXEC) < 0)
            give_up("a file could not be opened to be read only");
        close(copy);
    }
}

// LibreOffice loads documents only from inside its event loop, which calls this when it has nothing to do.
static int on_idle(void *data, int timeout_us) {
    (void)data;
    (void)timeout_us;
    for (int i = FIRST_WARM_UP; i < start.count; i++) {
        const char *why = warm_up(server.kit, start.field[i], start.field[WARM_UP_PDF]);
        if (why != NULL)
            give_up(why);
    }
    // Only the calling thread lives on in a forked child, so no other may be at work when it is forked.
    if (!server.kit->pClass->joinThreads(server.kit))
        give_up("LibreOffice's threads did not end after the warm-up");
    remember_temp_directories();
    make_files_read_only();
    // Where the kernel cannot keep files from documents, the memory of processes must not be one of them.
    if (server.sandbox != NULL && landlock_version() == 0)
        prctl(PR_SET_DUMPABLE, 0);
    reply("ready", server.kit->pClass->getVersionInfo(server.kit),
          server.sandbox != NULL ? probe_sandbox(server.sandbox) : "", NULL);
    serve();
}

static void on_wake(void *data) { (void)data; }

static _Noreturn void fork_server(void) {
    unsetenv("DOCX2PDF_FORK_SERVER");
    fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
    if (!receive(CONTROL_FD, &start) || start.count < FIRST_WARM_UP || strcmp(start.field[0], "start") != 0)
        _exit(1);
    sandbox.program_directory = start.field[PROGRAM];
    sandbox.profile_directory = start.field[PROFILE];
    sandbox.required = strcmp(start.field[SANDBOX], "require") == 0;
    if (strcmp(start.field[SANDBOX], "off") != 0)
        server.sandbox = &sandbox;
    server.kit = lok_init_2(start.field[PROGRAM], start.field[PROFILE_URL]);
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
