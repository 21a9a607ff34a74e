package fonts_test

import (
	"testing"

	"docx2pdf/service/fonts"
)

func TestCoverageIsThatOfTheFontsThatAreUsed(t *testing.T) {
	set, err := fonts.Open("")
	if err != nil {
		t.Fatal(err)
	}
	coverage := set.Coverage()
	for _, char := range "aßЖא中あ한😀⅓ࡀབ𓀀" {
		if !coverage.Has(char) {
			t.Errorf("no font has %U", char)
		}
	}
	for _, char := range "\U00030000\U000e0fff" {
		if coverage.Has(char) {
			t.Errorf("a font has %U, of which nobody knows one", char)
		}
	}
}

func BenchmarkCoverage(b *testing.B) {
	set, err := fonts.Open("")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		set.Coverage().Has('a')
	}
}
