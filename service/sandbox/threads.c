#define _GNU_SOURCE
#include "filter.h"
#include "sandbox.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Limits on the number of threads (RLIMIT_NPROC, a cgroup's pids.max) count those of all processes of a user, or of a
// container: one process could take them from the others. So the kernel asks another process each time; seccomp_unotify(2).

int supervise_threads(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

// Returns a large number when the process is gone.
static int threads_of(pid_t pid) {
    char path[32], line[128];
    int threads = 1 << 20;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL && sscanf(line, "Threads: %d", &threads) != 1)
        ;
    if (f != NULL)
        fclose(f);
    return threads;
}

int answer_thread(int supervised, pid_t pid, int most) {
    struct seccomp_notif request;
    memset(&request, 0, sizeof request);
    if (ioctl(supervised, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
        return 1; // who asked is gone
    int allowed = threads_of(pid) < most;
    // The arguments that make it a thread are in registers: the sandbox's own filter sees what the kernel does.
    struct seccomp_notif_resp response = {.id = request.id};
    if (allowed)
        response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    else
        response.error = -EAGAIN;
    ioctl(supervised, SECCOMP_IOCTL_NOTIF_SEND, &response);
    return allowed;
}
