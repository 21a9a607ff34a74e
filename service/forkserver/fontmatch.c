#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

// LibreOffice asks fontconfig for each font in each size which one stands for it, and each time fontconfig compares all
// of some 500. This function takes the place of fontconfig's, because the program exports it (-Wl,-E in cgo.go, where all
// else is hidden), and remembers the answers, those of the warm-up too. It saves 4 of 57 ms of demo.docx. Without this
// file fontconfig's is called.
// https://www.freedesktop.org/software/fontconfig/fontconfig-devel/fcfontsetmatch.html

struct font_set { // FcFontSet
    int count, room;
    void **fonts;
};

struct answer {
    void *question, *pattern; // FcPattern
    uint32_t hash;            // of the question
    int result;               // FcResult
};

enum { MOST = 64 };

static struct answer known[MOST];
static int answers;

// An answer depends on the question, the configuration and the fonts there are, which embedded ones add to.
static struct {
    const void *config, *set;
    int fonts;
} asked;

static struct {
    void *(*match)(void *config, struct font_set **sets, int number, void *question, int *result);
    void *(*duplicate)(const void *);
    uint32_t (*hash)(const void *);
    int (*equal)(const void *, const void *);
} fontconfig;

static void find_fontconfig(void) {
    fontconfig.duplicate = dlsym(RTLD_DEFAULT, "FcPatternDuplicate");
    fontconfig.hash = dlsym(RTLD_DEFAULT, "FcPatternHash");
    fontconfig.equal = dlsym(RTLD_DEFAULT, "FcPatternEqual");
    fontconfig.match = dlsym(RTLD_NEXT, "FcFontSetMatch");
}

// Returns what is known of a question, or NULL.
static const struct answer *recall(const void *question, uint32_t hash) {
    for (int i = 0; i < answers; i++)
        if (known[i].hash == hash && fontconfig.equal(known[i].question, question))
            return &known[i];
    return NULL;
}

// Begins anew when an answer may be another than it was. The old ones stay where they are: few processes do it once.
static void forget_unless(void *config, const struct font_set *set) {
    if (asked.config == config && asked.set == set && asked.fonts == set->count)
        return;
    answers = 0;
    asked.config = config;
    asked.set = set;
    asked.fonts = set->count;
}

static void *answer(void *config, struct font_set **sets, void *question, int *result) {
    forget_unless(config, sets[0]);
    const uint32_t hash = fontconfig.hash(question);
    const struct answer *old = recall(question, hash);
    if (old != NULL) {
        *result = old->result;
        return fontconfig.duplicate(old->pattern);
    }
    // Before it is asked: fontconfig may note in the question what it has found.
    void *copy = answers < MOST ? fontconfig.duplicate(question) : NULL;
    void *pattern = fontconfig.match(config, sets, 1, question, result);
    if (copy == NULL || pattern == NULL)
        return pattern;
    known[answers++] = (struct answer){.question = copy, .pattern = pattern, .hash = hash, .result = *result};
    return fontconfig.duplicate(pattern);
}

__attribute__((visibility("default"))) void *FcFontSetMatch(void *config, struct font_set **sets, int number,
                                                            void *question, int *result) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_fontconfig);
    if (number != 1 || fontconfig.duplicate == NULL || fontconfig.hash == NULL || fontconfig.equal == NULL)
        return fontconfig.match(config, sets, number, question, result);
    pthread_mutex_lock(&lock);
    void *pattern = answer(config, sets, question, result);
    pthread_mutex_unlock(&lock);
    return pattern;
}
