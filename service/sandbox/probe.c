#define _GNU_SOURCE
#include "steps.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// What a process could get at outside of the sandbox.
static struct {
    pid_t parent;
    char program[PATH_MAX]; // the file that it runs
    char memory[32], environment[32];
} outside;

static void look_outside(void) {
    outside.parent = getpid();
    ssize_t n = readlink("/proc/self/exe", outside.program, sizeof outside.program - 1);
    outside.program[n > 0 ? n : 0] = 0;
    snprintf(outside.memory, sizeof outside.memory, "/proc/%d/mem", outside.parent);
    snprintf(outside.environment, sizeof outside.environment, "/proc/%d/environ", outside.parent);
}

static int refused(long result) { return result < 0 && (errno == EPERM || errno == EACCES); }

static int network_refused(void) {
    const int families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET};
    int all = 1;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        all &= refused(socket(families[i], SOCK_STREAM, 0));
    return all;
}

static int exec_refused(void) {
    char *const nothing[] = {NULL};
    return refused(execve("/proc/self/no-such-program", nothing, nothing));
}

static int processes_refused(void) {
    struct rlimit limit;
    int ends[2];
    return refused(kill(outside.parent, 0)) && refused(fork()) && open(outside.memory, O_RDWR) < 0 &&
           refused(syscall(SYS_prlimit64, outside.parent, RLIMIT_CORE, NULL, &limit)) && pipe(ends) == 0 &&
           refused(fcntl(ends[0], F_SETOWN, outside.parent));
}

static int files_refused(const struct sandbox *sandbox) {
    const char *const hidden[] = {outside.program, outside.environment, "/proc/self/environ", "/etc/passwd"};
    int all = 1;
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        all &= open(hidden[i], O_RDONLY) < 0;
    // A file without a name, which nobody would ever see.
    for (const char *const *path = sandbox->readable; *path != NULL; path++)
        all &= open(*path, O_WRONLY | O_TMPFILE, 0600) < 0;
    return all;
}

// Runs in the sandbox and returns what it keeps this process from.
static int attempt(const struct sandbox *sandbox) {
    int kept = 0;
    if (network_refused())
        kept |= PART_NETWORK;
    if (exec_refused())
        kept |= PART_EXEC;
    if (processes_refused())
        kept |= PART_PROCESSES;
    if (sandbox->way != WAY_NONE && files_refused(sandbox))
        kept |= PART_FILES;
    return kept;
}

// Returns the exit status of a child, 0 if there is none.
static int status_of(pid_t pid) {
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

// What a process is kept from that enters the sandbox by one way; 0 if it cannot enter.
static int try(struct sandbox sandbox, enum way way) {
    sandbox.way = way;
    pid_t pid = fork();
    if (pid == 0)
        _exit(enter_sandbox(&sandbox) != NULL ? 0 : attempt(&sandbox));
    return status_of(pid);
}

static int try_supervision(void) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(supervise_threads() >= 0);
    return status_of(pid);
}

void probe_sandbox(struct sandbox *sandbox) {
    look_outside();
    const enum way ways[] = {WAY_LANDLOCK, WAY_NAMESPACE, WAY_NONE};
    const enum way wanted = sandbox->way;
    sandbox->kept = 0;
    sandbox->supervises = try_supervision();
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (wanted != WAY_NONE && ways[i] != WAY_NONE && ways[i] != wanted)
            continue;
        // Where files cannot be kept from processes, the memory of this one must not be one of them.
        if (ways[i] == WAY_NONE)
            prctl(PR_SET_DUMPABLE, 0);
        int kept = try(*sandbox, ways[i]);
        if ((ways[i] == WAY_NONE || kept & PART_FILES) && kept != 0) {
            sandbox->way = ways[i];
            sandbox->kept = kept;
            return;
        }
    }
    sandbox->way = WAY_NONE;
}
