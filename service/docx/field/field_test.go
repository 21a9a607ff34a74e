package field_test

import (
	"fmt"
	"strings"
	"testing"

	"docx2pdf/service/docx/field"
	"docx2pdf/service/docx/markup"
)

const root = `<w:p xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">`

func mark(kind string) string { return `<w:r><w:fldChar w:fldCharType="` + kind + `"/></w:r>` }

func instruction(text string) string { return `<w:r><w:instrText>` + text + `</w:instrText></w:r>` }

func text(text string) string { return `<w:r><w:t>` + text + `</w:t></w:r>` }

// whole is a field in runs.
func whole(before, result string) string {
	return mark("begin") + before + mark("separate") + result + mark("end")
}

// track is what a tracker makes of a paragraph: its fields, and the paragraph without the marks of those named.
func track(t *testing.T, paragraph, unmarked string) (fields []*field.Field, rest string) {
	source := []byte(root + paragraph + `</w:p>`)
	tracker := field.NewTracker(true)
	var edits markup.Edits
	for r := markup.NewReader(source); ; {
		token := r.Next()
		if token == nil {
			break
		}
		if f := tracker.See(token); f != nil {
			fields = append(fields, f)
			if f.Name == unmarked && !f.Inner {
				for _, place := range tracker.Marks(f) {
					edits.Delete(place.From, place.To)
				}
			}
		}
	}
	changed, err := edits.Apply(source)
	if err != nil {
		t.Fatal(err)
	}
	rest = strings.ReplaceAll(string(changed), "<w:r></w:r>", "")
	return fields, strings.TrimSuffix(strings.TrimPrefix(rest, root), "</w:p>")
}

func TestFieldsAreFound(t *testing.T) {
	date := whole(instruction(` DATE \@ &quot;d.M.yyyy&quot; `), text("1.2.2003"))
	pages := whole(instruction("NUMPAGES"), text("3"))
	for _, test := range []struct{ paragraph, want string }{
		{date, `DATE "1.2.2003" true [] in ""`},
		{`<w:fldSimple w:instr="AUTHOR">` + text("A") + text("B") + `</w:fldSimple>`, `AUTHOR "AB" true [] in ""`},
		{`<w:fldSimple w:instr="AUTHOR"/>`, ``},
		{whole(instruction("TI")+instruction("TLE"), ""), `TITLE "" false [] in ""`},
		{mark("begin") + instruction("XE word") + mark("end"), `XE "" false [] in ""`},
		{whole(instruction("= ")+pages+instruction(" - 1"), text("2")),
			`NUMPAGES "3" true [] in "" = "2" true [NUMPAGES] in ""`},
		{whole(instruction("TOC"), text("Title")+date), `DATE "1.2.2003" true [] in "TOC" TOC "Title" true [] in ""`},
		{`<w:r><w:fldChar w:fldCharType="begin"></w:fldChar><w:instrText>PAGE</w:instrText><w:fldChar w:fldCharType="separate"></w:fldChar><w:t>1</w:t><w:fldChar w:fldCharType="end"></w:fldChar></w:r>`, `PAGE "1" true [] in ""`},
		{mark("end") + mark("separate") + text("a"), ``},
		{mark("begin") + instruction("PAGE"), ``},
	} {
		var got []string
		fields, _ := track(t, test.paragraph, "")
		for _, f := range fields {
			got = append(got, fmt.Sprintf("%s %q %v %v in %q", f.Name, f.Result, f.Saved, f.Nested, f.Inside))
		}
		if found := strings.Join(got, " "); found != test.want {
			t.Errorf("%s: %s, want %s", test.paragraph, found, test.want)
		}
	}
}

func TestWithoutItsMarksAFieldIsItsResult(t *testing.T) {
	pages := whole(instruction("NUMPAGES"), text("3"))
	for _, test := range []struct{ paragraph, name, want string }{
		{text("a") + whole(instruction("TITLE"), text("b")) + text("c"), "TITLE", text("a") + text("b") + text("c")},
		{whole(instruction("= ")+pages+instruction(" - 1"), text("2")) + pages, "=", text("2") + pages},
		{`<w:fldSimple w:instr="AUTHOR">` + text("A") + `</w:fldSimple>`, "AUTHOR", text("A")},
		{whole(instruction("QUOTE ")+text("lost")+`<w:r><w:tab/></w:r>`, text("kept")+pages), "QUOTE", text("kept") + pages},
	} {
		if _, got := track(t, test.paragraph, test.name); got != test.want {
			t.Errorf("%s without %s is\n%s, want\n%s", test.paragraph, test.name, got, test.want)
		}
	}
}

func TestInstructionsAreUnderstood(t *testing.T) {
	for _, test := range []struct {
		instruction, bookmark, format string
		kind                          field.Kind
		hidden                        bool
	}{
		{` REF _Ref1 \h \* MERGEFORMAT`, "_Ref1", "", field.Reference, true},
		{` REF "a b" \n`, "a b", "", field.Reference, false},
		{`Total`, "Total", "", field.Reference, false},
		{`SEQ MTEqn \h \* MERGEFORMAT`, "MTEqn", "", field.Sequence, true},
		{`SEQ Figure \* ARABIC`, "Figure", "ARABIC", field.Sequence, false},
		{`= 2 + 3`, "2", "", field.Computed, false},
		{`STYLEREF "Heading 1"`, "Heading 1", "", field.Style, false},
		{`FORMTEXT`, "", "", field.Other, false},
		{``, "", "", field.Other, false},
	} {
		fields, _ := track(t, whole(instruction(markup.Escape(test.instruction)), text("x")), "")
		f := fields[0]
		if f.Kind() != test.kind || f.Bookmark() != test.bookmark || f.Format() != test.format ||
			f.Switch('h') != test.hidden {
			t.Errorf("%q: kind %v, about %q, format %q, hidden %v", test.instruction, f.Kind(), f.Bookmark(), f.Format(),
				f.Switch('h'))
		}
	}
}

func TestManyFieldsInFields(t *testing.T) {
	const depth = 20_000
	fields, _ := track(t, strings.Repeat(mark("begin")+instruction("IF "), depth)+
		strings.Repeat(mark("separate")+text("x")+mark("end"), depth)+whole(instruction("PAGE"), text("1")), "IF")
	if last := fields[len(fields)-1]; last.Name != "PAGE" || last.Inside != "" {
		t.Errorf("what comes after them is %+v", last)
	}
}
