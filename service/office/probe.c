#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int refused(long result) { return result < 0 && (errno == EPERM || errno == EACCES); }

// Tries each thing that a document must not do. Every attempt would do no harm if it succeeded.
static void attempt(char *kept, size_t size) {
    char *const nothing[] = {NULL};
    const int families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET};
    int network = 1;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        network &= refused(socket(families[i], SOCK_STREAM, 0));
    int exec = refused(execve("/proc/self/no-such-program", nothing, nothing));
    char memory[32];
    snprintf(memory, sizeof memory, "/proc/%d/mem", getppid());
    int processes = refused(kill(getppid(), 0)) && refused(fork()) && open(memory, O_RDWR) < 0;
    int files = refused(open("/proc/self/environ", O_RDONLY)) && refused(open("/etc/passwd", O_RDONLY)) &&
                refused(open("..", O_RDONLY | O_DIRECTORY));
    snprintf(kept, size, "%s%s%s%s", network ? "network " : "", exec ? "exec " : "", processes ? "processes " : "",
             files ? "files " : "");
}

const char *probe_sandbox(const struct sandbox *sandbox) {
    static char kept[128];
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return "";
    pid_t pid = fork();
    if (pid == 0) {
        restrict_files(sandbox);
        restrict_system_calls();
        attempt(kept, sizeof kept);
        _exit(write(ends[1], kept, strlen(kept)) < 0);
    }
    close(ends[1]);
    ssize_t n = pid < 0 ? 0 : read(ends[0], kept, sizeof kept - 1);
    kept[n > 0 ? n - 1 : 0] = 0; // without the last space
    close(ends[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return kept;
}
