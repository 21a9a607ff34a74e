#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the sandbox knows the system calls of amd64 and arm64 only"
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
#define ALLOW(name)                                                                                                    \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), RETURN(SECCOMP_RET_ALLOW)

// A list of what is allowed: a system call that is new to the kernel, or forgotten here, is refused.
static struct sock_filter filter[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),

    // Files, which Landlock and the file modes confine.
    ALLOW(read), ALLOW(readv), ALLOW(pread64), ALLOW(write), ALLOW(writev), ALLOW(pwrite64), ALLOW(lseek),
    ALLOW(openat), ALLOW(close), ALLOW(fstat), ALLOW(newfstatat), ALLOW(statx), ALLOW(faccessat), ALLOW(faccessat2),
    ALLOW(statfs), ALLOW(fstatfs), ALLOW(getdents64), ALLOW(readlinkat), ALLOW(getcwd), ALLOW(ftruncate),
    ALLOW(fallocate), ALLOW(fadvise64), ALLOW(fsync), ALLOW(fdatasync), ALLOW(fchmod), ALLOW(fchmodat),
    ALLOW(utimensat), ALLOW(umask), ALLOW(mkdirat), ALLOW(unlinkat), ALLOW(renameat), ALLOW(renameat2),
    ALLOW(dup), ALLOW(dup3), ALLOW(fcntl), ALLOW(flock), ALLOW(pipe2), ALLOW(memfd_create),
#if defined(__x86_64__)
    ALLOW(open), ALLOW(stat), ALLOW(lstat), ALLOW(access), ALLOW(readlink), ALLOW(mkdir), ALLOW(rmdir), ALLOW(unlink),
    ALLOW(rename), ALLOW(chmod), ALLOW(dup2), ALLOW(pipe), ALLOW(getdents), ALLOW(utimes), ALLOW(poll),
    ALLOW(select), ALLOW(time), ALLOW(arch_prctl),
#endif

    // Memory.
    ALLOW(brk), ALLOW(mmap), ALLOW(munmap), ALLOW(mremap), ALLOW(mprotect), ALLOW(madvise), ALLOW(mincore),
    ALLOW(membarrier),

    // Threads and waiting.
    ALLOW(futex), ALLOW(set_robust_list), ALLOW(get_robust_list), ALLOW(rseq), ALLOW(set_tid_address),
    ALLOW(gettid), ALLOW(sched_yield), ALLOW(sched_getaffinity), ALLOW(sched_getparam), ALLOW(sched_getscheduler),
    ALLOW(getpriority), ALLOW(nanosleep), ALLOW(clock_nanosleep), ALLOW(ppoll), ALLOW(pselect6), ALLOW(eventfd2),
    ALLOW(restart_syscall), ALLOW(exit), ALLOW(exit_group),

    // Signals to itself: none may be sent, not even to end the server.
    ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn), ALLOW(sigaltstack),

    // Time and identity.
    ALLOW(clock_gettime), ALLOW(clock_getres), ALLOW(gettimeofday), ALLOW(times), ALLOW(getrusage), ALLOW(getpid),
    ALLOW(getppid), ALLOW(getuid), ALLOW(geteuid), ALLOW(getgid), ALLOW(getegid), ALLOW(uname), ALLOW(sysinfo),
    ALLOW(getrandom), ALLOW(getrlimit), ALLOW(getcpu),

    // prlimit64 and prctl only in their harmless forms: reading limits, naming threads.
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_prlimit64, 0, 4),
    LOAD(args[2]), // low half of the new limits' address
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
    RETURN(SECCOMP_RET_ALLOW),
    RETURN(SECCOMP_RET_ERRNO | EPERM),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_prctl, 0, 4),
    LOAD(args[0]),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_NAME, 0, 1),
    RETURN(SECCOMP_RET_ALLOW),
    RETURN(SECCOMP_RET_ERRNO | EPERM),

    // clone makes threads, never processes. clone3 hides its flags from filters; told that it does not exist,
    // the C library falls back to clone.
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone3, 0, 1),
    RETURN(SECCOMP_RET_ERRNO | ENOSYS),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 3),
    LOAD(args[0]),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
    RETURN(SECCOMP_RET_ALLOW),

    RETURN(SECCOMP_RET_ERRNO | EPERM),
};

int restrict_system_calls(void) {
    const struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
