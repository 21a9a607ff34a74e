#define _GNU_SOURCE
#include "steps.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

static const char *const way_names[] = {[WAY_NONE] = "none", [WAY_LANDLOCK] = "landlock", [WAY_NAMESPACE] = "namespace"};

enum way parse_way(const char *name) {
    for (enum way way = WAY_LANDLOCK; way <= WAY_NAMESPACE; way++)
        if (strcmp(name, way_names[way]) == 0)
            return way;
    return WAY_NONE;
}

const char *way_name(enum way way) { return way_names[way]; }

const char *parts_text(int parts) {
    static char text[64];
    snprintf(text, sizeof text, "%s%s%s%s", parts & PART_NETWORK ? " network" : "", parts & PART_EXEC ? " exec" : "",
             parts & PART_PROCESSES ? " processes" : "", parts & PART_FILES ? " files" : "");
    return text[0] == ' ' ? text + 1 : text;
}

const char *enter_sandbox(const struct sandbox *sandbox) {
    if (sandbox->way == WAY_LANDLOCK && !restrict_files(sandbox))
        return "Landlock could not be entered";
    if (sandbox->way == WAY_NAMESPACE && !enter_namespace(sandbox))
        return "a file system of its own could not be made";
    if (!restrict_system_calls() && sandbox->kept != 0)
        return "system calls could not be restricted";
    return NULL;
}
