// Package options is what a caller may ask of a PDF: the names, their values, and which asker prevails. It knows
// nothing of how a PDF is made.
package options

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Options say what PDF to make. The zero value asks for nothing: the engine's defaults. They are values: nothing
// changes them once they are read.
type Options struct{ settings map[string]string }

// Layer is one asker's settings. An empty value asks for nothing, but for a password: it is no password at all.
type Layer func(name string) (value string, named bool)

// Map is a layer of settings by name.
func Map(settings map[string]string) Layer {
	return func(name string) (string, bool) { value, named := settings[name]; return value, named }
}

// Default is a value of every option: what the converter does without it, whatever a layer below asks for.
const Default = "default"

// Parse reads options. Of several layers an earlier one prevails: a call before its document's metadata before what
// holds for all. The error says which values there are.
func Parse(layers ...Layer) (Options, error) {
	o := Options{map[string]string{}}
	for _, known := range all {
		value, named := asked(known.name, layers)
		if !named {
			continue
		}
		canonical, err := known.read(value)
		if err != nil {
			return Options{}, fmt.Errorf("option %s=%s: %w", known.name, shown(known.name, value), err)
		}
		o.settings[known.name] = canonical
	}
	return o, o.checkTogether()
}

// asked is what the first layer says that says anything. A password may be any text, so no text turns one off.
func asked(name string, layers []Layer) (value string, named bool) {
	for _, layer := range layers {
		value, named := layer(name)
		switch {
		case !named, value == "" && name != Password:
		case value == Default && name != Password:
			return "", false
		default:
			return value, true
		}
	}
	return "", false
}

// shown is a value as it may stand in an error message.
func shown(name, value string) string {
	if name == Password {
		return "…"
	}
	if len(value) > 100 {
		return strings.ToValidUTF8(value[:100], "") + "…"
	}
	return value
}

// Get is an option's value in the form that its table entry gives it, "" when it is not asked for.
func (o Options) Get(name string) string { return o.settings[name] }

// Is tells whether an option that is true or false is asked for with this value.
func (o Options) Is(name string, on bool) bool { return o.settings[name] == fmt.Sprint(on) }

// Names are the names of all options, in their order.
func Names() []string {
	names := make([]string, len(all))
	for i, o := range all {
		names[i] = o.name
	}
	return names
}

// Known tells whether there is an option of this name.
func Known(name string) bool { return slices.Contains(Names(), name) }

// Unknown is the error of an option that is not there.
func Unknown(name string) error {
	return fmt.Errorf("there is no option %q; there are %s", name, strings.Join(Names(), ", "))
}

// String names the options in a fixed order, separated by spaces, and "set" in place of a password.
func (o Options) String() string {
	var named []string
	for _, name := range slices.Sorted(maps.Keys(o.settings)) {
		value := o.settings[name]
		if name == Password {
			value = "set"
		}
		named = append(named, name+"="+value)
	}
	return strings.Join(named, " ")
}
