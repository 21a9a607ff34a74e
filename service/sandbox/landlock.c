#define _GNU_SOURCE
#include "steps.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Newer than the headers of Debian bookworm. https://docs.kernel.org/userspace-api/landlock.html
#define ACCESS_FS_TRUNCATE (1ULL << 14)  // version 3
#define ACCESS_FS_IOCTL_DEV (1ULL << 15) // version 5
#define ACCESS_NET_TCP 3ULL              // binding and connecting; version 4
#define SCOPE_ALL 3ULL                   // abstract sockets and signals; version 6

struct ruleset {
    uint64_t files;
    uint64_t net;    // version 4
    uint64_t scoped; // version 6
};

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITING                                                                                                        \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |                       \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR)
#define NEVER                                                                                                          \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK |                        \
     LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

static void allow(int ruleset, const char *path, uint64_t rights) {
    struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = open(path, O_PATH | O_CLOEXEC)};
    struct stat info;
    if (rule.parent_fd < 0)
        return;
    if (fstat(rule.parent_fd, &info) == 0) {
        if (!S_ISDIR(info.st_mode))
            rule.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_FS_TRUNCATE;
        syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    }
    close(rule.parent_fd);
}

int landlock_version(void) {
    int version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? version : 0;
}

int restrict_files(const struct sandbox *sandbox) {
    int version = landlock_version();
    uint64_t writing = WRITING;
    struct ruleset handled = {.files = READING | WRITING | NEVER};
    size_t size = sizeof handled.files;
    if (version == 0)
        return 0;
    if (version >= 2)
        handled.files |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3) {
        handled.files |= ACCESS_FS_TRUNCATE;
        writing |= ACCESS_FS_TRUNCATE;
    }
    if (version >= 4) {
        handled.net = ACCESS_NET_TCP;
        size = offsetof(struct ruleset, scoped);
    }
    if (version >= 5)
        handled.files |= ACCESS_FS_IOCTL_DEV;
    if (version >= 6) {
        handled.scoped = SCOPE_ALL;
        size = sizeof handled;
    }
    int ruleset = syscall(SYS_landlock_create_ruleset, &handled, size, 0);
    if (ruleset < 0)
        return 0;
    for (const char *const *path = sandbox->readable; *path != NULL; path++)
        allow(ruleset, *path, READING);
    for (const char *const *path = sandbox->writable_devices; *path != NULL; path++)
        allow(ruleset, *path, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
    allow(ruleset, ".", READING | writing);
    int restricted = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return restricted;
}
