package main

import (
	"fmt"
	"strings"

	"docx2pdf/service/docx/docxtest"
)

// numberFormats are all that Word has (ECMA-376 part 1, 17.18.59) but none, custom and bullet. For some LibreOffice
// reads
// rules and names from folders of its own, which a sandbox may forget.
const numberFormats = `decimal upperRoman lowerRoman upperLetter lowerLetter ordinal cardinalText ordinalText hex chicago
	ideographDigital japaneseCounting aiueo iroha decimalFullWidth decimalHalfWidth japaneseLegal japaneseDigitalTenThousand
	decimalEnclosedCircle decimalFullWidth2 aiueoFullWidth irohaFullWidth decimalZero ganada chosung decimalEnclosedFullstop
	decimalEnclosedParen decimalEnclosedCircleChinese ideographEnclosedCircle ideographTraditional ideographZodiac
	ideographZodiacTraditional taiwaneseCounting ideographLegalTraditional taiwaneseCountingThousand taiwaneseDigital
	chineseCounting chineseLegalSimplified chineseCountingThousand koreanDigital koreanCounting koreanLegal koreanDigital2
	vietnameseCounting russianLower russianUpper numberInDash hebrew1 hebrew2 arabicAlpha arabicAbjad hindiVowels
	hindiConsonants hindiNumbers hindiCounting thaiLetters thaiNumbers thaiCounting bahtText dollarText`

// numbered has lists of three items with numbers in every format and in several languages.
func numbered() []byte {
	var lists, numbers, body strings.Builder
	id := 0
	for format := range strings.FieldsSeq(numberFormats) {
		for _, language := range []string{"en-US", "de-DE", "ja-JP"} {
			id++
			fmt.Fprintf(&lists,
				`<w:abstractNum w:abstractNumId="%d"><w:lvl w:ilvl="0"><w:start w:val="9"/><w:numFmt w:val="%s"/>`+
					`<w:lvlText w:val="%%1."/><w:rPr><w:lang w:val="%s"/></w:rPr></w:lvl></w:abstractNum>`, id, format, language)
			fmt.Fprintf(&numbers, `<w:num w:numId="%d"><w:abstractNumId w:val="%[1]d"/></w:num>`, id)
			item := fmt.Sprintf(`<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="%d"/></w:numPr></w:pPr>`+
				`<w:r><w:t>%s %s</w:t></w:r></w:p>`, id, format, language)
			body.WriteString(strings.Repeat(item, 3))
		}
	}
	return docxtest.Document(body.String(),
		docxtest.Part{Name: "word/_rels/document.xml.rels",
			Content: docxtest.Relationships(docxtest.Relationship{ID: "n", Type: "numbering", Target: "numbering.xml"})},
		docxtest.Part{Name: "word/numbering.xml",
			Content: `<w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">` +
				lists.String() + numbers.String() + `</w:numbering>`})
}
