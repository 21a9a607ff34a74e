package gotenberg

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"docx2pdf/service/options"
)

// form is a form that is being read.
type form struct {
	fields    url.Values
	documents int
	settings  map[string]string // of the converter's options
}

// defaults are Gotenberg's where the converter's are others.
var defaults = options.Map(map[string]string{options.Forms: "true"})

// Options are what the fields of a form with so many documents ask for. Below them is what the converter does to all
// documents, and below that what Gotenberg does. The error names every field that cannot be had, and how.
func Options(fields url.Values, documents int, converter options.Layer) (options.Options, error) {
	f := form{fields, documents, map[string]string{}}
	var problems []error
	if documents == 0 {
		problems = append(problems, errors.New("no form file found: the form has to have a Word document"))
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if err := f.read(name); err != nil {
			problems = append(problems, err)
		}
	}
	if len(problems) > 0 {
		return options.Options{}, invalid(problems)
	}
	if _, named := f.settings[options.Comments]; !named && (f.has("exportNotes") || f.has("exportNotesInMargin")) {
		f.settings[options.Comments] = "none"
	}
	o, err := options.Parse(options.Map(f.settings), converter, defaults)
	if err != nil {
		names := strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
		return o, invalid([]error{fmt.Errorf("form fields %s: %w", names, err)})
	}
	return o, nil
}

// read hears one field. An empty one asks for nothing, as with Gotenberg.
func (f *form) read(name string) error {
	if len(f.fields[name]) > 1 {
		return fmt.Errorf("form field '%s' is there %d times", name, len(f.fields[name]))
	}
	field, found := known[name]
	value := f.first(name)
	switch {
	case !found:
		return fmt.Errorf("form field '%s' is not one that this converter has", name)
	case value == "":
		return nil
	}
	if err := field(f, value); err != nil {
		return fmt.Errorf("form field '%s' is invalid (got '%s'): %w", name, shown(name, value), err)
	}
	return nil
}

func (f *form) first(name string) string { return f.fields.Get(name) }

func (f *form) has(name string) bool { return f.first(name) != "" }

// set checks an option's value by itself, and that no other field wants another.
func (f *form) set(option, value string) error {
	if _, err := options.Parse(options.Map(map[string]string{option: value})); err != nil {
		return err
	}
	if earlier, found := f.settings[option]; found && earlier != value {
		return fmt.Errorf("another field asks for %s=%s already", option, earlier)
	}
	f.settings[option] = value
	return nil
}

// shown is a value as it may stand in an error message.
func shown(name, value string) string {
	if strings.Contains(strings.ToLower(name), "password") {
		return "…"
	}
	return strings.ToValidUTF8(value[:min(len(value), 100)], "")
}
