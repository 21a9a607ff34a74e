package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
)

// near is how far a word may be from its place in Word's PDF, in points: half a line.
const near = 6

// placed is a word and where it stands: the page, and in points the left edge and the middle of its height.
type placed struct {
	text string
	page int
	x, y float64
}

// likeness is how close a PDF comes to Word's, of whose words the shares are.
type likeness struct {
	pages, wordsPages      int
	found, onPage, inPlace float64
}

// compareWithWord converts each NAME.docx in a folder that has a NAME.pdf of Word's beside it, and prints how close
// each
// engine's PDFs come to those.
func compareWithWord(ctx context.Context, folder string, engines []engine) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.docx"))
	if err != nil {
		return err
	}
	sums := make([]summary, len(engines))
	for _, file := range files {
		name := strings.TrimSuffix(file, ".docx")
		theirs, err := os.ReadFile(name + ".pdf")
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		content, readErr := os.ReadFile(file)
		if err := errors.Join(err, readErr); err != nil {
			return err
		}
		wanted, wantedPages, err := wordsOf(ctx, theirs)
		if err != nil {
			return fmt.Errorf("%s.pdf: %w", name, err)
		}
		if len(wanted) == 0 {
			continue // Word drew its text as shapes: there is nothing to compare
		}
		for i, e := range engines {
			title := fmt.Sprintf("%-44s", filepath.Base(name))
			if len(engines) > 1 {
				title += fmt.Sprintf(" %-20s", e.name())
			}
			pdf, err := e.convert(ctx, document{name: filepath.Base(file), content: content})
			if err != nil {
				sums[i].documents++
				fmt.Printf("%s %v\n", title, err)
				continue
			}
			got, pages, err := wordsOf(ctx, pdf)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			l := compareWords(got, wanted)
			l.pages, l.wordsPages = pages, wantedPages
			sums[i].add(l)
			fmt.Printf("%s %4d/%-4d words %s page %s place %s\n", title, l.pages, l.wordsPages, percent(l.found),
				percent(l.onPage), percent(l.inPlace))
		}
	}
	for i, e := range engines {
		if sums[i].documents == 0 {
			return fmt.Errorf("there is no pair of NAME.docx and NAME.pdf with text in %s", folder)
		}
		fmt.Printf("%s: %s\n", e.name(), sums[i])
	}
	return nil
}

// summary is the likeness of many documents.
type summary struct {
	documents, samePages, pagesOff int
	found, onPage, inPlace         float64
}

func (s *summary) add(l likeness) {
	s.documents++
	if l.pages == l.wordsPages {
		s.samePages++
	}
	s.pagesOff += int(math.Abs(float64(l.pages - l.wordsPages)))
	s.found, s.onPage, s.inPlace = s.found+l.found, s.onPage+l.onPage, s.inPlace+l.inPlace
}

func (s summary) String() string {
	n := float64(s.documents)
	return fmt.Sprintf("%d documents: %d with Word's page count, %d pages off; of Word's words %s found, %s on their "+
		"page, %s in their place",
		s.documents, s.samePages, s.pagesOff, percent(s.found/n), percent(s.onPage/n), percent(s.inPlace/n))
}

func percent(share float64) string { return fmt.Sprintf("%5.1f%%", 100*share) }

// compareWords looks for Word's words, in their order.
func compareWords(got, wanted []placed) likeness {
	texts := func(words []placed) []string {
		all := make([]string, len(words))
		for i, w := range words {
			all[i] = w.text
		}
		return all
	}
	var found, onPage, inPlace int
	for _, block := range difflib.NewMatcherWithJunk(texts(wanted), texts(got), false, nil).GetMatchingBlocks() {
		for k := range block.Size {
			w, v := wanted[block.A+k], got[block.B+k]
			found++
			if w.page != v.page {
				continue
			}
			onPage++
			if math.Abs(w.x-v.x) <= near && math.Abs(w.y-v.y) <= near {
				inPlace++
			}
		}
	}
	n := float64(len(wanted))
	return likeness{found: float64(found) / n, onPage: float64(onPage) / n, inPlace: float64(inPlace) / n}
}

var pageOrWord = regexp.MustCompile(`<page |<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">([^<]*)</word>`)

// wordsOf are a PDF's words and how many pages it has.
func wordsOf(ctx context.Context, pdf []byte) (words []placed, pages int, err error) {
	command := exec.CommandContext(ctx, "pdftotext", "-bbox", "-", "-")
	command.Stdin = bytes.NewReader(pdf)
	out, err := command.Output()
	if err != nil {
		return nil, 0, fmt.Errorf("pdftotext (Debian package poppler-utils): %w", err)
	}
	for _, found := range pageOrWord.FindAllStringSubmatch(string(out), -1) {
		if found[5] == "" {
			if strings.HasPrefix(found[0], "<page") {
				pages++
			}
			continue
		}
		var edges [4]float64
		for i := range edges {
			edges[i], _ = strconv.ParseFloat(found[1+i], 64)
		}
		words = append(words, placed{html.UnescapeString(found[5]), pages, edges[0], (edges[1] + edges[3]) / 2})
	}
	return words, pages, nil
}
