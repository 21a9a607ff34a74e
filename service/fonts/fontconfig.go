package fonts

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// openDirs are the folders of Debian's packages whose fonts are used as they are. Nothing else that is installed is.
// Carlito
// and Caladea are not among them: LibreOffice would take them for Calibri and Cambria before it asks fontconfig, and
// the
// one has ligatures that Word does not apply, the other is not as wide.
var openDirs = []string{
	"/usr/share/fonts/truetype/liberation",
	"/usr/share/fonts/truetype/noto",
	"/usr/share/fonts/opentype/noto",
	"/usr/share/fonts/truetype/dejavu",
	"/usr/share/fonts/truetype/libreoffice",
}

// rejected are files in them that are not used: faces that not every machine's packages have, and Noto's fonts for the
// display of interfaces.
var rejected = []string{"*/DejaVuMath*", "*/DejaVuSansMono*", "*/DejaVu*Condensed*", "*/DejaVu*Oblique*",
	"*/DejaVu*Italic*", "*/DejaVuSans-ExtraLight*", "*/LiberationSansNarrow*", "*/Noto*UI-*", "*/NotoSansDisplay-*",
	"*/NotoSerifDisplay-*"}

// systemCache is where fontconfig keeps what it has read of the system's fonts.
const systemCache = "/var/cache/fontconfig"

// Dirs are the folders whose fonts are used, for a sandbox to let them be read.
func (s Set) Dirs() []string {
	var dirs []string
	for _, dir := range append([]string{s.Own, s.Twins}, openDirs...) {
		if dir != "" {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// Config is fontconfig's configuration: which folders there are, and what stands for a font that is not in them.
// https://www.freedesktop.org/software/fontconfig/fontconfig-user.html
func (s Set) Config() []byte {
	c := newConfig()
	for _, dir := range s.Dirs() {
		c.element("dir", dir)
	}
	for _, dir := range []string{systemCache, s.Cache} {
		if dir != "" {
			c.element("cachedir", dir)
		}
	}
	c.line("<selectfont><rejectfont>")
	for _, glob := range append(slices.Clone(rejected), s.rejected...) {
		c.element("glob", glob)
	}
	c.line("</rejectfont></selectfont>")
	for _, f := range families {
		for _, name := range append([]string{f.name}, f.aliases...) {
			c.alias(name, f.standIns()...)
		}
	}
	for _, name := range sortedKeys(aliases) {
		c.alias(name, aliases[name]...)
	}
	for _, l := range languages {
		c.language(l.tag, l.fonts...)
	}
	c.signs()
	c.line(`<match target="pattern">`)
	for _, name := range lastResort {
		c.line(`<edit name="family" mode="append_last" binding="strong">`)
		c.element("string", name)
		c.line("</edit>")
	}
	c.line("</match>")
	return c.bytes()
}

// standIns are what stands for a family: its twin, and the font with the ideographs of an East Asian one.
func (f family) standIns() []string {
	names := []string{TwinName(f.name)}
	if f.east != "" {
		return append(names, f.east)
	}
	return append(names, byClass[f.class]...)
}

// config is a fontconfig file that is being written.
type config struct{ bytes.Buffer }

func newConfig() *config {
	c := &config{}
	c.line(`<?xml version="1.0"?>`)
	c.line(`<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">`)
	c.line("<fontconfig>")
	return c
}

func (c *config) line(text string) { c.WriteString(text + "\n") }

func (c *config) element(name, text string) {
	c.WriteString("<" + name + ">")
	xml.EscapeText(c, []byte(text))
	c.line("</" + name + ">")
}

// alias has fonts stand for a family, in this order, unless it is there itself.
func (c *config) alias(family string, standIns ...string) {
	c.line(`<alias binding="same">`)
	c.element("family", family)
	c.line("<accept>")
	for _, name := range standIns {
		c.element("family", name)
	}
	c.line("</accept></alias>")
}

// language has fonts follow all that a text asks for, for texts in a language.
func (c *config) language(tag string, fonts ...string) {
	c.line(`<match target="pattern">`)
	c.line(fmt.Sprintf(`<test name="lang" compare="contains"><string>%s</string></test>`, tag))
	for _, name := range fonts {
		c.line(`<edit name="family" mode="append" binding="strong">`)
		c.element("string", name)
		c.line("</edit>")
	}
	c.line("</match>")
}

// signs has those signs that are emoji by Unicode, but that Word prints in black, such as check marks, come from a font
// that has no faces. Without it LibreOffice asks for a font of emoji, und-zsye by its language, and gets tiles.
func (c *config) signs() {
	c.line(`<match target="pattern"><test name="lang" compare="contains"><string>und-zsye</string></test>`)
	c.line(`<edit name="family" mode="append" binding="strong"><string>Noto Sans Symbols2</string></edit></match>`)
}

func (c *config) bytes() []byte {
	c.line("</fontconfig>")
	return c.Bytes()
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return keys
}
