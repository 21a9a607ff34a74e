// Loads a document as a child of the fork server does, and then lets LibreOffice's event loop run, in which the macros of
// documents start. A child leaves before it gets there; this shows what keeps macros in if one ever should.
//
//   macros PROGRAM PROFILE PROFILE_URL DOCUMENT_URL LOAD_OPTIONS off|require
//
// It works in the current directory and says "idle" when LibreOffice has nothing left to do.
#include "../forkserver.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PROGRAM = 1, PROFILE, PROFILE_URL, DOCUMENT_URL, LOAD_OPTIONS, SANDBOX, ARGUMENTS };

static char **argument;
static LibreOfficeKit *kit;

static _Noreturn void end(const char *how) {
    puts(how);
    fflush(stdout);
    _exit(0);
}

static void load(void) {
    const struct sandbox sandbox = {.program_directory = argument[PROGRAM], .profile_directory = argument[PROFILE]};
    if (strcmp(argument[SANDBOX], "off") != 0 && !(restrict_files(&sandbox) && restrict_system_calls()))
        end("the kernel has no sandbox");
    if (kit->pClass->documentLoadWithOptions(kit, argument[DOCUMENT_URL], argument[LOAD_OPTIONS]) == NULL)
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
