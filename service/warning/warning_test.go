package warning_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"docx2pdf/service/warning"
)

func TestWarningsOfAKindAreOne(t *testing.T) {
	var l warning.List
	l.Add(warning.MacrosLeftOut, "")
	for _, name := range []string{"a", "b", "a", "c", "d", "e", "f"} {
		l.Add(warning.PictureLinked, name)
	}
	l.AddMany(warning.ChunkMissing, 0)
	all := l.Warnings()
	if got := warning.String(all); got != "picture_linked=7; macros_left_out=1" {
		t.Errorf("%s", got)
	}
	if !slices.Equal(all[0].What, []string{"a", "b", "c", "d", "e"}) {
		t.Errorf("it names %q", all[0].What)
	}
	if says := (&warning.Error{Warnings: all}).Error(); !strings.Contains(says, "picture_linked, 7): a, b") ||
		!strings.Contains(says, "strict=true") {
		t.Errorf("the error says %q", says)
	}
}

func TestEveryCodeHasASentence(t *testing.T) {
	codes := warning.Codes()
	for _, code := range codes {
		if warning.Sentences[code] == "" {
			t.Errorf("%s has none", code)
		}
	}
	if len(codes) != len(warning.Sentences) {
		t.Errorf("%d codes, %d sentences", len(codes), len(warning.Sentences))
	}
}

func TestTheReadmeListsEveryCode(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for code, sentence := range warning.Sentences {
		if !strings.Contains(string(readme), "| `"+string(code)+"` | "+sentence+" |") {
			t.Errorf("service/README.md does not have %s with its sentence", code)
		}
	}
}
