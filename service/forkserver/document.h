// Documents in LibreOffice, through UNO: what LibreOfficeKit wraps, without what its wrapping costs (office 25.2: a
// fifth of the CPU of one page) and without its list of options, in which commas and markers of a value take part.
#ifndef DOCX2PDF_DOCUMENT_H
#define DOCX2PDF_DOCUMENT_H

#ifdef __cplusplus
extern "C" {
#endif

struct document;

// connect_office finds the LibreOffice that start_office has started in this process. It returns NULL, or what is
// missing.
const char *connect_office(void);

// load_document loads a Word document, whatever its name ends with: nothing else is recognised, no macro runs, no link is
// followed and nobody is asked. It returns NULL after an error.
struct document *load_document(const char *url);

// insert_file puts a file, read by the filter of a name, in the place of a bookmark. It returns 0 after an error.
int insert_file(struct document *document, const char *bookmark, const char *url, const char *filter);

// update_indexes makes tables of contents and other indexes anew. It returns 0 after an error.
int update_indexes(struct document *document);

// store_document makes a PDF. Options are those of LibreOffice's PDF export, each in OPTION_FIELDS fields.
// It returns 0 after an error.
int store_document(struct document *document, const char *url, char *const *option, int options);

// document_pages is the number of pages of the document, which page ranges may make larger than the PDF's.
int document_pages(struct document *document);

// close_document takes a document down, view and all. It returns 0 after an error.
int close_document(struct document *document);

// documents_open is the number of documents that have not been closed.
int documents_open(void);

// document_error tells what the last error was.
const char *document_error(void);

#ifdef __cplusplus
}
#endif

#endif
