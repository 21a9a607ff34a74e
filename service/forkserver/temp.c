#define _GNU_SOURCE
#include "message.h"
#include "server.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// LibreOffice makes directories in ./temp when it starts, and uses them for as long as it runs. A child has its own in
// its job's directory, in which it works.
static char *directories[8];

enum { MAX_DIRECTORIES = sizeof directories / sizeof *directories };

// LibreOffice 26.8 resolves links in the path of the directory that it unpacks fonts into, and so finds the fork
// server's instead of its own through /proc/self/cwd. In the place of the fork server's there is a link that leads
// back.
static void redirect(const char *directory) {
    char own[64];
    snprintf(own, sizeof own, "/proc/self/cwd/%s", directory);
    if (rename(directory, strchr(directory, '/') + 1) < 0 || symlink(own, directory) < 0)
        give_up("a temporary directory could not be made each child's own");
}

void remember_temp_directories(void) {
    DIR *temp = opendir("temp");
    if (temp == NULL)
        return;
    int n = 0;
    for (struct dirent *e; n < MAX_DIRECTORIES && (e = readdir(temp)) != NULL;)
        if (e->d_type == DT_DIR && e->d_name[0] != '.' && asprintf(&directories[n], "temp/%s", e->d_name) > 0)
            n++;
    closedir(temp);
    for (int i = 0; i < n; i++)
        redirect(directories[i]);
}

void make_temp_directories(void) {
    for (int i = 0; i < MAX_DIRECTORIES && directories[i] != NULL; i++)
        mkdir(directories[i], 0700);
}
