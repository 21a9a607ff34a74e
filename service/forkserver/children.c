#define _GNU_SOURCE
#include "children.h"
#include "hotpages.h"
#include "shared.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    char id[32]; // its document's; "" while it waits for one
    pid_t pid;
    int socket;     // takes the document, then tells of it line by line; its end of file is the child's end
    int supervised; // asks for each thread that the child starts; -1 where the kernel has no such thing
    int threads;    // how many it may have
    int told;       // the Go side knows how the document ended
    int place;      // its copies of the heap's dense blocks
    int learns;     // the document is our own, and its child may tell which memory it takes
    size_t said;
    char text[MAX_REPORT];
};

static struct child children[MAX_CHILDREN];
static int running;

static long long microseconds(const struct timeval *t) { return t->tv_sec * 1000000LL + t->tv_usec; }

static struct child *find(const char *id) {
    for (int i = 0; i < running; i++)
        if (strcmp(children[i].id, id) == 0)
            return &children[i];
    return NULL;
}

// In a new child: nothing of the fork server's sockets and of the other documents' may be left.
static void close_inherited(void) {
    close(CONTROL_FD);
    for (int i = 0; i < running; i++) {
        close(children[i].socket);
        if (children[i].supervised >= 0)
            close(children[i].supervised);
    }
}

// Forks a child that waits.
static void fork_child(const struct server *server) {
    int ends[2];
    if (running == MAX_CHILDREN || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return;
    pid_t parent = getpid();
    const int place = take_place();
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        close(ends[0]);
        close_inherited();
        await_document(server, ends[1], place);
    }
    close(ends[1]);
    if (pid < 0) {
        leave_place(place);
        close(ends[0]);
        return;
    }
    setpgid(pid, pid);
    struct child *c = &children[running++];
    *c->id = 0;
    c->pid = pid;
    c->socket = ends[0];
    c->supervised = -1;
    c->place = place;
    c->told = c->learns = 0;
    c->said = 0;
}

void keep_spare(const struct server *server) {
    // Not before it is known which memory the child can take while it waits.
    for (int i = 0; i < running; i++)
        if (*children[i].id == 0 || children[i].learns)
            return;
    fork_child(server);
}

void give_to_child(const struct server *server, const struct message *m) {
    const char *id = m->field[JOB_ID];
    // A second time, should the waiting child have been killed meanwhile.
    for (int tries = 0; tries < 2; tries++) {
        if (find("") == NULL)
            fork_child(server);
        struct child *c = find("");
        if (c == NULL)
            break;
        snprintf(c->id, sizeof c->id, "%s", id);
        c->learns = strcmp(m->field[JOB_KIND], "learn") == 0;
        c->threads = atoi(m->field[JOB_THREADS]);
        if (send(c->socket, m->bytes, m->size, MSG_NOSIGNAL) == (ssize_t)m->size) {
            char pid[16];
            snprintf(pid, sizeof pid, "%d", c->pid);
            reply("forked", id, pid, NULL);
            return;
        }
        c->told = 1;
    }
    reply("refused", id, "no child could be forked for it", NULL);
}

static void kill_child(const struct child *c) {
    kill(-c->pid, SIGKILL);
    kill(c->pid, SIGKILL);
}

void cancel(const char *id) {
    const struct child *c = find(id);
    if (c != NULL)
        kill_child(c);
}

void cancel_all(void) {
    for (int i = 0; i < running; i++)
        kill_child(&children[i]);
}

static void tell(struct child *c, int status, const char *cpu) {
    char state[16];
    snprintf(state, sizeof state, "%d", status);
    c->text[c->said] = 0;
    if (c->told || *c->id == 0)
        return;
    c->told = 1;
    if (c->said == 0)
        reply("refused", c->id, "the child that waited for it was killed", NULL);
    else
        reply("done", c->id, state, cpu, c->text, NULL);
}

// Takes leave of a child that has closed its socket, so that it is dead or about to be: kill makes sure that waiting
// cannot block.
static void bury(struct child *c) {
    int status = 0;
    struct rusage used;
    memset(&used, 0, sizeof used);
    kill_child(c);
    while (wait4(c->pid, &status, 0, &used) < 0 && errno == EINTR)
        ;
    leave_place(c->place);
    close(c->socket);
    if (c->supervised >= 0)
        close(c->supervised);
    char cpu[32];
    snprintf(cpu, sizeof cpu, "%lld", microseconds(&used.ru_utime) + microseconds(&used.ru_stime));
    tell(c, status, cpu);
    if (c->learns)
        find_dense_blocks();
    const struct child *last = &children[--running];
    if (c != last)
        *c = *last;
}

static void add(struct child *c, const char *line, size_t size) {
    if (size < MAX_REPORT - c->said) {
        memcpy(c->text + c->said, line, size);
        c->said += size;
    }
}

// A child that could not be kept in has not read its document: another may.
static void refuse(struct child *c, const char *why) {
    c->told = 1;
    reply("refused", c->id, why, NULL);
    kill_child(c);
}

// Takes one line. Past MAX_REPORT the rest is dropped.
static void listen_to(struct child *c) {
    char line[MAX_LINE];
    int descriptor;
    size_t n = hear(c->socket, line, sizeof line - 1, &descriptor);
    if (n == 0) {
        bury(c);
        return;
    }
    if (descriptor >= 0 && c->supervised < 0)
        c->supervised = descriptor;
    else if (descriptor >= 0)
        close(descriptor);
    line[n] = 0;
    const size_t text = strcspn(line, "\n");
    if (strncmp(line, "end ", 4) == 0) {
        // Its memory takes as long to take down as a tenth of a page to convert. Nobody has to wait for that.
        kill_child(c);
        line[text] = 0;
        tell(c, 0, line + 4);
    } else if (strncmp(line, "refused ", 8) == 0 && !c->told) {
        line[text] = 0;
        refuse(c, line + 8);
    } else if (c->learns && strncmp(line, "hot ", 4) == 0) {
        remember_hot_pages(line + 4);
    } else {
        add(c, line, n);
    }
}

// A document that starts threads without end is one that needs too much.
static void supervise(struct child *c) {
    static const char too_many[] = "limit threads\n";
    if (answer_thread(c->supervised, c->pid, c->threads))
        return;
    add(c, too_many, strlen(too_many));
    kill_child(c);
}

// A child that ends asks for no thread any more, and its descriptor is readable all the time until its memory has been
// taken down: to go on polling it would keep a CPU busy for 3 ms.
static void stop_supervising(struct child *c) {
    close(c->supervised);
    c->supervised = -1;
}

int watch_children(struct pollfd *watched) {
    for (int i = 0; i < running; i++) {
        watched[2 * i] = (struct pollfd){.fd = children[i].socket, .events = POLLIN};
        watched[2 * i + 1] = (struct pollfd){.fd = children[i].supervised, .events = POLLIN};
    }
    return 2 * running;
}

void listen_to_children(const struct pollfd *watched, int count) {
    // From the last to the first: burying a child moves the last one into its place.
    for (int i = count / 2 - 1; i >= 0; i--) {
        if (watched[2 * i + 1].revents & POLLIN)
            supervise(&children[i]);
        else if (watched[2 * i + 1].revents)
            stop_supervising(&children[i]);
        if (watched[2 * i].revents)
            listen_to(&children[i]);
    }
}
