package office

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Options say what PDF to make. The zero value is LibreOffice's default PDF 1.7, with pictures as they are.
type Options struct {
	settings map[string]string // as they came, by option name
	filter   map[string]filterValue
}

// filterValue is a value of LibreOffice's PDF export filter.
// https://wiki.documentfoundation.org/Macros/Python_Guide/PDF_export_filter_data
type filterValue struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

func boolean(on bool) filterValue { return filterValue{"boolean", strconv.FormatBool(on)} }
func number(n int) filterValue    { return filterValue{"long", strconv.Itoa(n)} }
func text(s string) filterValue   { return filterValue{"string", s} }
func yesNo(value string) (bool, error) {
	return oneOf(value, map[string]bool{"true": true, "false": false})
}

// option is one thing that a caller may ask for.
type option struct {
	name string
	set  func(filter map[string]filterValue, value string) error
}

// flag is an option that is true or false.
func flag(name, key string) option {
	return option{name, func(filter map[string]filterValue, value string) error {
		on, err := yesNo(value)
		filter[key] = boolean(on)
		return err
	}}
}

var options = []option{
	flag("bookmarks", "ExportBookmarks"),
	{"comments", func(filter map[string]filterValue, value string) error {
		keys, err := oneOf(value, map[string][2]bool{"none": {}, "margin": {true, false}, "annotations": {false, true}})
		filter["ExportNotesInMargin"], filter["ExportNotes"] = boolean(keys[0]), boolean(keys[1])
		return err
	}},
	flag("lossless", "UseLosslessCompression"),
	{"pages", func(filter map[string]filterValue, value string) error {
		if !validPageRange(value) {
			return errors.New(`it must be page numbers and ranges such as "1-3,5,8-"`)
		}
		filter["PageRange"] = text(value)
		return nil
	}},
	{"password", func(filter map[string]filterValue, value string) error {
		if value == "" || len(value) > 127 || !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
			return errors.New("it must be text of 1 to 127 bytes in UTF-8, without control characters")
		}
		filter["EncryptFile"], filter["DocumentOpenPassword"] = boolean(true), text(value)
		return nil
	}},
	{"pdfa", func(filter map[string]filterValue, value string) error {
		version, err := oneOf(strings.ToLower(value), map[string]int{"1b": 1, "2b": 2, "3b": 3})
		filter["SelectPdfVersion"] = number(version)
		return err
	}},
	flag("pdfua", "PDFUACompliance"),
	{"quality", func(filter map[string]filterValue, value string) error {
		percent, err := strconv.Atoi(value)
		if err != nil || percent < 1 || percent > 100 {
			return errors.New("it must be a JPEG quality from 1 to 100")
		}
		filter["Quality"], filter["UseLosslessCompression"] = number(percent), boolean(false)
		return nil
	}},
	{"resolution", func(filter map[string]filterValue, value string) error {
		dpi, err := oneOf(value, map[string]int{"75": 75, "150": 150, "300": 300, "600": 600, "1200": 1200})
		filter["ReduceImageResolution"], filter["MaxImageResolution"] = boolean(true), number(dpi)
		return err
	}},
	flag("tagged", "UseTaggedPDF"),
}

// OptionNames are the names that ParseOptions knows.
func OptionNames() []string {
	names := make([]string, len(options))
	for i, o := range options {
		names[i] = o.name
	}
	return names
}

// ParseOptions reads options by name; get returns "" for those that are not asked for. The error says which values
// there are.
func ParseOptions(get func(name string) string) (Options, error) {
	o := Options{map[string]string{}, map[string]filterValue{}}
	for _, known := range options {
		value := get(known.name)
		if value == "" {
			continue
		}
		if err := known.set(o.filter, value); err != nil {
			if known.name == "password" {
				value = "…"
			} else if len(value) > 100 {
				value = strings.ToValidUTF8(value[:100], "") + "…"
			}
			return Options{}, fmt.Errorf("option %s=%s: %w", known.name, value, err)
		}
		o.settings[known.name] = value
	}
	if o.settings["pdfua"] == "true" {
		o.filter["UseTaggedPDF"] = boolean(true)
	}
	return o, o.check()
}

// check refuses what cannot be had together.
func (o Options) check() error {
	_, archive := o.settings["pdfa"]
	_, secret := o.settings["password"]
	switch {
	case archive && secret:
		return errors.New("options pdfa and password: PDF/A must not be encrypted (ISO 19005-2, 6.1.3); leave one out")
	case o.settings["pdfua"] == "true" && o.settings["tagged"] == "false":
		return errors.New("options pdfua=true and tagged=false: PDF/UA is tagged (ISO 14289-1, 7.1); leave one out")
	case o.settings["quality"] != "" && o.settings["lossless"] == "true":
		return errors.New("options quality and lossless=true: a JPEG quality makes losses; leave one out")
	}
	return nil
}

// String names the options in a fixed order, without the password.
func (o Options) String() string {
	var named []string
	for name, value := range o.settings {
		if name == "password" {
			value = "set"
		}
		named = append(named, name+"="+value)
	}
	sort.Strings(named)
	return strings.Join(named, " ")
}

// defaults are what differs from LibreOffice's own: it would scale pictures down to 300 dots per inch, and therefore
// unpack and compress every JPEG once more.
var defaults = map[string]filterValue{"ReduceImageResolution": boolean(false)}

// json is the options in the form that LibreOfficeKit passes to the PDF export filter.
func (o Options) json() string {
	filter := maps.Clone(defaults)
	maps.Copy(filter, o.filter)
	encoded, err := json.Marshal(filter)
	if err != nil {
		panic(err) // strings only
	}
	return string(encoded)
}

func oneOf[V any](value string, values map[string]V) (V, error) {
	if v, ok := values[value]; ok {
		return v, nil
	}
	var names []string
	for name := range values {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return 2*(len(a)-len(b)) + strings.Compare(a, b)
	})
	var none V
	return none, fmt.Errorf("it must be one of %s", strings.Join(names, ", "))
}

var pageRange = regexp.MustCompile(`^(\d{0,6})(-?)(\d{0,6})$`)

// validPageRange tells whether each part is N, N-, -N or N-M with N ≤ M.
func validPageRange(value string) bool {
	for part := range strings.SplitSeq(value, ",") {
		m := pageRange.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil || m[1] == "" && m[3] == "" {
			return false
		}
		first, _ := strconv.Atoi(m[1])
		last, _ := strconv.Atoi(m[3])
		if m[1] != "" && first == 0 || m[3] != "" && (last == 0 || last < first) {
			return false
		}
	}
	return len(value) <= 1000
}
