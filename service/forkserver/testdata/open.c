// open PROGRAM PROFILE_URL DOCUMENT_URL: how many documents are open in a LibreOffice before, while and after one is loaded.
#define _GNU_SOURCE
#include "../document.h"
#include "../server.h"

#include <stdio.h>
#include <unistd.h>

int main(int count, char **argument) {
    struct server server = {0};
    const char *why = count == 4 ? start_office(&server, argument[1], argument[2]) : "three arguments";
    if (why == NULL)
        why = connect_office();
    int before = documents_open();
    struct document *document = why == NULL ? load_document(argument[3]) : NULL;
    if (document == NULL) {
        puts(why == NULL ? document_error() : why);
        return 1;
    }
    int while_open = documents_open();
    int closed = close_document(document);
    printf("%d %d %d %d\n", before, while_open, closed, documents_open());
    fflush(stdout);
    _exit(0);
}
