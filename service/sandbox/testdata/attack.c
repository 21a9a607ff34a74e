// attack WAY ATTACK: enters a sandbox, and says whether an attack on the process outside did anything.
//
// Its exit status is 0 if the attack did nothing, 1 if it got through, 2 if the sandbox could not be entered. "work" and
// "own limits" are no attacks: they get through if they fail.
#define _GNU_SOURCE
#include "../sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t victim;
static const char *secret; // a file outside

// --- Attacks: run inside, and return 1 if the kernel let them do something.

static int signal_as_owner(void) {
    int ends[2];
    if (pipe(ends) < 0)
        return 0;
    fcntl(ends[0], F_SETSIG, SIGUSR1);
    fcntl(ends[0], F_SETOWN, victim);
    fcntl(ends[0], F_SETFL, O_ASYNC);
    return write(ends[1], "x", 1) < 0; // the victim knows
}

static int signal_as_owner_ex(void) {
    struct f_owner_ex owner = {.type = F_OWNER_PID, .pid = victim};
    int ends[2];
    if (pipe(ends) < 0)
        return 0;
    fcntl(ends[0], F_SETSIG, SIGUSR1);
    fcntl(ends[0], F_SETOWN_EX, &owner);
    fcntl(ends[0], F_SETFL, O_ASYNC);
    return write(ends[1], "x", 1) < 0;
}

static int signal_by_kill(void) { return kill(victim, SIGUSR1) == 0 || syscall(SYS_tkill, victim, SIGUSR1) == 0; }

// New limits at an address whose low half is zero.
static int limits_at_a_round_address(void) {
    void *at = mmap((void *)0x300000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (at == MAP_FAILED)
        return 0;
    *(struct rlimit *)at = (struct rlimit){.rlim_cur = 7, .rlim_max = 7};
    return syscall(SYS_prlimit64, victim, RLIMIT_NOFILE, at, NULL) == 0;
}

static int read_limits(void) {
    struct rlimit old;
    return syscall(SYS_prlimit64, victim, RLIMIT_NOFILE, NULL, &old) == 0;
}

static int raise_own_limits(void) {
    struct rlimit more = {.rlim_cur = 100, .rlim_max = 100};
    return syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &more, NULL) == 0 || setrlimit(RLIMIT_NOFILE, &more) == 0;
}

static int read_memory(void) {
    char there = 0, here = 0;
    struct iovec to = {&here, 1}, from = {&there, 1};
    return process_vm_readv(victim, &to, 1, &from, 1, 0) == 1 || ptrace(PTRACE_SEIZE, victim, 0, 0) == 0;
}

static int schedule(void) {
    cpu_set_t cpus;
    struct sched_param parameter;
    return sched_getaffinity(victim, sizeof cpus, &cpus) >= 0 || sched_getparam(victim, &parameter) >= 0 ||
           sched_getscheduler(victim) >= 0 || setpriority(PRIO_PROCESS, victim, 5) == 0 ||
           syscall(SYS_ioprio_set, 1, victim, 0) == 0;
}

static int priority(void) {
    errno = 0;
    getpriority(PRIO_PROCESS, victim);
    return errno != EPERM;
}

static int clock_of_another(void) {
    struct timespec t;
    clockid_t clock = (clockid_t)(~(unsigned)victim << 3 | 2);
    return clock_gettime(clock, &t) == 0 || clock_getres(clock, &t) == 0;
}

static int futex_with_an_owner(void) {
    static pid_t word;
    word = victim;
    return syscall(SYS_futex, &word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0) == 0 || errno != EPERM;
}

static int robust_list_of_another(void) {
    void *head;
    size_t size;
    return syscall(SYS_get_robust_list, victim, &head, &size) == 0;
}

static int handle_on_a_process(void) { return syscall(SYS_pidfd_open, victim, 0) >= 0; }

static int another_process(void) { return fork() >= 0 || syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0; }

static int another_namespace(void) {
    return unshare(CLONE_NEWUSER) == 0 || unshare(CLONE_NEWNS) == 0 ||
           syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) >= 0;
}

static int another_program(void) { return execl("/bin/true", "true", NULL) == 0 || errno != EPERM; }

static int a_socket(void) {
    int ends[2];
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || socket(AF_INET, SOCK_DGRAM, 0) >= 0 ||
           socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0;
}

static int read_a_file(void) {
    char environment[32];
    snprintf(environment, sizeof environment, "/proc/%d/environ", victim);
    return open(secret, O_RDONLY) >= 0 || open("/etc/passwd", O_RDONLY) >= 0 || open(environment, O_RDONLY) >= 0;
}

static int write_what_may_be_read(void) {
    return open("/etc/fonts", O_WRONLY | O_TMPFILE, 0600) >= 0 || mkdir("/etc/fonts/attacked", 0700) == 0;
}

static int make_what_is_no_file(void) {
    return symlink("/etc/passwd", "link") == 0 || mkfifo("pipe", 0600) == 0 || link("own", "copy") == 0;
}

// What a process must be able to do.
static int work(void) {
    int own = open("own", O_RDWR | O_CREAT, 0600);
    if (own < 0 || write(own, "x", 1) != 1 || mkdir("temp", 0700) < 0 || rename("own", "mine") < 0)
        return 1;
    int fonts = open("/etc/fonts/fonts.conf", O_RDONLY), null = open("/dev/null", O_RDWR);
    int again = open("/proc/self/cwd/mine", O_RDONLY);
    return fonts < 0 || null < 0 || again < 0 || fcntl(own, F_SETFL, O_APPEND) < 0 || fcntl(own, F_GETFL) < 0;
}

static int own_limits(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur != 64;
}

static const struct {
    const char *name;
    int (*run)(void);
} attacks[] = {
    {"signal as the owner of a pipe", signal_as_owner},
    {"signal as the owner of a pipe, extended", signal_as_owner_ex},
    {"signal by kill", signal_by_kill},
    {"limits at a round address", limits_at_a_round_address},
    {"reading limits", read_limits},
    {"raising limits", raise_own_limits},
    {"reading memory", read_memory},
    {"scheduling", schedule},
    {"priority", priority},
    {"a clock", clock_of_another},
    {"a futex with an owner", futex_with_an_owner},
    {"a robust list", robust_list_of_another},
    {"a handle on a process", handle_on_a_process},
    {"another process", another_process},
    {"another namespace", another_namespace},
    {"another program", another_program},
    {"a socket", a_socket},
    {"reading a file", read_a_file},
    {"writing what may be read", write_what_may_be_read},
    {"making what is no file", make_what_is_no_file},
    {"work", work},
    {"own limits", own_limits},
};

// --- Outside.

static const char *const readable[] = {"/etc/fonts", "/dev/urandom", "/not/there", NULL};
static const char *const devices[] = {"/dev/null", NULL};

static int find(const char *name) {
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
        if (strcmp(attacks[i].name, name) == 0)
            return i;
    fprintf(stderr, "there is no attack %s\n", name);
    exit(3);
}

static void enter(const struct sandbox *sandbox, long memory) {
    const struct limits limits = {.cpu_seconds = 10, .memory_bytes = memory, .file_bytes = 1 << 20, .files = 64};
    const char *why = limit_process(&limits);
    if (why == NULL)
        why = enter_sandbox(sandbox);
    if (why != NULL) {
        fprintf(stderr, "%s\n", why);
        _exit(2);
    }
}

// Returns the exit status of a child that attacks, or 1 if the attack was felt here.
static int withstand(const struct sandbox *sandbox, int (*run)(void)) {
    struct rlimit before, after;
    sigset_t signals, pending;
    int status = 0;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    getrlimit(RLIMIT_NOFILE, &before);
    pid_t pid = fork();
    if (pid == 0) {
        enter(sandbox, 64 << 20);
        _exit(run());
    }
    waitpid(pid, &status, 0);
    sigpending(&pending);
    getrlimit(RLIMIT_NOFILE, &after);
    if (sigismember(&pending, SIGUSR1) || memcmp(&before, &after, sizeof before) != 0)
        return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

// A process that cannot open what the sandbox is made of must not go on without it.
static int refuse_a_part(const struct sandbox *sandbox) {
    struct rlimit none = {.rlim_cur = 3, .rlim_max = 3};
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        setrlimit(RLIMIT_NOFILE, &none);
        _exit(enter_sandbox(sandbox) != NULL ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

enum { MOST_THREADS = 16 };

// Threads of the C library's kind these are not: it must not be asked to wait.
static int rest(void *unused) {
    for (;;)
        syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
    return unused != NULL;
}

static void send_descriptor(int socket, int fd) {
    char control[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec text = {"x", 1};
    struct msghdr m = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    if (sendmsg(socket, &m, 0) < 0)
        _exit(2);
}

static int receive_descriptor(int socket) {
    char text, control[CMSG_SPACE(sizeof(int))];
    struct iovec to = {&text, 1};
    struct msghdr m = {.msg_iov = &to, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    int fd = -1;
    if (recvmsg(socket, &m, MSG_CMSG_CLOEXEC) > 0 && CMSG_FIRSTHDR(&m) != NULL)
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
    return fd;
}

// Starts threads that rest, and never stops.
static void explode(void) {
    static char stacks[4 * MOST_THREADS + 1][4096], storage[4096];
    const int thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |
                       CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    static int ids[2];
    for (unsigned i = 0;; i++)
        clone(rest, stacks[i % (4 * MOST_THREADS) + 1], thread, NULL, &ids[0], storage, &ids[1]);
}

static int threads_of_child(pid_t pid) {
    char path[32], line[128];
    int threads = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL && sscanf(line, "Threads: %d", &threads) != 1)
        ;
    return threads;
}

// The bomb must have been refused a thread, and not have more than it may.
static int defuse(const struct sandbox *sandbox) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return 3;
    pid_t pid = fork();
    if (pid == 0) {
        send_descriptor(ends[1], supervise_threads());
        enter(sandbox, 64 << 20);
        explode();
    }
    close(ends[1]);
    int supervised = receive_descriptor(ends[0]);
    struct pollfd asked = {.fd = supervised, .events = POLLIN};
    int allowed = 1, count = 0;
    while (allowed && count++ < 10 * MOST_THREADS && poll(&asked, 1, 10000) > 0)
        allowed = answer_thread(supervised, pid, MOST_THREADS);
    int threads = threads_of_child(pid);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    fprintf(stderr, "%d threads, the last one %s\n", threads, allowed ? "allowed" : "refused");
    return allowed || threads > MOST_THREADS;
}

int main(int count, char **argument) {
    if (count != 4)
        return 3;
    struct sandbox sandbox = {.readable = readable, .writable_devices = devices, .way = parse_way(argument[1])};
    victim = getpid();
    secret = argument[3];
    probe_sandbox(&sandbox);
    printf("%s: %s\n", way_name(sandbox.way), parts_text(sandbox.kept));
    if (strcmp(argument[2], "probe") == 0)
        return 0;
    if (strcmp(argument[2], "refusing a part") == 0)
        return refuse_a_part(&sandbox);
    if (strcmp(argument[2], "threads without end") == 0)
        return defuse(&sandbox);
    return withstand(&sandbox, attacks[find(argument[2])].run);
}
