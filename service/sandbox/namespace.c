#define _GNU_SOURCE
#include "steps.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

static int write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    int written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return written;
}

// Enters a user and a mount namespace, in which the process keeps its user and its group.
static int unshare_mounts(void) {
    const uid_t user = geteuid();
    const gid_t group = getegid();
    char users[32], groups[32];
    snprintf(users, sizeof users, "%u %u 1", user, user);
    snprintf(groups, sizeof groups, "%u %u 1", group, group);
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 || !write_file("/proc/self/setgroups", "deny") ||
        !write_file("/proc/self/uid_map", users) || !write_file("/proc/self/gid_map", groups))
        return 0;
    // Below a chroot there is no mount at / to make private; user_namespaces(7) has it so by itself.
    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    return 1;
}

static int make_directories(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        int made = mkdir(path, 0755) == 0 || errno == EEXIST;
        *slash = '/';
        if (!made)
            return 0;
    }
    return 1;
}

// Makes a mount read-only, and with AT_RECURSIVE all that is mounted in it. The flags it has may be locked, and are kept.
static int make_read_only(const char *path, int recursive) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID};
    if (syscall(SYS_mount_setattr, AT_FDCWD, path, recursive, &attributes, sizeof attributes) == 0)
        return 1;
    struct statvfs has; // before Linux 5.12
    if (statvfs(path, &has) < 0)
        return 0;
    unsigned long flags = has.f_flag & (ST_NODEV | ST_NOEXEC | ST_NOATIME | ST_NODIRATIME);
    if (has.f_flag & ST_RELATIME)
        flags |= MS_RELATIME;
    return mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | flags, NULL) == 0;
}

// Shows a file or directory at the same place below a new root.
static int show(const char *root, const char *path, int writable) {
    char target[PATH_MAX];
    struct stat info;
    if (stat(path, &info) < 0)
        return 1; // nothing to be shown
    if (snprintf(target, sizeof target, "%s%s", root, path) >= (int)sizeof target || !make_directories(target))
        return 0;
    if (S_ISDIR(info.st_mode) ? mkdir(target, 0755) < 0 && errno != EEXIST : mknod(target, S_IFREG | 0600, 0) < 0)
        return 0;
    return mount(path, target, NULL, MS_BIND | MS_REC, NULL) == 0 && (writable || make_read_only(target, AT_RECURSIVE));
}

// The working directory, under its own name, and as /proc/self/cwd: there is no other /proc.
static int show_working_directory(const char *root) {
    char target[PATH_MAX];
    if (snprintf(target, sizeof target, "%s%s/", root, root) >= (int)sizeof target || !make_directories(target) ||
        mount(".", target, NULL, MS_BIND, NULL) < 0)
        return 0;
    return snprintf(target, sizeof target, "%s/proc/self/cwd", root) < (int)sizeof target && make_directories(target) &&
           symlink(root, target) == 0;
}

static int drop_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_capset, &header, none) == 0;
}

int enter_namespace(const struct sandbox *sandbox) {
    char root[PATH_MAX]; // the new root lies over the working directory, which stays where it is
    if (getcwd(root, sizeof root) == NULL || !unshare_mounts() ||
        mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755") < 0)
        return 0;
    for (const char *const *path = sandbox->readable; *path != NULL; path++)
        if (!show(root, *path, 0))
            return 0;
    for (const char *const *path = sandbox->writable_devices; *path != NULL; path++)
        if (!show(root, *path, 1))
            return 0;
    if (!show_working_directory(root) || chdir(root) < 0 || !make_read_only(root, 0))
        return 0;
    return syscall(SYS_pivot_root, ".", ".") == 0 && umount2(".", MNT_DETACH) == 0 && chdir(root) == 0 &&
           drop_capabilities();
}
