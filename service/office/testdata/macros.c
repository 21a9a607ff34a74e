// Loads a document as a child of the fork server does, and then has LibreOffice work off its events, among which are
// those that start the macros of documents. A child leaves before it gets there; this shows what keeps macros in if one
// ever should.
//
//   macros PROGRAM PROFILE PROFILE_URL DOCUMENT_URL careful|willing off|require
//
// Carefully is as a child does it; willingly is with LibreOfficeKit's options that let macros run.
//
// It works in the current directory and says "idle" when LibreOffice has nothing left to do.
#define _GNU_SOURCE
#include "../../forkserver/document.h"
#include "../../forkserver/server.h"

#include <dlfcn.h>
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
    const char *const readable[] = {dirname(strdup(argument[PROGRAM])), argument[PROFILE], "/etc/fonts", "/usr/lib", "/usr/share", "/dev/urandom", NULL};
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

// Has LibreOffice do what it does when nobody asks it for anything, until it has nothing left to do.
static void rest(void) {
    void (*acquire_solar_mutex)(unsigned) = dlsym(RTLD_DEFAULT, "_ZN11Application17AcquireSolarMutexEj");
    void (*process_events_to_idle)(void) = dlsym(RTLD_DEFAULT, "_ZN9Scheduler19ProcessEventsToIdleEv");
    if (acquire_solar_mutex == NULL || process_events_to_idle == NULL)
        end("this LibreOffice has another event loop");
    acquire_solar_mutex(1);
    process_events_to_idle();
}

int main(int count, char **arguments) {
    if (count != ARGUMENTS)
        return 2;
    argument = arguments;
    struct server server = {0};
    const char *why = start_office(&server, argument[PROGRAM], argument[PROFILE_URL]);
    if (why != NULL)
        end(why);
    kit = server.kit;
    load();
    rest();
    end("idle");
}
