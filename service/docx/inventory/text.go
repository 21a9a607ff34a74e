package inventory

import (
	"bytes"
	"strconv"
	"strings"

	"docx2pdf/service/docx/field"
	"docx2pdf/service/docx/markup"
)

// text reads a part with text: the document's, headers, footers, notes and comments.
type text struct {
	*Inventory
	part   *Part
	fields *field.Tracker
	inText bool // a piece of text is open
	object bool // an embedded object is open
	shown  bool // and has a picture

	unplaced bool // a table has begun that has not said yet how far it is indented

	strange bool // an ink drawing or a 3D model is open, which LibreOffice shows by its picture
}

// close ends what a drawing is given by in several ways.
func (x *text) close() {
	if x.strange {
		x.part.Objects++
	}
	x.strange = false
}

func newText(i *Inventory, part *Part) *text {
	part.Pictures, part.Chunks, part.SmartArt = map[string]int{}, map[string]int{}, map[string]int{}
	part.SavedPages, part.Charts = map[int]int{}, map[string]int{}
	return &text{Inventory: i, part: part, fields: field.NewTracker(false)}
}

func (x *text) see(t *markup.Token) {
	if x.fields.Depth() > 0 || t.Space == markup.W && (string(t.Local) == "fldChar" || string(t.Local) == "fldSimple") {
		if f := x.fields.See(t); f != nil {
			x.field(f)
		}
	}
	if t.Kind == markup.Text && x.inText {
		x.Characters.add(t.Bytes)
	}
	if t.Kind == markup.Text || t.Kind == markup.Other {
		return
	}
	x.inText = t.Kind == markup.Start && t.Is(markup.W, "t")
	switch t.Space {
	case markup.W:
		x.word(t)
	case markup.M:
		if t.Opens(markup.M, "oMath") {
			x.part.Needs |= StarMath
			x.part.Content = true
		}
	case markup.A, markup.V, markup.DGM, markup.W14, markup.Unknown:
		x.drawing(t)
	case markup.C:
		if id, found := t.Relationship("id"); found && t.Opens(markup.C, "chart") {
			count(x.part.Charts, id)
		}
	case markup.MC:
		if t.Kind == markup.End && t.Is(markup.MC, "AlternateContent") {
			x.close()
		}
	}
}

func (x *text) word(t *markup.Token) {
	if t.Kind == markup.End {
		if string(t.Local) == "object" && x.object {
			if !x.shown {
				x.part.Objects++
			}
			x.object = false
		}
		return
	}
	if x.part.Root == "comments" && (string(t.Local) == "drawing" || string(t.Local) == "sdt") {
		x.part.Needs |= Comments
	}
	switch string(t.Local) {
	case "bookmarkStart":
		x.Bookmarks.Add(t.Get("name"))
	case "pStyle", "rStyle":
		x.Used.Add(t.Get("val"))
	case "webHidden":
		if t.On() && !x.fields.Within("TOC") {
			x.part.Needs |= WebHidden
		}
	case "t", "drawing", "pict", "instrText":
		x.part.Content = true
	case "tbl":
		x.part.Content = true
		x.unplaced = t.Kind == markup.Start
	case "tblInd":
		x.unplaced = false
	case "sym":
		x.part.Content = true
		if IsSymbolFont(t.Get("font")) {
			x.part.Needs |= Symbols
		}
	case "rFonts":
		if IsSymbolFont(t.Get("ascii")) || IsSymbolFont(t.Get("hAnsi")) {
			x.part.Needs |= Symbols
		}
		x.part.font(t)
	case "dataBinding":
		if bytes.Contains(t.Bytes, []byte("&quot;")) || bytes.Contains(t.Bytes, []byte(`='`)) {
			x.part.Needs |= Bindings
		}
	case "altChunk":
		if id, found := t.Relationship("id"); found {
			count(x.part.Chunks, id)
			x.part.Needs |= Chunks
		}
	case "subDoc":
		x.part.Outside++
	case "tr":
		x.place()
		if t.Get("rsidR") == "" && t.Get("rsidTr") == "" {
			x.part.Needs |= Columns
		}
	case "cols":
		if n := t.Get("num"); n != "" && n != "1" {
			x.part.Needs |= Columns
		}
	case "sectPr":
		x.Sections++
	case "pgSz", "pgMar":
		x.page(t)
	case "tblpPr":
		if x.part.Root == "document" && FloatsBelow(t) {
			x.part.Needs |= Layout
		}
	case "pgNumType":
		x.part.numbers(t.Get("fmt"))
	case "numFmt":
		x.part.numbers(t.Get("val"))
	case "numRestart":
		if t.Get("val") == "eachSect" {
			x.NoteRestart = true
		}
	case "footnoteReference", "endnoteReference":
		x.part.NoteRefs++
	case "object":
		x.object, x.shown = t.Kind == markup.Start, false
		x.part.Content = true
	case "ins", "del", "moveFrom", "moveTo", "moveFromRangeStart", "moveToRangeStart", "rPrChange", "pPrChange",
		"sectPrChange", "tblPrChange",
		"tblGridChange", "trPrChange", "tcPrChange", "tblPrExChange", "cellIns", "cellDel", "cellMerge", "numberingChange",
		"customXmlInsRangeStart", "customXmlDelRangeStart", "customXmlMoveFromRangeStart", "customXmlMoveToRangeStart":
		x.part.Needs |= Changes
		if string(t.Local) == "tblPrChange" {
			x.place() // what follows is how the table was
		}
	}
}

// place is called when the properties of a table are over.
func (x *text) place() {
	if x.unplaced {
		x.part.Needs |= Indents
	}
	x.unplaced = false
}

// page looks for a page without room. Lengths other than whole twentieths of a point are looked at by the step.
func (x *text) page(t *markup.Token) {
	for _, name := range []string{"w", "h"} {
		if value, given := t.Attribute(name); given && string(t.Local) == "pgSz" {
			if n, err := strconv.ParseFloat(value, 64); err == nil && n < 1440 || value == "" {
				x.part.Needs |= Layout
			}
		}
	}
	for _, name := range []string{"top", "right", "bottom", "left", "gutter", "header", "footer"} {
		// Margins of less than two inches leave room on every page of more than four.
		if n, err := strconv.ParseFloat(t.Get(name), 64); err == nil && (n > 2880 || n < -2880) {
			x.part.Needs |= Layout
		}
	}
}

// FloatsBelow tells of a table that floats at the bottom of the page.
func FloatsBelow(t *markup.Token) bool {
	return t.Opens(markup.W, "tblpPr") && t.Get("vertAnchor") == "page" && t.Get("tblpYSpec") == "bottom"
}

// count notes one more of what a relation leads to. Relations that are not kept need not be counted.
func count[Key comparable](times map[Key]int, key Key) {
	if _, known := times[key]; known || len(times) < mostRelations {
		times[key]++
	}
}

// chartEx is in the namespace of charts that came with Office 2016, such as waterfalls.
const chartEx = "chartex"

func (x *text) drawing(t *markup.Token) {
	if t.Kind == markup.End {
		return
	}
	switch string(t.Local) {
	case "contentPart":
		x.strange = true
	case "blip", "svgBlip":
		if x.strange && t.Space == markup.Unknown {
			return // a 3D model's own, which is not drawn
		}
		x.shown, x.strange = true, false
		if id, found := t.Relationship("embed"); found && id != "" {
			count(x.part.Pictures, id)
		} else if id, found := t.Relationship("link"); found && id != "" {
			count(x.part.Pictures, id)
		}
	case "imagedata":
		x.shown, x.strange = true, false
		if id, found := t.Relationship("id"); found && id != "" {
			count(x.part.Pictures, id)
		} else if t.Get("src") != "" {
			x.part.Linked++
		} else if id, found := t.Relationship("href"); found && id != "" {
			count(x.part.Pictures, id)
		}
	case "schemeClr":
		x.part.Themed = true
	case "graphicData":
		switch uri := t.Get("uri"); {
		case strings.Contains(uri, chartEx):
			x.part.NewCharts++
		case strings.HasSuffix(uri, "/model3d"):
			x.strange = true
		}
	case "relIds":
		if id, found := t.Relationship("dm"); found {
			count(x.part.SmartArt, id)
		}
	}
}

// field notes what a field needs.
func (x *text) field(f *field.Field) {
	switch f.Name {
	case "SET", "ASK":
		x.Bookmarks.Add(f.Argument())
	}
	if f.Inner {
		if pages, err := strconv.Atoi(strings.TrimSpace(f.Result)); f.Name == "NUMPAGES" && err == nil {
			count(x.part.SavedPages, pages)
		}
		return
	}
	varies := false
	if f.Keeps() && f.Saved {
		x.part.Needs |= Fields
		return
	}
	switch f.Kind() {
	case field.Past, field.Property, field.Outside, field.Style:
		x.part.Needs |= Fields
	case field.Clock:
		x.part.Needs |= Clocks
	case field.Computed:
		x.part.Needs |= Fields
		for _, name := range f.Nested {
			varies = varies || name == "PAGE" || name == "SECTIONPAGES"
		}
	case field.Reference:
		x.refer(f.Bookmark())
	case field.Index:
		x.Indexes++
		x.DirtyIndex = x.DirtyIndex || f.Dirty
	case field.Sequence:
		if f.Switch('h') && f.Format() == "" {
			x.part.Needs |= Sequences
		}
	case field.Button:
		x.part.Needs |= Sequences
	case field.Drawn:
		// Of EQ LibreOffice knows what stands above Asian text.
		if !f.Saved && !(f.Name == "EQ" && strings.Contains(f.Instruction, `\up`) && f.Switch('o')) {
			x.part.Undrawn++
		}
		if f.Saved {
			x.part.Needs |= Fields
		}
	case field.Section:
		if x.part.Root != "document" {
			x.part.BySection++
		}
	}
	if f.Name == "HYPERLINK" {
		if IsScript(f.Argument()) {
			x.part.Needs |= Fields
		}
	} else if len(f.Nested) > 0 && f.Kind() == field.Other {
		x.part.Needs |= Fields
	}
	if varies {
		x.part.Varying++
	}
	if f.Kind() == field.Outside && !f.Saved && f.Name != "MERGEREC" && f.Name != "MERGESEQ" {
		x.part.Outside++
	}
}

func (x *text) refer(bookmark string) {
	if len(x.references) >= mostNames || len(bookmark) > mostName {
		x.part.Needs |= Fields
		return
	}
	x.references[reference{x.part, strings.Clone(bookmark)}] = true
}

// symbolFonts are those whose signs have code points of their own, by their names in lower case.
var symbolFonts = map[string]bool{"symbol": true, "wingdings": true, "wingdings 2": true, "wingdings 3": true,
	"webdings": true}

// IsSymbolFont tells whether a font is one whose signs are not where Unicode has them.
func IsSymbolFont(name string) bool {
	return len(name) >= len("symbol") && len(name) <= len("wingdings 3") && symbolFonts[strings.ToLower(name)]
}

// font notes that a run or a style has a font whose name looks like a list of names.
func (p *Part) font(t *markup.Token) {
	if bytes.ContainsAny(t.Bytes, ",;") {
		p.Needs |= FontLists
	}
}

// brokenBullet tells whether a list's sign is of a font whose signs LibreOffice does not know. Those of Symbol and
// Wingdings it draws with its own.
func brokenBullet(t *markup.Token) bool {
	switch strings.ToLower(t.Get("ascii")) {
	case "webdings", "wingdings 2", "wingdings 3":
		return true
	}
	return false
}
