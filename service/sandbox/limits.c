#define _GNU_SOURCE
#include "sandbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define RESERVED (1L << 30)

// What the process has now, in bytes: address space, and memory that it may write to and shares with nobody.
static int measure(long *address_space, long *data) {
    long size = 0, private = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f == NULL)
        return 0;
    int read = fscanf(f, "%ld %*d %*d %*d %*d %ld", &size, &private);
    fclose(f);
    *address_space = size * sysconf(_SC_PAGESIZE);
    *data = private * sysconf(_SC_PAGESIZE);
    return read == 2;
}

// Lowers a limit. One that is lower already stays.
static int limit(int resource, rlim_t soft, rlim_t hard) {
    struct rlimit now;
    if (getrlimit(resource, &now) < 0)
        return 0;
    if (now.rlim_max < hard)
        hard = now.rlim_max;
    const struct rlimit r = {.rlim_cur = soft < hard ? soft : hard, .rlim_max = hard};
    return setrlimit(resource, &r) == 0;
}

const char *limit_process(const struct limits *limits) {
    // The soft limit ends the process with SIGXCPU, which names the cause; the hard one cannot be ignored.
    if (!limit(RLIMIT_CPU, limits->cpu_seconds, limits->cpu_seconds + 1))
        return "CPU time could not be limited";
    if (!limit(RLIMIT_FSIZE, limits->file_bytes, limits->file_bytes))
        return "files could not be limited";
    if (!limit(RLIMIT_CORE, 0, 0) || !limit(RLIMIT_NOFILE, limits->files, limits->files))
        return "open files could not be limited";
    // Address space alone would count what allocators and stacks only reserve, so it has room to spare; it is there for
    // kernels that do not count data.
    long address_space, data, bytes = limits->memory_bytes;
    if (!measure(&address_space, &data) || !limit(RLIMIT_DATA, data + bytes, data + bytes) ||
        !limit(RLIMIT_AS, address_space + bytes + RESERVED, address_space + bytes + RESERVED))
        return "memory could not be limited";

    // The kernel's own killer shall take this process before those around it.
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (write(fd, "1000", 4) < 0) {
            // Where it may not be said, the kernel decides by size, which is as well.
        }
        close(fd);
    }
    return NULL;
}
