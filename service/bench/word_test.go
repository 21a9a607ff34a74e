package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

func TestWordsAreFoundOnTheirPageAndInTheirPlace(t *testing.T) {
	words := []placed{{"One", 1, 72, 80}, {"two", 1, 100, 80}, {"three", 1, 130, 80}, {"four", 2, 72, 80}}
	for name, test := range map[string]struct {
		got                    []placed
		found, onPage, inPlace float64
	}{
		"the same": {words, 1, 1, 1},
		"a little off": {[]placed{{"One", 1, 74, 83}, {"two", 1, 105, 80}, {"three", 1, 130, 80},
			{"four", 2, 72, 80}}, 1, 1, 1},
		"a line lower": {[]placed{{"One", 1, 72, 80}, {"two", 1, 100, 80}, {"three", 1, 72, 94},
			{"four", 2, 72, 80}}, 1, 1, 0.75},
		"on another page": {[]placed{{"One", 1, 72, 80}, {"two", 1, 100, 80}, {"three", 2, 130, 80},
			{"four", 2, 72, 94}}, 1, 0.75, 0.5},
		"missing, and one more": {[]placed{{"One", 1, 72, 80}, {"and", 1, 90, 80}, {"two", 1, 100, 80},
			{"four", 2, 72, 80}}, 0.75, 0.75, 0.75},
		"nothing that Word has": {[]placed{{"else", 1, 72, 80}}, 0, 0, 0},
		"no words":              {nil, 0, 0, 0},
		"another text in a place": {[]placed{{"One", 1, 72, 80}, {"two", 1, 100, 80}, {"3", 1, 130, 80}, {"four", 2, 72, 80}},
			0.75, 0.75, 0.75},
	} {
		l := compareWords(test.got, words)
		if l.found != test.found || l.onPage != test.onPage || l.inPlace != test.inPlace {
			t.Errorf("%s: %+v, want %v found, %v on their page, %v in place", name, l, test.found, test.onPage, test.inPlace)
		}
	}
}

// A folder without pairs is said to be one.
func TestAFolderWithoutWordsPDFs(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a.docx"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := compareWithWord(context.Background(), folder, []engine{&soffice{}}); err == nil {
		t.Error("a folder without PDFs is compared")
	}
}
