package office

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"docx2pdf/service/conversion"
	"docx2pdf/service/fonts"
)

// readFonts reads a child's lines about fonts: what stands for those that are not there, and which of the user's are
// used.
func readFonts(report string, set fonts.Set) (substitutions []conversion.Substitution, own []string) {
	var wanted []string
	seen := map[string]bool{}
	faces := map[string][]string{} // what is used for a font, as family/style
	for line := range strings.Lines(report) {
		mapping, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "font ")
		if !ok {
			continue
		}
		font, used, _ := strings.Cut(mapping, "\t")
		if !seen[font] {
			seen[font] = true
			wanted = append(wanted, font)
		}
		for face := range strings.SplitSeq(used, "\t") {
			family, _, _ := strings.Cut(face, "/")
			if set.HasOwn(family) && !slices.Contains(own, family) {
				own = append(own, family)
			}
			if family == "" || strings.EqualFold(family, font) || slices.Contains(faces[font], face) {
				continue
			}
			faces[font] = append(faces[font], face)
		}
	}
	for _, font := range wanted {
		if len(faces[font]) == 0 {
			continue
		}
		s := conversion.Substitution{Font: font, Kind: fonts.KindOf(font, faces[font])}
		for _, face := range faces[font] {
			if family, _, _ := strings.Cut(face, "/"); !slices.Contains(s.Used, family) {
				s.Used = append(s.Used, family)
			}
		}
		substitutions = append(substitutions, s)
	}
	return substitutions, own
}

// writeFontRules tells the child what stands for the document's fonts that nobody knows.
func (j job) writeFontRules() error {
	rules := fonts.Rules(j.document.Fonts)
	if rules == nil {
		return nil
	}
	if err := os.WriteFile(filepath.Join(j.document.Directory(), "fonts.conf"), rules, 0o600); err != nil {
		return fmt.Errorf("writing the document's fonts: %w", err)
	}
	return nil
}
