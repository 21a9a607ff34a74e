package rendering

import (
	"fmt"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
)

const w = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`

func TestFieldsOfTheDocumentsPastKeepWhatWasSaved(t *testing.T) {
	made := render(t, docxtest.Document(paragraph(field(`FILENAME \p`, `C:\Files\Contract.docx`))+
		paragraph(field(`PRINTDATE \@ "dd.MM.yyyy"`, "02.11.2008"))+paragraph(field("TEMPLATE", "Letter.dotx"))+
		paragraph(field("SUBJECT", "Rent"))+paragraph(field("KEYWORDS", "flat, rent"))+
		paragraph(field("COMMENTS", "Second draft"))+
		paragraph(field("EDITTIME", "321"))+paragraph(field(`DATE \@ "dd.MM.yyyy"`, "25.11.2008"))))
	made.has(t, `C:\Files\Contract.docx`, "02.11.2008", "Letter.dotx", "Rent", "flat, rent", "Second draft", "321")
	made.hasNot(t, "jobs", "25.11.2008")
	render(t, docxtest.Document(paragraph(field(`DATE \@ "dd.MM.yyyy"`, "25.11.2008"))), "fields=saved").has(t,
		"25.11.2008")
}

// Word never updates a field that somebody has locked, such as the date of a letter.
func TestFieldsThatAreLocked(t *testing.T) {
	bookmark := `<w:p><w:bookmarkStart w:id="1" w:name="now"/>` + text("new text") + `<w:bookmarkEnd w:id="1"/></w:p>`
	for _, lock := range []string{"1", "true", "on"} {
		locked := func(instruction, result string) string {
			return paragraph(strings.Replace(field(instruction, result), `"begin"`, `"begin" w:fldLock="`+lock+`"`, 1))
		}
		simple := paragraph(`<w:fldSimple w:instr=" TIME " w:fldLock="` + lock + `">` + text("12:34") + `</w:fldSimple>`)
		made := render(t, docxtest.Document(bookmark+locked(`DATE \@ "d MMMM yyyy"`, "1 May 2019")+simple+
			locked("REF now", "old text")+locked("NUMPAGES", "77")))
		made.has(t, "new text", "1 May 2019", "12:34", "old text", "77")
		made.hasNot(t, "12:34:")
	}
}

func TestReferencesWithoutABookmarkKeepWhatWasSaved(t *testing.T) {
	made := render(t, docxtest.Document(paragraph(text("see "), field(`REF _Ref123 \h`, "Section 4.2"))+
		paragraph(field(`PAGEREF _Toc9 \h`, "17"))+
		paragraph(field(`REF _Ref9 \r \h`, "7.1"))))
	made.has(t, "Section 4.2", "17", "7.1")
	made.hasNot(t, "Error", "not found")

	// What has no result either is nothing, as in Word, until somebody asks for it to be made.
	made = render(t, docxtest.Document(paragraph(`<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>`+
		`GOTOBUTTON _Ref123 where to go</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>`)+
		paragraph(text("none:"), field(`REF _Ref123 \h`, ""), text("."))+
		paragraph(text("none:"), field(`PAGEREF _Toc9`, ""), text("."))))
	made.has(t, "where to go", "none:.", "none:.")
	made.hasNot(t, "Error", "not found")
}

func TestFieldsInFieldsKeepWhatWasSaved(t *testing.T) {
	inner := field("NUMPAGES", "3")
	formula := `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> = </w:instrText></w:r>` + inner +
		`<w:r><w:instrText xml:space="preserve"> - 1 </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>2</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>`
	body := paragraph(text("of "), formula, text(".")) + docxtest.PageBreak + docxtest.Paragraph("two")
	made := render(t, docxtest.Document(body))
	made.has(t, "of 2.")
	if made.warnings != "field_not_computed=1" {
		t.Errorf("a number of pages that was saved with 3 of 2 pages has the warnings %q", made.warnings)
	}
	if made = render(t, docxtest.Document(body+docxtest.PageBreak+docxtest.Paragraph("three"))); made.warnings != "" {
		t.Errorf("one that is right has the warnings %q", made.warnings)
	}
}

func TestTextThatIsHiddenOnTheWebOnly(t *testing.T) {
	render(t, docxtest.Document(paragraph(text("entry"),
		`<w:r><w:rPr><w:webHidden/></w:rPr><w:tab/></w:r><w:r><w:rPr><w:webHidden/></w:rPr><w:t>12</w:t></w:r>`))).
		has(t, "entry", "12")
}

func TestTrackedChanges(t *testing.T) {
	content := docxtest.Document(paragraph(text("costs "), `<w:ins w:id="1" w:author="A">`+text("12,000")+`</w:ins>`,
		`<w:del w:id="2" w:author="A"><w:r><w:delText>9,500</w:delText></w:r></w:del>`, text(" euros")))
	render(t, content).has(t, "12,000", "9,500", "euros")
	accepted := render(t, content, "changes=accepted")
	accepted.has(t, "costs 12,000 euros")
	accepted.hasNot(t, "9,500")
	rejected := render(t, content, "changes=rejected")
	rejected.has(t, "costs 9,500 euros")
	rejected.hasNot(t, "12,000")
}

func TestSignsOfSymbolFontsAreText(t *testing.T) {
	sym := func(font, char string) string {
		return `<w:r><w:sym w:font="` + font + `" w:char="` + char + `"/></w:r>`
	}
	made := render(t, docxtest.Document(paragraph(sym("Webdings", "F061"), text("|"), sym("Wingdings 2", "F052"),
		text("|"), sym("Wingdings 3", "F075"), text("|"),
		sym("Wingdings", "F0FC"), text("|"),
		`<w:r><w:rPr><w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/></w:rPr><w:t>ab</w:t></w:r>`)))
	made.has(t, "✔|☑|▶|✓|αβ")
	if fonts := poppler(t, "pdffonts", made.path); strings.Contains(fonts, "dings") {
		t.Errorf("the fonts are\n%s", fonts)
	}
}

// Word prints in black what is a sign as well as an emoji, and in colour what is an emoji only.
func TestSignsAreNoColouredTiles(t *testing.T) {
	coloured := func(r, g, b int) bool { return max(r, g, b)-min(r, g, b) > 60 }
	signs := ""
	for _, sign := range "☑✔☎✉▶➡⚠❤☀" {
		signs += `<w:p><w:r><w:rPr><w:sz w:val="72"/></w:rPr><w:t>a ` + string(sign) + `</w:t></w:r></w:p>`
	}
	made := render(t, docxtest.Document(signs))
	made.has(t, "☑", "✔", "☎", "✉", "▶", "➡", "⚠", "❤", "☀")
	if share := made.share(t, coloured); share > 0 || made.warnings != "" {
		t.Errorf("%d of 1000 pixels of signs have a colour, and the warnings are %q", share, made.warnings)
	}
	if made := render(t,
		docxtest.Document(`<w:p><w:r><w:rPr><w:sz w:val="200"/></w:rPr><w:t>a 😀</w:t></w:r></w:p>`)); made.share(t,
		coloured) == 0 {
		t.Error("an emoji has no colour")
	}
}

func TestCharactersThatNoFontHas(t *testing.T) {
	if made := render(t,
		docxtest.Document(docxtest.Paragraph("中文 ابجد བོད Ελλάδα 😀 “quoted” \U00030000\U0001e290&#x30001;"))); made.warnings != "character_missing=3" {
		t.Errorf("the warnings are %q", made.warnings)
	}
}

func TestNumbersOfLists(t *testing.T) {
	var numbering, body strings.Builder
	formats := []struct{ format, level, want string }{
		{"ordinal", "%1", "1st"}, {"cardinalText", "%1:", "One:"}, {"ordinalText", "%1:", "First:"},
		{"chineseCounting", "%1.", "一."},
		{"numberInDash", "%1", "- 1 -"}, {"upperRoman", "%1)", "I)"}, {"decimalZero", "%1)", "01)"},
		{"taiwaneseDigital", "%1.", "一."}, {"japaneseDigitalTenThousand", "%1.", "一."},
		// There are warnings of these.
		{"decimalFullWidth", "a%1", "a1"}, {"decimalFullWidth2", "b%1", "b1"}, {"decimalEnclosedFullstop", "c%1", "c1"},
		{"decimalEnclosedParen", "d%1", "d1"}, {"ideographZodiacTraditional", "e%1", "e1"},
		{"vietnameseCounting", "f%1", "f1"}, {"hindiConsonants", "g%1", "g1"}, {"hindiNumbers", "h%1", "h1"},
		{"hindiCounting", "i%1", "i1"}, {"thaiNumbers", "j%1", "j1"}, {"thaiCounting", "k%1", "k1"},
		{"bahtText", "l%1", "l1"}, {"dollarText", "m%1", "m1"},
	}
	var want []string
	for i, f := range formats {
		fmt.Fprintf(&numbering,
			`<w:abstractNum w:abstractNumId="%d"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="%s"/><w:lvlText w:val="%s"/></w:lvl></w:abstractNum>`, i, f.format, f.level)
		fmt.Fprintf(&body, `<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="%d"/></w:numPr></w:pPr>%s</w:p>`, i+1,
			text("item"))
		want = append(want, f.want)
	}
	for i := range formats {
		fmt.Fprintf(&numbering, `<w:num w:numId="%d"><w:abstractNumId w:val="%d"/></w:num>`, i+1, i)
	}
	made := render(t, docxtest.Document(body.String(),
		related(docxtest.Relationship{ID: "n", Type: "numbering", Target: "numbering.xml"}),
		docxtest.Part{Name: "word/numbering.xml", Content: `<w:numbering ` + w + `>` + numbering.String() +
			`</w:numbering>`}))
	made.text = poppler(t, "pdftotext", "-raw", made.path, "-") // -layout leaves out the spaces beside 1
	made.has(t, want...)
}

func TestNumbersOfEquations(t *testing.T) {
	button := `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> MACROBUTTON MTPlaceRef \* MERGEFORMAT </w:instrText></w:r>` +
		`<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> SEQ MTEqn \h \* MERGEFORMAT </w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>` +
		`<w:r><w:instrText>(</w:instrText></w:r>` + field(`SEQ MTEqn \c \* Arabic \* MERGEFORMAT`, "1") +
		`<w:r><w:instrText>)</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>`
	made := render(t, docxtest.Document(paragraph(button)+paragraph(button)))
	made.has(t, "(1)", "(2)")
	made.hasNot(t, "MERGEFORMAT", "MTPlaceRef", "1(", "2(")
}

func TestBoundValuesWithQuotationMarksOfEitherKind(t *testing.T) {
	for _, quote := range []string{"&quot;", "'"} {
		bound := `<w:sdt><w:sdtPr><w:dataBinding w:prefixMappings="xmlns:n=` + quote + `urn:t` + quote +
			`" w:xpath="/n:root[1]/n:name[1]" ` +
			`w:storeItemID="{11111111-2222-3333-4444-555555555555}"/><w:text/></w:sdtPr><w:sdtContent>` + text("stale") +
			`</w:sdtContent></w:sdt>`
		made := render(t, docxtest.Document(paragraph(bound),
			related(docxtest.Relationship{ID: "x", Type: "customXml", Target: "../customXml/item1.xml"}),
			docxtest.Part{Name: "customXml/item1.xml", Content: `<n:root xmlns:n="urn:t"><n:name>BOUND</n:name></n:root>`},
			docxtest.Part{Name: "customXml/_rels/item1.xml.rels",
				Content: docxtest.Relationships(docxtest.Relationship{ID: "p", Type: "customXmlProps", Target: "itemProps1.xml"})},
			docxtest.Part{Name: "customXml/itemProps1.xml",
				Content: `<ds:datastoreItem ds:itemID="{11111111-2222-3333-4444-555555555555}" ` +
					`xmlns:ds="http://schemas.openxmlformats.org/officeDocument/2006/customXml"/>`}))
		made.has(t, "BOUND")
		made.hasNot(t, "stale")
	}
}

func TestNotesThatBeginAgainWithTheSection(t *testing.T) {
	note := func(id int) string {
		return fmt.Sprintf(`<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteReference w:id="%d"/></w:r>`, id)
	}
	const restart = `<w:footnotePr><w:numRestart w:val="eachSect"/></w:footnotePr>`
	var notes strings.Builder
	for id := 1; id <= 3; id++ {
		fmt.Fprintf(&notes, `<w:footnote w:id="%d"><w:p><w:r><w:footnoteRef/></w:r>%s</w:p></w:footnote>`, id,
			text(fmt.Sprintf(" note%d", id)))
	}
	made := render(t, docxtest.Document(paragraph(text("a"), note(1))+paragraph(text("b"), note(2))+
		`<w:p><w:pPr><w:sectPr>`+restart+`</w:sectPr></w:pPr></w:p>`+
		paragraph(text("c"), note(3))+`<w:sectPr>`+restart+`</w:sectPr>`,
		related(docxtest.Relationship{ID: "f", Type: "footnotes", Target: "footnotes.xml"}),
		docxtest.Part{Name: "word/footnotes.xml", Content: `<w:footnotes ` + w + `>` + notes.String() + `</w:footnotes>`}))
	made.has(t, "1 note1", "2 note2", "c1", "1 note3")
}

func TestEveryLanguageIsHyphenated(t *testing.T) {
	narrow := func(language, word string) []byte {
		return docxtest.Document(`<w:p><w:r><w:rPr><w:lang w:val="`+language+`"/></w:rPr><w:t>`+word+
			`</w:t></w:r></w:p><w:sectPr><w:pgSz w:w="3000" w:h="8000"/>`+
			`<w:pgMar w:top="300" w:right="600" w:bottom="300" w:left="600" w:header="0" w:footer="0"/></w:sectPr>`,
			related(docxtest.Relationship{ID: "s", Type: "settings", Target: "settings.xml"}),
			docxtest.Part{Name: "word/settings.xml", Content: `<w:settings ` + w +
				`><w:autoHyphenation/><w:hyphenationZone w:val="100"/></w:settings>`})
	}
	for language, word := range map[string]string{
		"en-US": "characteristics internationalization", "de-DE": "Donaudampfschifffahrtsgesellschaft",
		"nl-NL": "verantwoordelijkheidsgevoel",
		"pl-PL": "odpowiedzialność konstantynopolitańczykowianeczka", "sv-SE": "ansvarsförsäkringsbolagen",
		"ru-RU": "достопримечательность", "hu-HU": "megszentségteleníthetetlen",
	} {
		if made := render(t, narrow(language, word)); !strings.Contains(made.text, "-\n") &&
			!strings.Contains(made.text, "‐\n") {
			t.Errorf("%s: no word is divided in %q", language, made.text)
		}
	}
}
