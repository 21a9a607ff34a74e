package options

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The names that other packages need.
const (
	Bookmarks  = "bookmarks"
	Changes    = "changes"
	Comments   = "comments"
	Fields     = "fields"
	Forms      = "forms"
	Lossless   = "lossless"
	Pages      = "pages"
	Password   = "password"
	PDFA       = "pdfa"
	PDFUA      = "pdfua"
	Quality    = "quality"
	Resolution = "resolution"
	Strict     = "strict"
	Tagged     = "tagged"
)

// option is one thing that a caller may ask for.
type option struct {
	name string
	read func(value string) (canonical string, err error) // the error says which values there are
}

// all options by name. README.md says what each does.
var all = []option{
	{Bookmarks, oneOf("true", "false")},
	{Changes, oneOf("shown", "accepted", "rejected")},
	{Comments, oneOf("none", "margin", "annotations")},
	{Fields, oneOf("updated", "saved")},
	{Forms, oneOf("true", "false")},
	{Lossless, oneOf("true", "false")},
	{Pages, pageRanges},
	{Password, password},
	{PDFA, func(value string) (string, error) { return oneOf("1b", "2b", "3b")(strings.ToLower(value)) }},
	{PDFUA, oneOf("true", "false")},
	{Quality, quality},
	{Resolution, oneOf("75", "150", "300", "600", "1200")},
	{Strict, oneOf("true", "false")},
	{Tagged, oneOf("true", "false")},
}

// checkTogether refuses what cannot be had together.
func (o Options) checkTogether() error {
	switch {
	case o.Get(PDFA) != "" && o.Get(Password) != "":
		return errors.New("options pdfa and password: PDF/A must not be encrypted (ISO 19005-2, 6.1.3); " +
			"leave one out, or say pdfa=default where the pdfa is not the call's own")
	case o.Is(PDFUA, true) && o.Is(Tagged, false):
		return errors.New("options pdfua=true and tagged=false: PDF/UA is tagged (ISO 14289-1, 7.1); leave one out")
	case o.Get(Quality) != "" && o.Is(Lossless, true):
		return errors.New("options quality and lossless=true: a JPEG quality makes losses; leave one out")
	}
	return nil
}

func oneOf(values ...string) func(string) (string, error) {
	return func(value string) (string, error) {
		if slices.Contains(values, value) {
			return value, nil
		}
		return "", fmt.Errorf("it must be one of %s", strings.Join(values, ", "))
	}
}

// password takes what a PDF 2.0 can be locked with (ISO 32000-2, 7.6.4.3.3: 127 bytes of UTF-8) and a person can type.
func password(value string) (string, error) {
	if value == "" || len(value) > 127 || !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
		return "", errors.New("it must be text of 1 to 127 bytes in UTF-8, without control characters")
	}
	return value, nil
}

func quality(value string) (string, error) {
	percent, err := strconv.Atoi(value)
	if err != nil || percent < 1 || percent > 100 {
		return "", errors.New("it must be a JPEG quality from 1 to 100")
	}
	return strconv.Itoa(percent), nil
}

var pageRange = regexp.MustCompile(`^(\d{0,6})(-?)(\d{0,6})$`)

// pageRanges takes a list whose parts are N, N-, -N or N-M with N ≤ M.
func pageRanges(value string) (string, error) {
	wrong := errors.New(`it must be page numbers and ranges such as "1-3,5,8-"`)
	for part := range strings.SplitSeq(value, ",") {
		m := pageRange.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil || m[1] == "" && m[3] == "" {
			return "", wrong
		}
		first, _ := strconv.Atoi(m[1])
		last, _ := strconv.Atoi(m[3])
		if m[1] != "" && first == 0 || m[3] != "" && (last == 0 || last < first) {
			return "", wrong
		}
	}
	if len(value) > 1000 {
		return "", wrong
	}
	return value, nil
}
