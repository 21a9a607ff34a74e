package fonts

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// inImage is where the image has its twins.
const inImage = "/usr/local/share/docx2pdf/fonts"

// maker is what twins are made by. With the facts and the bases it names the folder that keeps them.
//
//go:embed catalogue.go hangul.go lines.go twin.go outline.go truetype.go
var maker embed.FS

// system is where Debian's packages put fonts.
const system = "/usr/share/fonts"

// TwinDir is the folder with the twins: the image's, or the one that this user's cache keeps. They are made when they
// are not there, which takes a second or two, once on a machine.
func TwinDir() (string, error) {
	if _, err := os.Stat(inImage); err == nil {
		return inImage, nil
	}
	found, err := findBases()
	if err != nil {
		return "", err
	}
	name := "fonts-" + found.key()
	cache, err := cacheDir()
	if err == nil {
		dir := filepath.Join(cache, name)
		if _, err = os.Stat(dir); err == nil {
			return dir, nil
		}
		if err = makeIn(dir, found); err == nil {
			return dir, nil
		}
	}
	// Nobody has no cache.
	dir, tempErr := tempDir()
	if tempErr != nil {
		return "", errors.Join(err, tempErr)
	}
	dir = filepath.Join(dir, name)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	return dir, makeIn(dir, found)
}

// Make makes the twins in a folder that is not there yet.
func Make(dir string) error {
	found, err := findBases()
	if err != nil {
		return err
	}
	if missing := found.missing(); len(missing) > 0 {
		return fmt.Errorf("there is no %s in %s: install Debian's %s", strings.Join(missing, ", "), system,
			strings.Join(basePackages, ", "))
	}
	return makeIn(dir, found)
}

// cacheDir is the project's folder in the user's cache, also where HOME is another folder, as for containers.
func cacheDir() (string, error) {
	if dir := os.Getenv("XDG_CACHE_HOME"); dir != "" {
		return filepath.Join(dir, "docx2pdf"), nil
	}
	if u, err := user.Current(); err == nil && u.HomeDir != "" {
		return filepath.Join(u.HomeDir, ".cache", "docx2pdf"), nil
	}
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "docx2pdf"), err
}

// tempDir is a folder for temporary files that is this user's alone.
func tempDir() (string, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("converter-fonts-%d", os.Getuid()))
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("making the folder of twins: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", fmt.Errorf("making the folder of twins: %w", err)
	}
	if owner := info.Sys().(*syscall.Stat_t).Uid; !info.IsDir() || owner != uint32(os.Getuid()) ||
		info.Mode().Perm() != 0o700 {
		return "", fmt.Errorf("%s is somebody else's: remove it, or name a folder of your own in XDG_CACHE_HOME", dir)
	}
	return dir, nil
}

// found are the font files of the system, by name.
type found map[string]foundFile

type foundFile struct {
	path string
	size int64
}

func findBases() (found, error) {
	all := found{}
	err := filepath.WalkDir(system, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if isBase(entry.Name()) {
			info, err := entry.Info()
			if err != nil {
				return err
			}
			all[entry.Name()] = foundFile{path, info.Size()}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for fonts: %w", err)
	}
	return all, nil
}

// baseFiles are the names of all bases.
var baseFiles = sync.OnceValue(func() []string {
	var names []string
	add := func(b bases) {
		for _, style := range b {
			if style.file != "" {
				names = append(names, style.file)
			}
		}
	}
	for _, f := range families {
		add(f.bases)
		add(f.hangul)
		for _, b := range rest[f.class] {
			add(b)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
})

func isBase(name string) bool {
	_, ok := slices.BinarySearch(baseFiles(), name)
	return ok
}

// key names what twins are made of: the facts, the bases, and how.
func (f found) key() string {
	h := sha256.New()
	fmt.Fprintln(h, widthsText, linesText)
	sources, _ := fs.Glob(maker, "*")
	for _, name := range sources {
		source, _ := fs.ReadFile(maker, name)
		fmt.Fprintf(h, "%s\n%s\n", name, source)
	}
	for _, name := range baseFiles() {
		fmt.Fprintln(h, name, f[name].size)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func (f found) missing() []string {
	return slices.DeleteFunc(slices.Clone(baseFiles()), func(name string) bool { return f[name].path != "" })
}

// makeIn makes the twins next to their folder and then gives them its name, so that it is there whole or not at all.
// A family whose base is not installed has no twin.
func makeIn(dir string, found found) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("making the folder of twins: %w", err)
	}
	part, err := os.MkdirTemp(filepath.Dir(dir), "part-")
	if err != nil {
		return fmt.Errorf("making the folder of twins: %w", err)
	}
	defer os.RemoveAll(part)
	work := make(chan Twin)
	var mu sync.Mutex
	var failures []error
	var working sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		working.Go(func() {
			opened := sources{found: found, open: map[base]*source{}}
			for t := range work {
				content, err := t.make(opened)
				if err == nil && content != nil {
					err = os.WriteFile(filepath.Join(part, t.file()), content, 0o644)
				}
				if err != nil {
					mu.Lock()
					failures = append(failures, fmt.Errorf("making %s: %w", t.file(), err))
					mu.Unlock()
				}
			}
		})
	}
	for _, t := range Twins() {
		work <- t
	}
	close(work)
	working.Wait()
	if err := errors.Join(append(failures, writeLicences(part), os.Chmod(part, 0o755))...); err != nil {
		return err
	}
	// Somebody else may have been faster; theirs are the same.
	if err := os.Rename(part, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making the folder of twins: %w", err)
	}
	return nil
}

// writeLicences puts the bases' licences next to the twins.
func writeLicences(dir string) error {
	var all strings.Builder
	for _, name := range basePackages {
		text, err := os.ReadFile(filepath.Join("/usr/share/doc", name, "copyright"))
		if err != nil {
			continue // a part of another package, on an older Debian
		}
		fmt.Fprintf(&all, "==== %s ====\n\n%s\n\n", name, text)
	}
	return os.WriteFile(filepath.Join(dir, "LICENCES"), []byte(all.String()), 0o644)
}

// Twin is one style of one family.
type Twin struct {
	family family
	Face   Face
}

// Twins are all that can be made. East Asian fonts have no italics: like Word, LibreOffice slants the upright ones.
func Twins() []Twin {
	var all []Twin
	for _, f := range families {
		for _, s := range styles {
			if f.east == "" || !s.italic() {
				all = append(all, Twin{f, Face{f.name, s}})
			}
		}
	}
	return all
}

func (t Twin) file() string {
	return strings.ReplaceAll(TwinName(t.Face.Family), " ", "") + "-" + t.Face.Style.String() + ".ttf"
}

// make draws and writes the twin; nil when its base is not installed.
func (t Twin) make(opened sources) ([]byte, error) {
	own, err := opened.get(t.family.bases[t.Face.Style])
	if err != nil || own == nil {
		return nil, err
	}
	var others []*source
	for _, r := range rest[t.family.class] {
		other, err := opened.get(r[t.Face.Style])
		if err != nil {
			return nil, err
		}
		if other != nil && other != own {
			others = append(others, other)
		}
	}
	hangul, err := opened.get(t.family.hangul[t.Face.Style])
	if err != nil {
		return nil, err
	}
	if hangul != nil {
		others = append(others, hangul)
	}
	ascent, descent := own.line()
	if above, below, ok := lineOf(t.family, t.Face.Style); ok {
		ascent, descent = units(above, below)
	}
	return twin{
		family: t.Face.Family, style: t.Face.Style, class: t.family.class,
		ascent: ascent, descent: descent,
		glyphs: drawTwin(t.family, t.Face.Style, own, others), source: own,
	}.bytes(), nil
}

// sources are bases that have been read, for one goroutine: faces are not for several.
type sources struct {
	found found
	open  map[base]*source
}

// get is nil for a base that is not installed.
func (s sources) get(b base) (*source, error) {
	if opened, ok := s.open[b]; ok || s.found[b.file].path == "" {
		return opened, nil
	}
	opened, err := openBase(s.found[b.file].path, b)
	s.open[b] = opened
	return opened, err
}
