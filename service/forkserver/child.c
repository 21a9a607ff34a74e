#define _GNU_SOURCE
#include "document.h"
#include "fonts.h"
#include "hotpages.h"
#include "server.h"
#include "shared.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MAX_OPEN_FILES = 256 };

static int report_fd = -1;

// Says one line about the document.
static void tell(const char *format, ...) {
    char line[MAX_LINE];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof line - 2, format, arguments);
    va_end(arguments);
    if (n < 0)
        return;
    if (n > (int)sizeof line - 3)
        n = sizeof line - 3;
    for (int i = 0; i < n; i++)
        if (line[i] == '\n')
            line[i] = ' ';
    line[n] = '\n';
    line[n + 1] = 0;
    say(report_fd, -1, line);
}

static void tell_range(const struct hot_pages *range) {
    tell("hot %p %zu %d", (void *)range->start, range->size, range->advice);
}

static void tell_font(const char *mapping) { tell("font %s", mapping); }

static long microseconds_since(const struct timespec *start) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start->tv_sec) * 1000000L + (now.tv_nsec - start->tv_nsec) / 1000;
}

// Another process may have the document: nothing has been done with it.
static _Noreturn void refuse(const char *why) {
    tell("refused %s", why);
    _exit(1);
}

static void out_of_memory(void) {
    tell("limit memory");
    _exit(1);
}

static void set_limits(char *const *field) {
    const struct limits limits = {
        .cpu_seconds = atol(field[JOB_CPU_SECONDS]),
        .memory_bytes = atol(field[JOB_MEMORY_BYTES]),
        .file_bytes = atol(field[JOB_FILE_BYTES]),
        .files = MAX_OPEN_FILES,
    };
    const char *why = limit_process(&limits);
    if (why != NULL)
        refuse(why);
    // std::set_new_handler: C++ asks it before it gives up, and it is the only one who knows the cause.
    void (*(*set_new_handler)(void (*)(void)))(void) = dlsym(RTLD_DEFAULT, "_ZSt15set_new_handlerPFvvE");
    if (set_new_handler != NULL)
        set_new_handler(out_of_memory);
}

// LibreOffice's handlers try to save documents and to write a report. A child only has to end.
static void default_signals(void) {
    const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGXCPU, SIGXFSZ, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        signal(fatal[i], SIG_DFL);
}

static void own_streams(void) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    close(null);
}

static void enter(const char *directory) {
    if (chdir(directory) < 0)
        refuse("the job directory is not there");
    make_temp_directories();
}

static void keep_in(const struct sandbox *sandbox) {
    int supervised = supervise_threads();
    if (supervised >= 0) {
        say(report_fd, supervised, "supervised\n");
        close(supervised);
    }
    if (sandbox == NULL)
        return;
    const char *why = supervised < 0 && sandbox->supervises ? "threads could not be limited" : enter_sandbox(sandbox);
    if (why != NULL)
        refuse(why);
}

static void insert_files(struct document *document, char *lines) {
    int inserted = 0;
    for (char *rest, *bookmark = strtok_r(lines, "\n", &rest); bookmark != NULL; bookmark = strtok_r(NULL, "\n", &rest)) {
        const char *url = strtok_r(NULL, "\n", &rest), *filter = strtok_r(NULL, "\n", &rest);
        if (url != NULL && filter != NULL && insert_file(document, bookmark, url, filter))
            inserted++;
    }
    tell("inserted %d", inserted);
}

// What the document says of fonts that nobody knows, as fontconfig reads it.
static void load_font_rules(const char *directory) {
    char *file;
    if (asprintf(&file, "%s/fonts.conf", directory) < 0)
        return;
    add_font_rules(file);
    free(file);
}

static void convert(const struct message *m) {
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    load_font_rules(m->field[JOB_DIRECTORY]);
    struct document *document = load_document(m->field[JOB_INPUT_URL]);
    if (document == NULL) {
        tell("error loading: %s", document_error());
        _exit(2);
    }
    tell("loaded %ld", microseconds_since(&start));

    insert_files(document, m->field[JOB_INSERTIONS]);
    if (strcmp(m->field[JOB_UPDATE_INDEXES], "true") == 0)
        tell("indexes %s", update_indexes(document) ? "updated" : document_error());

    track_fonts();
    const int options = (m->count - JOB_FIRST_OPTION) / OPTION_FIELDS;
    if (!store_document(document, m->field[JOB_OUTPUT_URL], m->field + JOB_FIRST_OPTION, options)) {
        tell("error saving: %s", document_error());
        _exit(3);
    }
    tell("saved %ld", microseconds_since(&start));
    tell_fonts(tell_font);
    tell("pages %d", document_pages(document));
}

static long cpu_microseconds(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1000000L + used.tv_nsec / 1000;
}

_Noreturn void await_document(const struct server *server, int socket, int place) {
    static struct message m;
    report_fd = socket;
    default_signals();
    own_streams();
    server->kit->pClass->setForkedChild(server->kit, true);
    prctl(PR_SET_NAME, "spare");
    copy_dense_blocks(place);
    touch_hot_pages();
    if (!receive(socket, &m))
        _exit(0);
    const int learn = strcmp(m.field[JOB_KIND], "learn") == 0;
    tell("began");
    prctl(PR_SET_NAME, learn ? "learning" : "document");
    if (learn)
        note_pages();
    enter(m.field[JOB_DIRECTORY]);
    set_limits(m.field);
    keep_in(server->sandbox);
    convert(&m);
    if (learn)
        tell_hot_pages(tell_range);
    prctl(PR_SET_NAME, "ended");
    // Neither the document nor LibreOffice is taken down: leaving is faster and cannot crash.
    tell("end %ld", cpu_microseconds());
    _exit(0);
}

const char *warm_up(const char *input_url, const char *output_url) {
    struct document *document = load_document(input_url);
    if (document == NULL)
        return document_error();
    track_fonts();
    int stored = store_document(document, output_url, NULL, 0);
    // One that is left open gets into the text of others.
    return close_document(document) && stored ? NULL : document_error();
}
