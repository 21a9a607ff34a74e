// Loads a document as a child of the fork server does, and then lets LibreOffice's event loop run, in which the macros of
// documents start. A child leaves before it gets there; this shows what keeps macros in if one ever should.
//
//   macros PROGRAM PROFILE PROFILE_URL DOCUMENT_URL careful|willing off|require
//
// Carefully is as a child does it; willingly is with LibreOfficeKit's options that let macros run.
//
// It works in the current directory and says "idle" when LibreOffice has nothing left to do.
#define _GNU_SOURCE
#include "../../forkserver/document.h"
#include "../../forkserver/server.h"

#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PROGRAM = 1, PROFILE, PROFILE_URL, DOCUMENT_URL, HOW, SANDBOX, ARGUMENTS };

static char **argument;
static LibreOfficeKit *kit;

static _Noreturn void end(const char *how) {
    puts(how);
    fflush(stdout);
    _exit(0);
}

static void keep_in(void) {
    const char *const readable[] = {dirname(strdup(argument[PROGRAM])), argument[PROFILE], "/etc/fonts", "/usr/share", "/dev/urandom", NULL};
    const char *const devices[] = {"/dev/null", NULL};
    struct sandbox sandbox = {.readable = readable, .writable_devices = devices};
    probe_sandbox(&sandbox);
    if (!(sandbox.kept & PART_FILES) || enter_sandbox(&sandbox) != NULL)
        end("the kernel has no sandbox");
}

static void load(void) {
    const int careful = strcmp(argument[HOW], "careful") == 0;
    if (careful && connect_office() != NULL)
        end("LibreOffice is not there");
    if (strcmp(argument[SANDBOX], "off") != 0)
        keep_in();
    if (careful && load_document(argument[DOCUMENT_URL]) == NULL)
        end(document_error());
    const char *willing = "Batch=true,EnableMacrosExecution=true,MacroSecurityLevel=0";
    if (!careful && kit->pClass->documentLoadWithOptions(kit, argument[DOCUMENT_URL], willing) == NULL)
        end(kit->pClass->getError(kit));
}

// LibreOffice says for how many microseconds it has nothing to do.
static int on_idle(void *data, int timeout) {
    static int loaded;
    (void)data;
    if (!loaded) {
        loaded = 1;
        load();
    } else if (timeout < 0 || timeout > 500000) {
        end("idle");
    } else {
        usleep(timeout);
    }
    return 0;
}

static void on_wake(void *data) { (void)data; }

int main(int count, char **arguments) {
    if (count != ARGUMENTS)
        return 2;
    argument = arguments;
    kit = lok_init_2(argument[PROGRAM], argument[PROFILE_URL]);
    if (kit == NULL)
        end("LibreOfficeKit could not be initialised");
    kit->pClass->runLoop(kit, on_idle, on_wake, &kit);
    end("the event loop ended");
}
