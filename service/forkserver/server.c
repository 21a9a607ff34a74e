#define _GNU_SOURCE
#include "server.h"
#include "children.h"
#include "document.h"
#include "shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct message start, in;
static struct sandbox sandbox;
static struct server server;

enum {
    MAX_FILES = 256, // far more than LibreOffice has open when it waits
    MAX_READABLE = 64,
};

static int is_job(const struct message *m) {
    return m->count >= JOB_FIRST_OPTION && (m->count - JOB_FIRST_OPTION) % OPTION_FIELDS == 0 &&
           (strcmp(m->field[JOB_KIND], "convert") == 0 || strcmp(m->field[JOB_KIND], "learn") == 0);
}

static void obey(const struct message *m) {
    if (is_job(m))
        give_to_child(&server, m);
    else if (m->count == CANCEL_FIELDS && strcmp(m->field[CANCEL_KIND], "cancel") == 0)
        cancel(m->field[CANCEL_ID]);
    else
        give_up("a message that the fork server does not know");
}

// Serves until the Go side closes the socket, then takes the children along.
static _Noreturn void serve(void) {
    struct pollfd watched[1 + MAX_WATCHED];
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

// Starts LibreOffice and has it do once what each document takes.
static void warm(void) {
    const char *why = start_office(&server, start.field[START_PROGRAM_DIRECTORY], start.field[START_PROFILE_URL]);
    if (why == NULL)
        why = connect_office();
    for (int i = START_FIRST_WARM_UP; i < start.count && why == NULL; i++)
        why = warm_up(start.field[i], start.field[START_WARM_UP_PDF]);
    if (why != NULL)
        give_up(why);
    if (documents_open() != 0)
        give_up("a document of the warm-up is still open");
    // Only the calling thread lives on in a forked child, so no other may be at work when it is forked.
    if (!server.kit->pClass->joinThreads(server.kit))
        give_up("LibreOffice's threads did not end after the warm-up");
    remember_temp_directories();
    make_files_read_only();
}

// Leaves the directory that LibreOffice has started in: children may read it, for the links in it.
static void move_out(void) {
    if ((mkdir("away", 0700) < 0 && errno != EEXIST) || chdir("away") < 0)
        give_up("the fork server has no directory of its own");
}

// Makes memory cheap to share, and returns how much of the libraries is in huge pages; 0 when the kernel has refused
// a part of it.
static size_t share_memory(void) {
    plug_heap();
    if (!huge_pages())
        return 0;
    collapse_heap();
    const size_t copied = copy_text(start.field[START_PROGRAM_DIRECTORY]);
    const size_t packed = pack_libraries();
    return copied == 0 || packed == 0 ? 0 : copied + packed;
}

// Tells the Go side that documents may come, and what has been found out.
static void announce(size_t copied) {
    char shared[32];
    snprintf(shared, sizeof shared, "%zu", copied);
    if (server.sandbox != NULL)
        probe_sandbox(&sandbox);
    reply("ready", server.kit->pClass->getVersionInfo(server.kit), way_name(sandbox.way), parts_text(sandbox.kept), shared,
          NULL);
}

static void describe_sandbox(void) {
    static const char *readable[MAX_READABLE + 1];
    static const char *const devices[] = {"/dev/null", NULL};
    int count = 0;
    for (char *path = strtok(start.field[START_READABLE], "\n"); path != NULL && count < MAX_READABLE;
         path = strtok(NULL, "\n"))
        readable[count++] = path;
    sandbox = (struct sandbox){
        .readable = readable, .writable_devices = devices, .way = parse_way(start.field[START_SANDBOX_WAY])};
    if (strcmp(start.field[START_SANDBOX], "off") != 0)
        server.sandbox = &sandbox;
}

static _Noreturn void fork_server(void) {
    unsetenv("DOCX2PDF_FORK_SERVER");
    fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
    if (!receive(CONTROL_FD, &start) || start.count < START_FIRST_WARM_UP || strcmp(start.field[START_KIND], "start") != 0)
        _exit(1);
    align_heap();
    describe_sandbox();
    warm();
    move_out();
    announce(share_memory());
    serve();
}

// Runs before main, and so before there is a Go runtime, which cannot fork.
__attribute__((constructor)) static void start_fork_server(void) {
    if (getenv("DOCX2PDF_FORK_SERVER") != NULL)
        fork_server();
}
