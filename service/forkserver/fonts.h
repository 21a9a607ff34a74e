// Which fonts a document asked for, and which it got.
#ifndef DOCX2PDF_FONTS_H
#define DOCX2PDF_FONTS_H

// add_font_rules adds a file of fontconfig's to the rules of this process, if the file is there.
void add_font_rules(const char *file);

// track_fonts notes from now on which fonts texts are set in.
void track_fonts(void);

// tell_fonts tells a line for each font that was asked for: its name, and after tabs those that were used, each as
// "family" or "family/style".
void tell_fonts(void (*tell)(const char *));

#endif
