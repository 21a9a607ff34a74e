package office_test

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/office"
	"docx2pdf/service/office/officetest"
	"docx2pdf/service/sandbox"
)

// withMacros is a document whose macros do what no document may as soon as it is opened: write a file, run a program,
// open a connection. First they write another file, which shows that they run.
func (b *bait) withMacros(t *testing.T, mark string) []byte {
	t.Helper()
	address, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	return docxtest.WithMacros(docxtest.Paragraph("a text with macros"), fmt.Sprintf(`Private Sub Document_Open()
On Error Resume Next
Open %q For Output As #1
Print #1, "ran"
Close #1
Open %q For Output As #2
Print #2, "sang"
Close #2
Shell "/usr/bin/touch %s"
Dim connector As Object
Set connector = CreateUnoService("com.sun.star.connection.Connector")
connector.connect("socket,host=%s,port=%s")
End Sub
`, mark, filepath.Join(b.directory, "written"), filepath.Join(b.directory, "started"), address.Hostname(),
		address.Port()))
}

// taken is what macros got at.
func (b *bait) taken() []string {
	var found []string
	for _, name := range []string{"written", "started"} {
		if _, err := os.Stat(filepath.Join(b.directory, name)); err == nil {
			found = append(found, name)
		}
	}
	if b.count() > 0 {
		found = append(found, "connected")
	}
	return found
}

// openWithMacros opens the document in a LibreOffice that does all it does after a document was opened, and tells
// whether
// its macros ran.
func openWithMacros(t *testing.T, host string, b *bait, how string, mode sandbox.Mode) (ran bool) {
	t.Helper()
	program, dir, environment, err := office.Prepare(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	work, profile := filepath.Join(dir, "work"), filepath.Join(dir, "profile")
	mark, document := filepath.Join(work, "ran"), filepath.Join(work, "macros.docx")
	if err := os.WriteFile(document, b.withMacros(t, mark), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(host, program, profile, "file://"+profile, "file://"+document, how, string(mode))
	command.Dir, command.Env = work, environment
	if out, err := command.CombinedOutput(); err != nil || !strings.HasSuffix(string(out), "idle\n") {
		t.Fatalf("opening the document: %v: %s", err, out)
	}
	_, err = os.Stat(mark)
	return err == nil
}

// buildHost builds the program that opens documents, of the fork server's sources and the sandbox's.
func buildHost(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	host, object := filepath.Join(dir, "macros"), filepath.Join(dir, "document.o")
	sandboxed, err := filepath.Glob("../sandbox/*.c")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{
		{"c++", "-std=c++17", "-DLINUX", "-DUNX", "-DCPPU_ENV=gcc3", "-I/usr/include/libreoffice",
			"-I/usr/local/include/libreoffice-uno", "-c", "-o", object, "../forkserver/document.cxx"},
		append([]string{"cc", "-o", host, "testdata/macros.c", object, "../forkserver/imports.c", "../forkserver/office.c",
			"-ldl", "-lstdc++"}, sandboxed...),
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	return host
}

func TestMacrosDoNothing(t *testing.T) {
	host := buildHost(t)
	most := []string{"written", "connected"} // LibreOffice 26.8 starts no programs for macros
	for _, layer := range []struct {
		name     string
		registry string // "" for ours
		how      string
		mode     sandbox.Mode
		runs     bool
		takes    []string
	}{
		{"all layers", "", "careful", sandbox.Require, false, nil},
		{"how documents are loaded alone", permissive, "careful", sandbox.Off, false, nil},
		{"LibreOffice's configuration alone", "", "willing", sandbox.Off, false, nil},
		{"the kernel alone", permissive, "willing", sandbox.Require, true, nil},
		{"no layer", permissive, "willing", sandbox.Off, true, most}, // or else this test would notice nothing
	} {
		t.Run(layer.name, func(t *testing.T) {
			if layer.registry != "" {
				defer office.WithRegistry(layer.registry)()
			}
			b := layBait(t)
			if ran := openWithMacros(t, host, b, layer.how, layer.mode); ran != layer.runs {
				t.Errorf("that the macros ran is %v, want %v", ran, layer.runs)
			}
			if len(layer.takes) > 0 {
				officetest.Until(t, "the macros have done it all", func() bool {
					taken := b.taken()
					return !slices.ContainsFunc(layer.takes, func(wanted string) bool { return !slices.Contains(taken, wanted) })
				})
			} else if taken := b.taken(); len(taken) > 0 {
				t.Errorf("macros got through: %v", taken)
			}
		})
	}
}

func TestDocumentsWithMacrosAreConverted(t *testing.T) {
	b := layBait(t)
	mark := filepath.Join(b.directory, "ran")
	pdf, _ := mustConvert(t, start(t, office.Config{}), b.withMacros(t, mark))
	if text := textOf(t, pdf); !strings.Contains(text, "a text with macros") {
		t.Errorf("the text is %q", text)
	}
	if _, err := os.Stat(mark); err == nil || len(b.taken()) > 0 {
		t.Errorf("its macros ran, and got at %v", b.taken())
	}
}
