package rendering

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
)

// fontTable is a document's part with entries such as font("A", `<w:family w:val="roman"/>`).
func fontTable(entries ...string) docxtest.Part {
	return docxtest.Part{Name: "word/fontTable.xml", Content: `<w:fonts ` + w + `>` + strings.Join(entries, "") +
		`</w:fonts>`}
}

func font(name, properties string) string {
	return `<w:font w:name="` + name + `">` + properties + `</w:font>`
}

// inFont is a document with a text in a font, and that font's entry in the table.
func inFont(name, content, properties string) []byte {
	run := `<w:r><w:rPr><w:rFonts w:ascii="` + name + `" w:hAnsi="` + name + `" w:cs="` + name + `"/></w:rPr><w:t>` +
		content + `</w:t></w:r>`
	return docxtest.Document(paragraph(run), fontTable(font(name, properties)),
		related(docxtest.Relationship{ID: "f1", Type: "fontTable", Target: "fontTable.xml"}))
}

// fonts are the families of the fonts that the PDF has, each once.
func (p pdf) fonts(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, line := range strings.Split(poppler(t, "pdffonts", p.path), "\n")[2:] {
		if name, _, found := strings.Cut(line, " "); found {
			_, name, _ = strings.Cut(name, "+")
			name, _, _ = strings.Cut(name, "-")
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

var wordBox = regexp.MustCompile(`<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">([^<]*)</word>`)

// box is where a word of the PDF stands, in points.
type box struct{ left, top, right, bottom float64 }

// box finds a word.
func (p pdf) box(t *testing.T, word string) box {
	t.Helper()
	for _, found := range wordBox.FindAllStringSubmatch(poppler(t, "pdftotext", "-bbox", p.path, "-"), -1) {
		if found[5] == word {
			var b box
			fmt.Sscan(strings.Join(found[1:5], " "), &b.left, &b.top, &b.right, &b.bottom)
			return b
		}
	}
	t.Fatalf("there is no %q in the text %q", word, p.text)
	return box{}
}

// What nobody knows goes by what the document says of it.
func TestUnknownFontsGoByTheirClass(t *testing.T) {
	for _, test := range []struct{ name, properties, text, want string }{
		{"Nobody Serif", `<w:family w:val="roman"/>`, "text", "LiberationSerif"},
		{"Nobody Sans", `<w:family w:val="swiss"/>`, "text", "LiberationSans"},
		{"Nobody Code", `<w:family w:val="modern"/><w:pitch w:val="fixed"/>`, "text", "LiberationMono"},
		{"Nobody Plain", `<w:family w:val="modern"/><w:pitch w:val="variable"/>`, "text", "LiberationSans"},
		{"Nobody Hand", `<w:family w:val="script"/>`, "text", "LucidaHandwritingTwin"},
		{"Nobody Panose", `<w:panose1 w:val="02020603050405020304"/><w:family w:val="auto"/>`, "text", "LiberationSerif"},
		{"Nobody Fixed", `<w:panose1 w:val="020B0609020204030204"/><w:family w:val="auto"/>`, "text", "LiberationMono"},
		{"Nobody Else", `<w:altName w:val="Nobody, Cambria"/><w:family w:val="swiss"/>`, "text", "CambriaTwin"},
		{"Segoe UI,Bold", `<w:family w:val="roman"/>`, "text", "SegoeUITwin"},
		{"Calibri;Cambria", ``, "text", "CalibriTwin"},
		{"Nobody Serif, Arial", `<w:family w:val="roman"/>`, "text", "LiberationSerif"},
		{"TimesNewRomanPS-BoldMT", ``, "text", "LiberationSerif"},
		{"Nobody Mincho", `<w:charset w:val="80"/><w:family w:val="roman"/>`, "text", "MSMinchoTwin"},
		{"Nobody Hebrew", `<w:charset w:val="B1"/><w:family w:val="roman"/>`, "text", "LiberationSerif"},
		{"Nobody Arabic", `<w:charset w:val="B2"/><w:family w:val="swiss"/>`, "سلام", "NotoNaskhArabic"},
		{"Nobody Thai", `<w:charset w:val="DE"/><w:family w:val="roman"/>`, "ไทย", "NotoSerifThai"},
		{"Nobody Said", ``, "text", "LiberationSans"},
	} {
		got := render(t, inFont(test.name, test.text, test.properties)).fonts(t)
		if !slices.Contains(got, test.want) || slices.ContainsFunc(got,
			func(f string) bool { return strings.HasPrefix(f, "DejaVu") }) {
			t.Errorf("%s, %s: %v, want %s", test.name, test.properties, got, test.want)
		}
	}
}

// Microsoft's fonts of other scripts have an open font of that script, with serifs where they have some.
func TestFontsOfOtherScripts(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		// Liberation has Hebrew since its version 2.
		{"Arial", "שלום", "LiberationSans or NotoSansHebrew"}, {"Calibri", "שלום", "LiberationSans or NotoSansHebrew"},
		{"Times New Roman", "שלום", "LiberationSerif or NotoSerifHebrew"},
		{"David", "שלום", "NotoSerifHebrew"}, {"FrankRuehl", "שלום", "NotoSerifHebrew"},
		{"Miriam", "שלום", "NotoSansHebrew"}, {"Gisha", "שלום", "NotoSansHebrew"},
		{"Arial", "سلام", "NotoNaskhArabic"}, {"Times New Roman", "سلام", "NotoNaskhArabic"},
		{"Traditional Arabic", "سلام", "NotoNaskhArabic"}, {"Sakkal Majalla", "سلام", "NotoNaskhArabic"},
		{"Urdu Typesetting", "سلام", "NotoNastaliqUrdu"},
		{"Calibri", "سلام", "NotoNaskhArabic"}, {"Nobody Knows", "سلام", "NotoNaskhArabic"},
		{"Angsana New", "ไทย", "NotoSerifThai"}, {"Cordia New", "ไทย", "NotoSansThai"},
		{"TH Sarabun New", "ไทย", "NotoSansThai"}, {"Tahoma", "ไทย", "NotoSansThai"},
		{"Mangal", "हिन्दी", "NotoSansDevanagari"}, {"Kokila", "हिन्दी", "NotoSerifDevanagari"},
		{"Nirmala UI", "हिन्दी", "NotoSansDevanagari"}, {"Vrinda", "বাংলা", "NotoSansBengali"},
		{"Latha", "தமிழ்", "NotoSansTamil"}, {"Gautami", "తెలుగు", "NotoSansTelugu"},
		{"Tunga", "ಕನ್ನಡ", "NotoSansKannada"}, {"Kartika", "മലയാളം", "NotoSansMalayalam"},
		{"Shruti", "ગુજરાતી", "NotoSansGujarati"}, {"Raavi", "ਪੰਜਾਬੀ", "NotoSansGurmukhi"},
		{"Kalinga", "ଓଡ଼ିଆ", "NotoSansOriya"}, {"Iskoola Pota", "සිංහල", "NotoSansSinhala"},
		{"DaunPenh", "ខ្មែរ", "NotoSerifKhmer"}, {"Lao UI", "ລາວ", "NotoSansLao"},
		{"Myanmar Text", "မြန်မာ", "NotoSansMyanmar"}, {"Nyala", "አማርኛ", "NotoSansEthiopic"},
	} {
		made := render(t, inFont(test.name, test.text, ""))
		if got := made.fonts(t); len(got) != 1 || !slices.Contains(strings.Split(test.want, " or "), got[0]) {
			t.Errorf("%s of %s: %v, want %s", test.text, test.name, got, test.want)
		}
		if made.warnings != "" {
			t.Errorf("%s of %s: the warnings are %q", test.text, test.name, made.warnings)
		}
	}
}

// A text of another script goes by its language where the document names no font for it.
func TestTheFontOfATextThatNamesNone(t *testing.T) {
	language := func(name, content string) string {
		return paragraph(`<w:r><w:rPr><w:lang w:eastAsia="` + name + `" w:bidi="` + name + `"/></w:rPr><w:t>` + content +
			`</w:t></w:r>`)
	}
	for _, test := range []struct {
		body string
		want []string
	}{
		{language("ja-JP", "直骨角"), []string{"NotoSansCJKjp"}},
		{language("zh-CN", "直骨角"), []string{"NotoSansCJKsc"}},
		{language("zh-TW", "直骨角"), []string{"NotoSansCJKtc"}},
		{language("ko-KR", "한글"), []string{"NotoSansCJKkr"}},
		{language("ar-SA", "سلام"), []string{"NotoNaskhArabic"}},
	} {
		if got := render(t, docxtest.Document(test.body)).fonts(t); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.body, got, test.want)
		}
	}
}

// The ideographs of an East Asian font are its language's, whatever the text's language is, and Latin is its twin's.
func TestEastAsianFonts(t *testing.T) {
	for font, want := range map[string][]string{
		"Yu Mincho":       {"NotoSerifCJKjp", "YuMinchoTwin"},
		"游ゴシック":           {"NotoSansCJKjp", "YuGothicTwin"},
		"MS Mincho":       {"MSMinchoTwin", "NotoSerifCJKjp"},
		"SimSun":          {"NotoSerifCJKsc", "SimSunTwin"},
		"Microsoft YaHei": {"MicrosoftYaHeiTwin", "NotoSansCJKsc"},
		"PMingLiU":        {"NotoSerifCJKtc", "PMingLiUTwin"},
		"Malgun Gothic":   {"MalgunGothicTwin", "NotoSansCJKkr"},
		"Batang":          {"BatangTwin", "NotoSerifCJKkr"},
	} {
		run := `<w:r><w:rPr><w:rFonts w:ascii="` + font + `" w:hAnsi="` + font + `" w:eastAsia="` + font +
			`"/></w:rPr><w:t>text 直骨角</w:t></w:r>`
		if got := render(t, docxtest.Document(paragraph(run))).fonts(t); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", font, got, want)
		}
	}
}

// A word ends where the widths of Microsoft's font have it end, and the next line is as far below as in Word.
func TestWordsAndLinesAreWhereWordHasThem(t *testing.T) {
	// Widths and line heights in em are those of service/fonts/facts.
	for _, test := range []struct {
		font, letter string
		width, pitch float64
	}{
		{"Calibri", "n", 0.5254, 1.2207},
		{"Cambria", "n", 0.5581, 1.1724},
		{"Georgia", "n", 0.5908, 1.1362},
		{"Consolas", "n", 0.5498, 1.1709},
		{"Segoe UI", "n", 0.5659, 1.3301},
		{"Arial", "n", 0.5562, 1.1499},
		{"Times New Roman", "n", 0.5, 1.1499},
		{"Malgun Gothic", "한", 1, 1.7291},
	} {
		const size, letters = 8, 50
		line := func(letter string) string {
			return `<w:p><w:pPr><w:spacing w:before="0" w:after="0"/></w:pPr><w:r><w:rPr><w:rFonts w:ascii="` + test.font +
				`" w:hAnsi="` + test.font +
				`" w:eastAsia="` + test.font + `"/><w:sz w:val="16"/></w:rPr><w:t>` + strings.Repeat(letter, letters) +
				`</w:t></w:r></w:p>`
		}
		made := render(t, docxtest.Document(line(test.letter)+line("o")))
		first, second := made.box(t, strings.Repeat(test.letter, letters)), made.box(t, strings.Repeat("o", letters))
		if width := (first.right - first.left) / size / letters; math.Abs(width-test.width) > 0.002 {
			t.Errorf("%s: %s is %.4f em wide, want %.4f", test.font, test.letter, width, test.width)
		}
		if pitch := (second.bottom - first.bottom) / size; math.Abs(pitch-test.pitch) > 0.02 {
			t.Errorf("%s: lines are %.4f em apart, want %.4f", test.font, pitch, test.pitch)
		}
	}
}

// A table that lies, or that is not one at all, changes nothing but the look of its document.
func TestHostileFontTables(t *testing.T) {
	long := strings.Repeat("N", 10_000)
	for _, test := range []struct{ name, entry, properties string }{
		{"Calibri", "Calibri",
			`<w:altName w:val="Arial"/><w:family w:val="modern"/><w:pitch w:val="fixed"/><w:panose1 w:val="02070609020205020404"/>`},
		{"Calibri", long, `<w:family w:val="roman"/>`},
		{long, long, `<w:family w:val="roman"/>`},
		{`A&quot;,B'&lt;/family&gt;`, `A&quot;,B'&lt;/family&gt;`, `<w:family w:val="roman"/>`},
		{`Liberation Sans`, `Liberation Sans`, `<w:altName w:val="Courier New"/><w:family w:val="roman"/>`},
		{`A:lang=ja,B-12\-`, `A:lang=ja,B-12\-`,
			`<w:altName w:val=",,;,&quot;"/><w:panose1 w:val="zz"/><w:charset w:val="-1"/><w:family w:val=""/>`},
		{`../../etc/passwd;%s%n`, `../../etc/passwd;%s%n`, `<w:altName w:val="` + long + `"/><w:family w:val="roman"/>`},
		{"A", "", strings.Repeat(`<w:font w:name="B"/>`, 20_000)},
	} {
		body := docxtest.Styled(test.name, "hostile") + docxtest.Styled("Calibri", "text")
		content := docxtest.Document(body, fontTable(font(test.entry, test.properties)),
			related(docxtest.Relationship{ID: "f1", Type: "fontTable", Target: "fontTable.xml"}))
		made := render(t, content)
		made.has(t, "hostile", "text")
		if got := made.fonts(t); !slices.Contains(got, "CalibriTwin") {
			t.Errorf("%.40s: %v, want Calibri to stay as it is", test.name, got)
		}
	}
}

// A document knows nothing of another's table.
func TestFontTablesAreTheirDocumentsOwn(t *testing.T) {
	for range 2 {
		if got := render(t, inFont("Nobody Knows", "text", `<w:family w:val="roman"/>`)).fonts(t); !slices.Equal(got,
			[]string{"LiberationSerif"}) {
			t.Errorf("a font that the table calls roman is %v, want Liberation Serif", got)
		}
		if got := render(t, docxtest.Document(docxtest.Styled("Nobody Knows", "text"))).fonts(t); !slices.Equal(got,
			[]string{"LiberationSans"}) {
			t.Errorf("the same font in a document without a table is %v, want Liberation Sans", got)
		}
	}
}
