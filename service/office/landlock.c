#define _GNU_SOURCE
#include "sandbox.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Newer than the headers of Debian bookworm. https://docs.kernel.org/userspace-api/landlock.html
#define ACCESS_FS_TRUNCATE (1ULL << 14)  // version 3
#define ACCESS_FS_IOCTL_DEV (1ULL << 15) // version 5

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITING                                                                                                        \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |                       \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR)
#define NEVER                                                                                                          \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK |                        \
     LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

// What LibreOffice reads besides its installation. A path that is not there is passed over.
static const char *const system_paths[] = {
    "/etc/fonts",           "/usr/share/fontconfig", "/usr/share/fonts",   "/usr/local/share/fonts",
    "/var/cache/fontconfig", "/usr/share/hyphen",    "/usr/share/hunspell", "/usr/share/mythes",
    "/usr/share/liblangtag", "/usr/share/libreoffice", "/etc/libreoffice", "/var/lib/libreoffice",
    "/usr/share/zoneinfo",  "/dev/null",             "/dev/urandom",
};

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

// The folders of fonts, which the converter names.
static void allow_fonts(int ruleset) {
    char path[PATH_MAX];
    for (const char *dirs = getenv("FONT_DIRS"); dirs != NULL && *dirs != 0;) {
        size_t length = strcspn(dirs, ":");
        if (length < sizeof path) {
            memcpy(path, dirs, length);
            path[length] = 0;
            allow(ruleset, path, READING);
        }
        dirs += length + (dirs[length] == ':');
    }
}

int landlock_version(void) {
    int version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? version : 0;
}

int restrict_files(const struct sandbox *sandbox) {
    int version = landlock_version();
    if (version == 0)
        return 0;
    uint64_t writing = WRITING;
    struct landlock_ruleset_attr handled = {.handled_access_fs = READING | WRITING | NEVER};
    if (version >= 2)
        handled.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3) {
        handled.handled_access_fs |= ACCESS_FS_TRUNCATE;
        writing |= ACCESS_FS_TRUNCATE;
    }
    if (version >= 5)
        handled.handled_access_fs |= ACCESS_FS_IOCTL_DEV;
    int ruleset = syscall(SYS_landlock_create_ruleset, &handled, sizeof handled.handled_access_fs, 0);
    if (ruleset < 0)
        return 0;

    char installation[PATH_MAX];
    snprintf(installation, sizeof installation, "%s/..", sandbox->program_directory);
    allow(ruleset, installation, READING);
    allow(ruleset, sandbox->profile_directory, READING);
    for (size_t i = 0; i < sizeof system_paths / sizeof *system_paths; i++)
        allow(ruleset, system_paths[i], READING);
    allow_fonts(ruleset);
    allow(ruleset, "/dev/null", LANDLOCK_ACCESS_FS_WRITE_FILE);
    allow(ruleset, ".", READING | writing);

    int restricted = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return restricted ? version : 0;
}
