package build_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"docx2pdf/infra/build"
)

// checkout copies the image's source, the tests beside it and the documentation, and the module files of other rooms.
func checkout(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	list := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "go.mod",
		"go.sum", "go.work", "go.work.sum", "local/go.mod", "local/go.sum", "service")
	list.Dir = "../.."
	names, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.Trim(string(names), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join("../..", name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		write(t, root, name, string(content))
	}
	return root
}

func write(t *testing.T, root, name, content string) {
	t.Helper()
	file := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, root string) *build.Source {
	t.Helper()
	source, err := build.ReadSource(root, "")
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// TestOnlyWhatGetsIntoTheImageCounts: whatever else lies in a checkout gives the same tag.
func TestOnlyWhatGetsIntoTheImageCounts(t *testing.T) {
	root := checkout(t)
	before := read(t, root)
	for name, content := range map[string]string{
		"service/main_extra_test.go":                  "package main\n",
		"service/config.go~":                          "an editor's copy",
		"service/config.go.orig":                      "a merge's copy",
		"service/.#config.go":                         "an editor's lock",
		"service/.config.go.swp":                      "an editor's memory",
		"service/NOTES.md":                            "notes",
		"service/scratch/main.go":                     "package main\n\nfunc main() {}\n",
		"service/docx/docxtest/more.go":               "package docxtest\n",
		"service/office/warmup/.DS_Store":             "a file manager's memory",
		"service/office/warmup/word/document.xml.bak": "a copy",
		"service/docx/testdata/letter.docx":           "a document",
		"infra/new.go":                                "package main\n",
		"service/bench/more.go":                       "package main\n",
	} {
		write(t, root, name, content)
	}
	after := read(t, root)
	for _, name := range after.Names() {
		if !slices.Contains(before.Names(), name) {
			t.Errorf("%s got into the image's source", name)
		}
	}
	if after.Hash != before.Hash {
		t.Error("the tag has changed")
	}
}

// TestDependenciesOfOtherRoomsDoNotCount: the converter is a module of its own. What only the program, the client or
// the local cloud needs may be added or get another version, and the image stays as it is.
func TestDependenciesOfOtherRoomsDoNotCount(t *testing.T) {
	root := checkout(t)
	before := read(t, root).Hash
	for name, content := range map[string]string{
		"go.mod":       "\nrequire example.com/pulumi/sdk v3.999.0\n",
		"go.sum":       "example.com/pulumi/sdk v3.999.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
		"local/go.mod": "\nrequire example.com/registry v1.0.0\n",
		"local/go.sum": "example.com/registry v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
		"go.work":      "\nuse ./another\n",
		"go.work.sum":  "example.com/pulumi/sdk v3.999.0/go.mod h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
	} {
		written, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, root, name, string(written)+content)
	}
	if read(t, root).Hash != before {
		t.Error("the tag has changed")
	}
	required, err := os.ReadFile(filepath.Join(root, "service/go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	newer := regexp.MustCompile(`(golang\.org/x/net v0\.)\d+`).ReplaceAllString(string(required), "${1}999")
	if newer == string(required) {
		t.Fatal("the converter does not require golang.org/x/net")
	}
	write(t, root, "service/go.mod", newer)
	if read(t, root).Hash == before {
		t.Error("another version of what the converter needs gives no other tag")
	}
}

// TestWhatIsInTheImageCounts: each kind of file that the image is made of gives another tag when it changes.
func TestWhatIsInTheImageCounts(t *testing.T) {
	root := checkout(t)
	hash := read(t, root).Hash
	for _, name := range []string{
		"service/go.mod", "service/go.sum", "service/Dockerfile", "service/packages.sh", "service/trim.sh",
		"service/forkserver/headers.sh",
		"service/config.go",
		"service/forkserver/child.c", "service/forkserver/document.cxx", "service/forkserver/message.h",
		"service/office/registry.xcu",
		"service/office/warmup/_rels/.rels", "service/fonts/twins/main.go", "service/fonts/facts/widths.txt",
	} {
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		write(t, root, name, string(content)+"\n\n")
		now := read(t, root).Hash
		if now == hash {
			t.Errorf("a change of %s gives no other tag", name)
		}
		hash = now
	}
}

// TestUsersFontsAreInTheImage: the fonts of one's own that lie in the folder for them give another tag.
func TestUsersFontsAreInTheImage(t *testing.T) {
	root := checkout(t)
	before := read(t, root)
	write(t, root, "service/fonts/own/Brand.ttf", "\x00\x01\x00\x00a font\r\n")
	after := read(t, root)
	if font, found := after.Files["service/fonts/own/Brand.ttf"]; !found || font.Text != "" || after.Hash == before.Hash {
		t.Errorf("the font is in the image's source: %v, changed: %v", found, font.Text != "")
	}
}

// TestCheckoutsOnWindowsGiveTheSameTag: there lines may end with CR LF. The build gets them as on Linux.
func TestCheckoutsOnWindowsGiveTheSameTag(t *testing.T) {
	root := checkout(t)
	linux := read(t, root)
	for name, file := range linux.Files {
		content, err := os.ReadFile(file.Path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(content, 0) < 0 {
			write(t, root, name, strings.ReplaceAll(string(content), "\n", "\r\n"))
		}
	}
	windows := read(t, root)
	if windows.Hash != linux.Hash {
		t.Error("the tag has changed")
	}
	if text := windows.Files["service/packages.sh"].Text; text == "" || strings.Contains(text, "\r") {
		t.Errorf("the build gets a script with the lines of Windows: %.40q", text)
	}
}

// TestSourceCompiles: nothing that the compiler needs is left out. Module files that would have to change are refused,
// as they are when the image is built.
func TestSourceCompiles(t *testing.T) {
	list := exec.Command("go", "-C", "service", "list", "-mod=readonly", "-deps", "-f",
		`{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .CgoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`+
			`{{range .CFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .CXXFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`+
			`{{range .HFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .EmbedFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`,
		".", "./fonts/twins")
	list.Dir = "../.."
	list.Env = append(os.Environ(), "GOWORK=off")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	source, needed := read(t, root), 0
	for line := range strings.Lines(string(out)) {
		name, inside := strings.CutPrefix(strings.TrimSpace(line), root+"/")
		if !inside {
			continue
		}
		needed++
		if _, found := source.Files[name]; !found {
			t.Errorf("the build lacks %s", name)
		}
	}
	if needed < 50 {
		t.Errorf("only %d files are needed", needed)
	}
}

// TestBasesArePinned: nobody can put others in their place, and the date that files get is the base's.
func TestBasesArePinned(t *testing.T) {
	content, err := os.ReadFile("../../service/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	from := regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(text, -1)
	for _, base := range from {
		if name, named := strings.CutPrefix(base[1], "${MIRROR}"); base[1] != "scratch" && (!named || !regexp.MustCompile(
			`(?m)^ARG `+strings.Trim(name, "${}")+`=[a-z]+:\S*trixie\S*@sha256:[0-9a-f]{64}$`).MatchString(text)) {
			t.Errorf("the base %s has no digest", base[1])
		}
	}
	date := regexp.MustCompile(`(?m)^ARG DEBIAN=debian:trixie-(\d{8})-`).FindStringSubmatch(text)
	epoch := regexp.MustCompile(`(?m)^ARG SOURCE_DATE_EPOCH=(\d+)$`).FindStringSubmatch(text)
	if len(from) < 4 || date == nil || epoch == nil {
		t.Fatalf("the Dockerfile has the bases %v, the date %v and the time %v", from, date, epoch)
	}
	seconds, err := strconv.ParseInt(epoch[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if day := time.Unix(seconds, 0).UTC().Format("20060102"); day != date[1] {
		t.Errorf("files get the date %s, and the base is of %s", day, date[1])
	}
}

// TestScriptsAreRunByTheirShell: in the zip that Cloud Build gets, no file may be run.
func TestScriptsAreRunByTheirShell(t *testing.T) {
	content, err := os.ReadFile("../../service/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	scripts := regexp.MustCompile(`(?m)(\S+) (\S+\.sh)( |$)`).FindAllStringSubmatch(string(content), -1)
	if len(scripts) < 3 {
		t.Fatalf("only %d scripts found", len(scripts))
	}
	for _, script := range scripts {
		if script[1] == "RUN" || script[1] == "&&" {
			t.Errorf("the Dockerfile runs %s by itself: it may not be run there", script[2])
		}
	}
}
