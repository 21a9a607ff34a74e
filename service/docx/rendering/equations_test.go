package rendering

import (
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
)

const mathSpace = `xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"`

// letters is a run of an equation.
func letters(text string) string { return "<m:r><m:t>" + text + "</m:t></m:r>" }

// upright is a run that is not italic.
func upright(text string) string {
	return `<m:r><m:rPr><m:sty m:val="p"/></m:rPr><m:t>` + text + `</m:t></m:r>`
}

// element is an element of an equation, with others in it.
func element(name string, inner ...string) string {
	return "<m:" + name + ">" + strings.Join(inner, "") + "</m:" + name + ">"
}

// valued is a property.
func valued(name, value string) string { return `<m:` + name + ` m:val="` + value + `"/>` }

func TestEquations(t *testing.T) {
	fraction := element("f", element("num", letters("n")), element("den", letters("d")))
	words := `<m:r><m:rPr><m:nor/></m:rPr><m:t>the set {a} of "b" (c)</m:t></m:r>`
	for _, test := range []struct {
		name, equation string
		wants          []string // without white space
	}{
		{"a fraction", element("f", element("num", letters("a+b")), element("den", letters("c"))), []string{"a+b", "c"}},
		{"a line that begins with a sign", letters("=b+c"), []string{"=b+c"}},
		{"a line that ends with one", letters("a+b="), []string{"a+b="}},
		{"signs between runs", letters("a") + letters("=") + letters("-5") + letters("&lt;") + fraction, []string{"a=−5<"}},
		{"two signs", letters("a&lt;=b") + letters("=&gt;c"), []string{"a<=b=>c"}},
		{"words of StarMath", letters("Re=size over sum"), []string{"Re=sizeoversum"}},
		{"what is between words", letters("P(A and B)"), []string{"P(AandB)"}},
		{"signs of StarMath", letters("50% #5 a_i x^2 ~ R&amp;D"), []string{"50%#5a_ix^2~R&D"}},
		{"brackets that are not a pair", letters("[0,1)") + fraction + letters("]"), []string{"[0,1)", "]"}},
		{"an absolute value", letters("|x|=|") + fraction + letters("|"), []string{"|x|=|"}},
		{"quotation marks and backslashes", letters(`"a" \`), []string{`"a"∖`}},
		{"text that is no mathematics", words, []string{`theset{a}of"b"(c)`}},
		{"brackets", letters("f(x)={y}") + letters(")("), []string{`f(x)={y})(`}},
		{"letters of a script", `<m:r><m:rPr><m:scr m:val="script"/></m:rPr><m:t>L(x)=</m:t></m:r>`, []string{"L(x)="}},
		{"double-struck letters", letters("x∈") + `<m:r><m:rPr><m:scr m:val="double-struck"/></m:rPr><m:t>R</m:t></m:r>`,
			[]string{"x∈ℝ"}},
		{"a run of two texts", `<m:r><m:t>a=</m:t><m:t>(b)</m:t></m:r>`, []string{"a=(b)"}},
		{"a run with a color", `<m:r><w:rPr><w:color w:val="FF0000"/></w:rPr><m:t>a=</m:t></m:r>` + letters("b)"),
			[]string{"a=b)"}},
		{"a sign alone", element("sSup", element("e", letters("x")), element("sup", letters("+"))), []string{"x+"}},
		{"functions", element("func", element("fName", upright("sin")), element("e", letters("x"))) +
			element("func", element("fName", upright("max")), element("e", letters("y"))), []string{"sinxmaxy"}},
		{"a large operator", letters("a=") + element("nary", element("naryPr", valued("chr", "⋃")), element("sub",
			letters("i")), element("sup", letters("k")), element("e", letters("A"))), []string{"a=", "⋃", "i", "k", "A"}},
		{"an open interval", element("d", element("dPr", valued("begChr", "]"), valued("endChr", "[")), element("e",
			letters("0,1"))), []string{"]0,1["}},
		{"other delimiters", element("d", element("dPr", valued("begChr", "/"), valued("endChr", "&gt;")), element("e",
			letters("x"))), []string{"/x>"}},
		{"lines that are aligned", element("eqArr", element("e", letters("a&amp;=b")), element("e", letters("c&amp;=d#(1)"))),
			[]string{"a=b", "c=d", "(1)"}},
		{"a tracked insertion", letters("a+") + `<w:ins w:id="1" w:author="n">` + letters("new") + `</w:ins>`,
			[]string{"a+new"}},
		{"a tracked deletion", letters("a") + `<w:del w:id="1" w:author="n">` + letters("old") + `</w:del>` + letters("=b"),
			[]string{"aold=b"}},
		{"places without anything", element("sSup", "<m:e/>", element("sup", letters("2"))) + element("rad", "<m:deg/>",
			element("e", letters("x"))), []string{"2", "√x"}},
	} {
		body := paragraph(`<m:oMath ` + mathSpace + `>` + test.equation + `</m:oMath>`)
		made := render(t, docxtest.Document(body))
		seen := strings.Join(strings.Fields(made.text), "")
		for _, want := range test.wants {
			if !strings.Contains(seen, want) {
				t.Errorf("%s: %q has no %q", test.name, seen, want)
			}
		}
		if strings.ContainsAny(seen, "¿❑") || made.warnings != "" {
			t.Errorf("%s: %q has an error or a placeholder, and the warnings are %q", test.name, seen, made.warnings)
		}
	}
	made := render(t, docxtest.Document(paragraph(text("before "), `<m:oMath `+mathSpace+`>`+fraction+`</m:oMath>`,
		text(" after"))))
	made.has(t, "n", "before", "after", "d")
	made = render(t, docxtest.Document(`<w:tbl><w:tblPr/><w:tblGrid><w:gridCol w:w="3000"/></w:tblGrid><w:tr><w:tc>`+
		paragraph(`<m:oMath `+mathSpace+`>`+letters("first")+`</m:oMath>`)+`</w:tc></w:tr></w:tbl>`+
		docxtest.Paragraph("behind")))
	made.has(t, "first", "behind")
}
