#define _GNU_SOURCE
#include "steps.h"
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the sandbox knows the system calls of amd64 and arm64 only"
#endif

#define N(name) __NR_##name

// A list of what is allowed: a system call that is new to the kernel, or forgotten here, is refused.
static const int harmless[] = {
    // Files, which Landlock or the mount namespace and the file modes confine.
    N(read), N(readv), N(pread64), N(write), N(writev), N(pwrite64), N(lseek), N(openat), N(close), N(fstat),
    N(newfstatat), N(statx), N(faccessat), N(faccessat2), N(statfs), N(fstatfs), N(getdents64), N(readlinkat),
    N(getcwd), N(ftruncate), N(fallocate), N(fadvise64), N(fsync), N(fdatasync), N(fchmod), N(fchmodat), N(utimensat),
    N(umask), N(mkdirat), N(unlinkat), N(renameat), N(renameat2), N(dup), N(dup3), N(flock), N(pipe2), N(memfd_create),
#if defined(__x86_64__)
    N(open), N(stat), N(lstat), N(access), N(readlink), N(mkdir), N(rmdir), N(unlink), N(rename), N(chmod), N(dup2),
    N(pipe), N(getdents), N(utimes), N(poll), N(select), N(time), N(arch_prctl),
#endif

    // Memory.
    N(brk), N(mmap), N(munmap), N(mremap), N(mprotect), N(madvise), N(mincore), N(membarrier),

    // Threads and waiting.
    N(set_robust_list), N(rseq), N(set_tid_address), N(gettid), N(sched_yield), N(nanosleep), N(ppoll), N(pselect6),
    N(eventfd2), N(restart_syscall), N(exit), N(exit_group),

    // Signals to itself: none may be sent, not even to end the server.
    N(rt_sigaction), N(rt_sigprocmask), N(rt_sigreturn), N(sigaltstack),

    // Time and identity.
    N(gettimeofday), N(times), N(getrusage), N(getpid), N(getppid), N(getuid), N(geteuid), N(getgid), N(getegid),
    N(uname), N(sysinfo), N(getrandom), N(getrlimit), N(getcpu),
};

// Duplicating, flags and locks: no owner may be named, who would get signals.
static const uint32_t fcntl_commands[] = {
    F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK,
    F_OFD_SETLKW, F_GET_SEALS, F_ADD_SEALS,
};

// All but those with priority inheritance, whose futexes name a thread.
static const uint32_t futex_operations[] = {
    FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET,
};

// Those whose first argument is a process or a thread, which may be the caller itself.
static const int of_process[] = {N(sched_getaffinity), N(sched_getparam), N(sched_getscheduler)};

// Those whose first argument is a clock. The clocks of other processes and threads are negative; clock_gettime(2).
static const int of_clock[] = {N(clock_gettime), N(clock_getres), N(clock_nanosleep)};

enum { CLOCKS = 16 };

// How the C library starts a thread. Anything else would make a process, or a namespace.
#define THREAD                                                                                                         \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |                 \
     CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define WHOLE 0xffffffffu
#define REFUSED(error) (SECCOMP_RET_ERRNO | (error))

// System calls that are allowed with some arguments only. Those that can name a process, a thread or an owner are left
// with the caller itself.
static void constrain(struct filter *f) {
    on(f, N(fcntl));
    for (size_t i = 0; i < COUNT(fcntl_commands); i++)
        allow_if(f, 1, WHOLE, fcntl_commands[i]);
    refuse_unless(f, 1, F_SETFL);
    refuse_if_any(f, 2, O_ASYNC);
    otherwise(f, SECCOMP_RET_ALLOW);

    on(f, N(futex));
    for (size_t i = 0; i < COUNT(futex_operations); i++)
        allow_if(f, 1, FUTEX_CMD_MASK, futex_operations[i]);
    otherwise(f, REFUSED(EPERM));

    for (size_t i = 0; i < COUNT(of_process); i++) {
        on(f, of_process[i]);
        allow_if(f, 0, WHOLE, 0);
        allow_if(f, 0, WHOLE, getpid());
        otherwise(f, REFUSED(EPERM));
    }
    for (size_t i = 0; i < COUNT(of_clock); i++) {
        on(f, of_clock[i]);
        refuse_unless_below(f, 0, CLOCKS);
        otherwise(f, SECCOMP_RET_ALLOW);
    }
    on(f, N(getpriority));
    refuse_unless(f, 0, PRIO_PROCESS);
    refuse_unless(f, 1, 0);
    otherwise(f, SECCOMP_RET_ALLOW);

    // Reading its own limits: there is no address of new ones.
    on(f, N(prlimit64));
    refuse_unless(f, 0, 0);
    refuse_unless_long(f, 2, 0);
    otherwise(f, SECCOMP_RET_ALLOW);

    on(f, N(prctl));
    refuse_unless(f, 0, PR_SET_NAME);
    otherwise(f, SECCOMP_RET_ALLOW);

    // clone3 hides its flags from filters; told that it does not exist, the C library falls back to clone.
    on(f, N(clone3));
    otherwise(f, REFUSED(ENOSYS));
    on(f, N(clone));
    refuse_unless_long(f, 0, THREAD);
    otherwise(f, SECCOMP_RET_ALLOW);
}

int restrict_system_calls(void) {
    static struct filter f;
    begin(&f, ARCHITECTURE);
    for (size_t i = 0; i < COUNT(harmless); i++)
        always(&f, harmless[i]);
    constrain(&f);
    return finish(&f) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &f.program) == 0;
}
