package office_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/office"
	"docx2pdf/service/office/officetest"
)

const hugePage = 2 << 20

// withoutHugePages has this process and those that it starts get none; prctl(2).
func withoutHugePages(t *testing.T, off uintptr) {
	t.Helper()
	const setTHPDisable = 41
	if _, _, err := syscall.RawSyscall6(syscall.SYS_PRCTL, setTHPDisable, off, 0, 0, 0, 0); err != 0 {
		t.Fatal(err)
	}
}

// packed counts the parts of libraries that a process has in the fork server's own file.
func packed(t *testing.T, pid int) int {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(maps), "/memfd:libraries")
}

// largeText counts the pieces of LibreOffice's code that a process has from its files and that fill a huge page.
func largeText(t *testing.T, pid int) (count int) {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(maps)) {
		var start, end uint64
		var rights string
		fmt.Sscanf(line, "%x-%x %s", &start, &end, &rights)
		first := (start + hugePage - 1) / hugePage * hugePage
		if rights == "r-xp" && first+hugePage <= end && strings.Contains(line, "/program/lib") {
			count++
		}
	}
	return count
}

func TestHugePagesAreUsedWhereThereAreAny(t *testing.T) {
	for name, off := range map[string]uintptr{"given": 0, "refused": 1} {
		t.Run(name, func(t *testing.T) {
			withoutHugePages(t, off)
			defer withoutHugePages(t, 0)
			var log bytes.Buffer
			engine := start(t, office.Config{Concurrency: 1, Log: slog.New(slog.NewTextHandler(&log, nil))})
			if got := largeText(t, officetest.ForkServer(t)) > 0; got != (off == 1) {
				t.Errorf("text is from files: %v", got)
			}
			if got := packed(t, officetest.ForkServer(t)) > 0; got != (off == 0) {
				t.Errorf("libraries are packed: %v", got)
			}
			if got := strings.Count(log.String(), "huge pages"); got != int(off) {
				t.Errorf("the log says so %d times: %s", got, log.String())
			}
			mustConvert(t, engine, small)
		})
	}
}

// A document that is still open in the fork server gets into others' headers and footers.
func TestTheWarmUpLeavesNothingBehind(t *testing.T) {
	const w = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	const r = "word/_rels/document.xml.rels"
	body := docxtest.Paragraph("body") +
		`<w:sectPr><w:headerReference w:type="default" r:id="r1"/><w:footerReference w:type="default" r:id="r2"/></w:sectPr>`
	content := docxtest.Document(body,
		docxtest.Part{Name: r, Content: docxtest.Relationships(
			docxtest.Relationship{ID: "r1", Type: "header", Target: "header1.xml"},
			docxtest.Relationship{ID: "r2", Type: "footer", Target: "footer1.xml"})},
		docxtest.Part{Name: "word/header1.xml", Content: `<w:hdr ` + w + `>` + docxtest.Paragraph("above") + `</w:hdr>`},
		docxtest.Part{Name: "word/footer1.xml", Content: `<w:ftr ` + w + `>` + docxtest.Paragraph("below") + `</w:ftr>`})
	engine := start(t, office.Config{Concurrency: 1})
	for range 3 {
		pdf, _ := mustConvert(t, engine, content)
		text := strings.Fields(poppler(t, "pdftotext", "-layout", pdf, "-"))
		if want := []string{"above", "body", "below"}; !slices.Equal(text, want) {
			t.Errorf("the text is %q, want %q", text, want)
		}
	}
}
