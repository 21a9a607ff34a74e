// Package inventory tells what a Word document holds that LibreOffice needs help with, or cannot show. It reads the
// parts as they come out of the package, each once, and keeps what there is to know rather than what it has read.
package inventory

import (
	"io"
	"path"
	"strings"

	"docx2pdf/service/docx/markup"
	"docx2pdf/service/fonts"
)

// Need is a step that a part needs. Others are no concern of it.
type Need uint32

// Needs, each met by one step.
const (
	PlainNames   Need = 1 << iota // the package's own markup has namespace prefixes
	Fields                        // fields that LibreOffice cannot know, or not as Word does
	Clocks                        // today's date and time
	WebHidden                     // text that is hidden on the web only
	Symbols                       // signs of symbol fonts
	Sequences                     // hidden numbers and buttons, of which equations' numbers are made
	Bindings                      // bound values whose namespaces are in double quotation marks
	Layout                        // pages without room for text, tables at the bottom of a page
	Notes                         // notes that restart with the section
	Chunks                        // documents within the document
	Changes                       // tracked changes
	FirstPicture                  // an animation
	Dashes                        // numbers between dashes, or of other names
	Scripts                       // links that run something
	Outline                       // headings without a level, of which contents are to be made
	Columns                       // tables whose columns Word has not saved, and columns of text
	Mode                          // settings that do not say which Word the document is made for
	FontLists                     // fonts whose names LibreOffice takes for lists
	Indents                       // tables of older documents that do not say how far they are indented
	Defaults                      // styles that do not say what a run is like that has no properties
	StarMath                      // equations
	Comments                      // comments with more than text
)

// Inventory is what there is. Names of parts are in lower case, without the first slash.
type Inventory struct {
	Parts     map[string]*Part
	Types     Types
	Bookmarks Names
	Styles    map[string]string // ids of styles, by their names in lower case
	Used      Names             // ids of styles
	Given     map[string]bool   // properties that have a value, by the names of their fields
	Fonts     []fonts.Described // in the order of the table

	Characters Characters // of all texts

	UpdateFields bool // the document asks for all fields to be updated when it is opened
	DirtyIndex   bool // an index asks for it
	Indexes      int
	Sections     int
	NoteRestart  bool // the settings have notes restart with each section

	references    map[reference]bool
	decoded       map[string]*Part // by their plain names
	relationsKept int
	unlevelled    *Part // the styles, when there is a heading without a level
	version       int   // of the Word that the document is made for, 0 when it is not said
}

// Part is what is known of a part.
type Part struct {
	Name  string // as the package has it
	Root  string // the name of its first element
	Needs Need

	Relations map[string]Relation // from this part, by their ids
	Pictures  map[string]int      // ids of relations that are shown as pictures, and how often
	Linked    int                 // pictures that are named by an address
	Chunks    map[string]int      // ids of documents within the document
	Format    Format              // of a picture

	Objects    int            // embedded objects without a picture of themselves
	Outside    int            // fields whose text is outside and has not been saved
	Varying    int            // fields that should differ from page to page and do not
	Undrawn    int            // fields that Word draws, and LibreOffice does not
	BySection  int            // numbers of sections and of their pages, in headers and footers
	SavedPages map[int]int    // numbers of pages that were saved in formulas, and how often
	SmartArt   map[string]int // ids of the data of diagrams
	Charts     map[string]int // ids of charts
	NewCharts  int            // charts of kinds that came with Office 2016
	Numbers    map[string]int // systems of numbers that LibreOffice does not have, and how often
	Themed     bool           // colours of the theme are used
	Series     int            // of a chart
	Points     int            // saved values of a chart
	DrawingID  string
	NoteRefs   int
	TooLong    bool
	Content    bool // there is text or anything else to see
}

// Has tells whether a part needs a step.
func (p *Part) Has(need Need) bool { return p.Needs&need != 0 }

// New is empty.
func New() *Inventory {
	return &Inventory{Parts: map[string]*Part{}, Given: map[string]bool{}, Styles: map[string]string{},
		references: map[reference]bool{}}
}

// Part takes a part's content. It never fails.
func (i *Inventory) Part(name string) io.WriteCloser {
	part := &Part{Name: name}
	key := strings.ToLower(name)
	i.Parts[key] = part
	switch extension := path.Ext(key); {
	case extension == ".rels" || extension == ".xml":
		return newScan(i, part, key)
	default:
		return &sniffer{part: part}
	}
}

// Needs is what any part needs.
func (i *Inventory) Needs() Need {
	all := Need(0)
	for _, part := range i.Parts {
		all |= part.Needs
	}
	return all
}

// With are the parts that need a step.
func (i *Inventory) With(need Need) []*Part {
	var found []*Part
	for _, part := range i.Parts {
		if part.Has(need) {
			found = append(found, part)
		}
	}
	return found
}

// Target is the part that a relation leads to, nil when it is not in the package.
func (i *Inventory) Target(r Relation) *Part {
	if r.External {
		return nil
	}
	if part := i.Parts[strings.ToLower(r.Target)]; part != nil {
		return part
	}
	return i.decoded[Plain(r.Target)]
}

// AsksForIndexes tells whether tables of contents and other indexes are to be made anew when the document is opened.
func (i *Inventory) AsksForIndexes() bool { return i.Indexes > 0 && (i.UpdateFields || i.DirtyIndex) }

// EmbedsFonts tells whether the document brings fonts along.
func (i *Inventory) EmbedsFonts() bool {
	for _, part := range i.Parts {
		for _, r := range part.Relations {
			if r.Type == "font" {
				return true
			}
		}
	}
	return false
}

// Names is a set of names that is not filled without end.
type Names struct {
	all  map[string]bool
	many bool
}

// mostNames is more than any document has that can be converted, and mostName longer than Word's names are.
const (
	mostNames = 200_000
	mostName  = 1000
)

// Add puts a name into the set. Names are equal without regard to case.
func (n *Names) Add(name string) {
	if n.all == nil {
		n.all = map[string]bool{}
	}
	if len(n.all) >= mostNames || len(name) > mostName {
		n.many = true
		return
	}
	n.all[strings.ToLower(name)] = true
}

// Has tells whether a name is in the set. When there were too many, every name is.
func (n *Names) Has(name string) bool { return n.many || n.all[strings.ToLower(name)] }

// reference is a field of a part about a bookmark.
type reference struct {
	part     *Part
	bookmark string
}

// word2013 is the first version of Word whose tables are indented as far as their borders, not their text.
const word2013 = 15

// Close is called when all parts have been read: what one part needs may depend on another.
func (i *Inventory) Close() {
	i.decoded = map[string]*Part{}
	for name, part := range i.Parts {
		i.decoded[Plain(name)] = part
	}
	for r := range i.references {
		if !i.Bookmarks.Has(r.bookmark) {
			r.part.Needs |= Fields
		}
	}
	i.references = nil
	for _, part := range i.Parts {
		if i.Sections > 1 {
			part.Varying += part.BySection
		}
		if i.version >= word2013 {
			part.Needs &^= Indents
		}
	}
	if i.AsksForIndexes() && i.unlevelled != nil {
		i.unlevelled.Needs |= Outline
	}
	if i.NoteRestart && i.Sections > 1 {
		for _, part := range i.Parts {
			if part.NoteRefs > 0 {
				part.Needs |= Notes
			}
		}
	}
}

// InUse tells whether a paragraph or a run has the style of a name.
func (i *Inventory) InUse(style string) bool {
	id, known := i.Styles[strings.ToLower(style)]
	return known && i.Used.Has(id)
}

// tokens is what looks at the tokens of one kind of part.
type tokens func(*markup.Token)
