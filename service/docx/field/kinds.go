package field

import "strings"

// Kind is what a field's result comes from, and so who can know it.
type Kind uint8

// Kinds of fields. Other is one that LibreOffice computes, or keeps as it was saved.
const (
	Other Kind = iota
	// the document's file, its template, who saved it and when it was printed: nobody knows but who saved it
	Past
	Property  // one of the document's properties
	Outside   // other files, data sources and programs
	Clock     // today's date and time
	Reference // a bookmark
	Style     // the text of a style near by
	Computed  // a formula, a condition, a quotation
	Section   // the section's number and pages, which LibreOffice does not compute
	Page      // the page's number and how many there are
	Index     // a table of contents, an index, a bibliography
	Sequence  // a number that goes on
	Button    // a text that runs a macro, or leads somewhere
	Drawn     // what Word draws by its instruction, and saves nothing of
)

// kinds of fields by name (ECMA-376 part 1, 17.16.5).
var kinds = map[string]Kind{
	"FILENAME": Past, "FILESIZE": Past, "TEMPLATE": Past, "PRINTDATE": Past, "EDITTIME": Past, "REVNUM": Past,
	"USERNAME": Past, "USERINITIALS": Past, "USERADDRESS": Past, "DOCVARIABLE": Past, "FILLIN": Past, "INFO": Past,
	"TITLE": Property, "AUTHOR": Property, "SUBJECT": Property, "KEYWORDS": Property, "COMMENTS": Property,
	"LASTSAVEDBY": Property, "CREATEDATE": Property, "SAVEDATE": Property, "DOCPROPERTY": Property,
	"NUMWORDS": Property, "NUMCHARS": Property,
	"INCLUDETEXT": Outside, "INCLUDEPICTURE": Outside, "LINK": Outside, "DDE": Outside, "DDEAUTO": Outside,
	"DATABASE": Outside, "IMPORT": Outside, "INCLUDE": Outside, "AUTOTEXT": Outside, "AUTOTEXTLIST": Outside,
	"GLOSSARY": Outside, "MERGEFIELD": Outside, "MERGEREC": Outside, "MERGESEQ": Outside, "ADDRESSBLOCK": Outside,
	"GREETINGLINE": Outside,
	"DATE":         Clock, "TIME": Clock,
	"REF": Reference, "PAGEREF": Reference, "NOTEREF": Reference, "FTNREF": Reference,
	"STYLEREF": Style,
	"=":        Computed, "IF": Computed, "COMPARE": Computed, "QUOTE": Computed,
	"SECTION": Section, "SECTIONPAGES": Section,
	"PAGE": Page, "NUMPAGES": Page,
	"TOC": Index, "INDEX": Index, "TOA": Index, "BIBLIOGRAPHY": Index,
	"SEQ":         Sequence,
	"MACROBUTTON": Button, "GOTOBUTTON": Button,
	"EQ": Drawn, "BARCODE": Drawn, "DISPLAYBARCODE": Drawn, "MERGEBARCODE": Drawn, "LISTNUM": Drawn,
}

// known are the other names of fields. What is none of all these is the name of a bookmark, as if REF stood before it.
var known = strings.Fields(`ADVANCE ASK AUTONUM AUTONUMLGL AUTONUMOUT BIDIOUTLINE CITATION CONTROL EMBED
	FORMCHECKBOX FORMDROPDOWN FORMTEXT HTMLACTIVEX HYPERLINK NEXT NEXTIF PRINT PRIVATE RD SET SHAPE SKIPIF SYMBOL TA TC
	XE ADDIN`)

func init() {
	for _, name := range known {
		kinds[name] = Other
	}
}

// Kind tells what the field is about.
func (f *Field) Kind() Kind {
	kind, found := kinds[f.Name]
	if !found && f.Name != "" && !strings.ContainsAny(f.Name, `\"{}`) {
		return Reference
	}
	return kind
}

// Keeps tells whether the field is locked, so that Word shows what was saved. One that counts still counts.
func (f *Field) Keeps() bool {
	switch f.Kind() {
	case Clock, Property, Reference, Style, Section, Page:
		return f.Locked
	}
	return false
}

// Bookmark is the bookmark that a Reference is about.
func (f *Field) Bookmark() string {
	if _, found := kinds[f.Name]; found {
		return f.Argument()
	}
	return f.firstWord()
}
