#define _GNU_SOURCE
#include "server.h"

#include <dlfcn.h>

// LibreOfficeKit means its documents to be loaded from inside its event loop. There is none here: LibreOffice 26.8's
// ends as soon as it begins, because VCL has been initialised already (ImplSVMain), and nothing here waits for events.
// What the loop brings about that loading needs is done here instead: there is an application object, and nobody holds
// the SolarMutex, a lock that a forked child could not release, since another thread has it.
static const char *replace_event_loop(void) {
    void *(*create_application)(void) = dlsym(RTLD_DEFAULT, "_ZN14SfxApplication11GetOrCreateEv");
    unsigned (*release_solar_mutex)(void) = dlsym(RTLD_DEFAULT, "_ZN11Application17ReleaseSolarMutexEv");
    if (create_application == NULL || release_solar_mutex == NULL)
        return "this LibreOffice has no SfxApplication::GetOrCreate or no Application::ReleaseSolarMutex";
    create_application();
    release_solar_mutex();
    return NULL;
}

const char *start_office(struct server *server, const char *program_directory, const char *profile_url) {
    server->kit = lok_init_2(program_directory, profile_url);
    if (server->kit == NULL)
        return "LibreOfficeKit could not be initialised";
    if (!LIBREOFFICEKIT_HAS(server->kit, setForkedChild))
        return "this LibreOffice is older than 25.2";
    return replace_event_loop();
}
