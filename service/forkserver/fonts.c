#define _GNU_SOURCE
#include "fonts.h"

#include <dlfcn.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

// LibreOfficeKit tells only which fonts are missing, and only to a view that waits for it. So this asks VCL itself
// for what it notes of each text: OutputDevice::StartTrackingFontMappingUse and FinishTrackingFontMappingUse, whose
// result is a std::vector of {OUString original; std::vector<OUString> used; int count}. Where a LibreOffice has
// no such functions, nothing is told.

struct string { // rtl_uString
    int32_t references;
    int32_t length;
    uint16_t text[];
};

struct strings { // std::vector<OUString>
    struct string **begin, **end, **reserved;
};

struct mapping {
    struct string *original;
    struct strings used;
    int count;
};

struct mappings { // std::vector<FontMappingUseItem>
    struct mapping *begin, *end, *reserved;
};

static struct mappings (*finish_tracking)(void);

void add_font_rules(const char *file) {
    // Of libfontconfig, which LibreOffice has loaded. https://www.freedesktop.org/software/fontconfig/fontconfig-devel/
    void *(*current)(void) = dlsym(RTLD_DEFAULT, "FcConfigGetCurrent");
    int (*load)(void *, const unsigned char *, int) = dlsym(RTLD_DEFAULT, "FcConfigParseAndLoad");
    if (current != NULL && load != NULL && access(file, R_OK) == 0)
        load(current(), (const unsigned char *)file, 0);
}

void track_fonts(void) {
    void (*start)(void) = dlsym(RTLD_DEFAULT, "_ZN12OutputDevice27StartTrackingFontMappingUseEv");
    finish_tracking = dlsym(RTLD_DEFAULT, "_ZN12OutputDevice28FinishTrackingFontMappingUseEv");
    if (start != NULL && finish_tracking != NULL)
        start();
}

// Writes a string as UTF-8, without what would end a field of the report. Returns 0 when it does not fit.
static int put(char **to, const char *end, const struct string *s) {
    for (int32_t i = 0; i < s->length; i++) {
        uint32_t c = s->text[i];
        if (end - *to < 5)
            return 0;
        if (c >= 0xd800 && c < 0xdc00 && i + 1 < s->length)
            c = 0x10000 + ((c - 0xd800) << 10) + (s->text[++i] - 0xdc00);
        if (c < ' ')
            c = ' ';
        if (c < 0x80) {
            *(*to)++ = c;
        } else if (c < 0x800) {
            *(*to)++ = 0xc0 | c >> 6;
            *(*to)++ = 0x80 | (c & 0x3f);
        } else if (c < 0x10000) {
            *(*to)++ = 0xe0 | c >> 12;
            *(*to)++ = 0x80 | (c >> 6 & 0x3f);
            *(*to)++ = 0x80 | (c & 0x3f);
        } else {
            *(*to)++ = 0xf0 | c >> 18;
            *(*to)++ = 0x80 | (c >> 12 & 0x3f);
            *(*to)++ = 0x80 | (c >> 6 & 0x3f);
            *(*to)++ = 0x80 | (c & 0x3f);
        }
    }
    return 1;
}

void tell_fonts(void (*tell)(const char *)) {
    if (finish_tracking == NULL)
        return;
    struct mappings found = finish_tracking();
    for (const struct mapping *m = found.begin; m != found.end; m++) {
        char line[512], *to = line;
        const char *end = line + sizeof line - 2;
        int whole = put(&to, end, m->original);
        for (struct string **used = m->used.begin; whole && used != m->used.end; used++) {
            *to++ = '\t';
            whole = put(&to, end, *used);
        }
        *to = 0;
        if (whole)
            tell(line);
    }
}
