package conversion_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode"

	"docx2pdf/service/conversion"
	"docx2pdf/service/conversion/conversiontest"
	"docx2pdf/service/docx"
	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/options"
)

// convert converts a document and returns where its PDF is.
func convert(t *testing.T, c conversion.Converter, settings map[string]string) (string, conversion.Report, error) {
	t.Helper()
	o, err := options.Parse(options.Map(settings))
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.NewDocument("a.docx")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := os.WriteFile(d.Input(), docxtest.Document(docxtest.Paragraph("x")), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := c.Convert(t.Context(), d, o)
	return d.Output(), report, err
}

// opens tells whether a PDF opens with a password, as its bytes.
func opens(t *testing.T, pdf, password string) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "qpdf", "--password-mode=bytes", "--password="+password,
		"--requires-password", pdf).CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil: // another password is required
		return false
	case errors.As(err, &exit) && exit.ExitCode() == 3:
		return true
	}
	t.Fatalf("qpdf: %v\n%s", err, out)
	return false
}

func TestEveryPasswordOpensThePDFAndNoOther(t *testing.T) {
	c := conversiontest.New(t).Converter()
	passwords := []string{
		"x,Watermark=yWATERMARKENDz", "a,b", "пароль", " 密码 ", `"`, `\`, "--", "@-", "default",
		"secret,Password=xPASSWORDEND",
		"PDFVer=PDF/A-2bPDFVEREND", "😀", "１２３", "ﬁ", "a\u00adb", "\u00ad", "{}", "%s%n", strings.Repeat("я", 63) + "x",
		strings.Repeat("p", 127), "'; true", "\u202eabc", "é", "e\u0301",
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for range 12 {
		passwords = append(passwords, randomPassword(random))
	}
	for _, password := range passwords {
		pdf, _, err := convert(t, c, map[string]string{"password": password})
		if err != nil {
			t.Errorf("seed %d, %q: %v", seed, password, err)
			continue
		}
		if !opens(t, pdf, password) {
			t.Errorf("seed %d: %q does not open its own PDF", seed, password)
		}
		others := []string{"", password[:len(password)-1]}
		if len(password) < 127 { // what is longer, readers cut (ISO 32000-2, 7.6.4.3.3)
			others = append(others, password+"x")
		}
		for _, other := range others {
			if opens(t, pdf, other) {
				t.Errorf("seed %d: %q opens the PDF of %q", seed, other, password)
			}
		}
	}
}

// randomPassword is any text that may be one: 1 to 127 bytes, of all planes of Unicode.
func randomPassword(random *rand.Rand) string {
	var password strings.Builder
	for length := 1 + random.IntN(60); ; {
		r := rune(random.IntN([]int{0x80, 0x800, 0x10000, unicode.MaxRune}[random.IntN(4)]))
		if r >= 0xd800 && r < 0xe000 || unicode.IsControl(r) {
			continue
		}
		if password.Len()+4 > 127 || password.Len() >= length {
			break
		}
		password.WriteRune(r)
	}
	if password.Len() == 0 {
		return "x"
	}
	return password.String()
}

// A viewer that follows ISO 32000-2 prepares what a person types (RFC 4013) before it tries it.
func TestAPasswordAlsoOpensInItsPreparedForm(t *testing.T) {
	c := conversiontest.New(t).Converter()
	pdf, _, err := convert(t, c, map[string]string{"password": "１２３ﬁ"})
	if err != nil {
		t.Fatal(err)
	}
	if !opens(t, pdf, "123fi") {
		t.Error("the prepared password does not open the PDF")
	}
}

func TestThePDFIsEncryptedWithAES256(t *testing.T) {
	c := conversiontest.New(t).Converter()
	pdf, report, err := convert(t, c, map[string]string{"password": "secret"})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "qpdf", "--password=secret", "--show-encryption", pdf).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "stream encryption method: AESv3") ||
		!strings.Contains(string(out), "R = 6") {
		t.Errorf("%v %s, want AES-256", err, out)
	}
	content, err := os.ReadFile(pdf)
	if err != nil || strings.Contains(string(content), "secret") || int64(len(content)) != report.BytesOut {
		t.Errorf("%d bytes (%v), want the %d that the report names, without the password", len(content), err, report.BytesOut)
	}
	if last := report.Phases[len(report.Phases)-1]; last.Name != "encrypt" || last.Took <= 0 {
		t.Errorf("the last phase is %v, want the time of encrypting", last)
	}
}

func TestAPDFThatCannotBeEncryptedIsNotHandedOut(t *testing.T) {
	engine := conversiontest.New(t)
	c := conversion.Converter{Engine: engine, Limits: docx.DefaultLimits, Memory: 4 << 20} // too little for any program
	if _, _, err := convert(t, c, map[string]string{"password": "secret"}); !errors.Is(err, conversion.ErrLimit) {
		t.Errorf("%v, want %v", err, conversion.ErrLimit)
	}
}
