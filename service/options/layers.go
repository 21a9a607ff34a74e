package options

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// MetadataPrefix begins the names of an object's custom metadata that are options: docx2pdf-pdfa: 2b.
const MetadataPrefix = "docx2pdf-"

// ReadDefaults reads what holds for all documents, in the form of a query: pdfa=2b&tagged=true. "" is nothing.
// There is no default password: it would stand in the configuration, where others read it.
func ReadDefaults(text string) (Layer, error) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, fmt.Errorf("%q cannot be read: it must have the form pdfa=2b&tagged=true", text)
	}
	settings := map[string]string{}
	for name := range values {
		settings[name] = values.Get(name)
		switch {
		case name == Password:
			return nil, errors.New("a password cannot be a default: name it in each call")
		case !Known(name):
			return nil, Unknown(name)
		}
	}
	if _, err := Parse(Map(settings)); err != nil {
		return nil, err
	}
	return Map(settings), nil
}

// ReadMetadata reads the options in an object's custom metadata. The names in others mean something else and are no
// options. A password is refused: whoever may list a bucket reads its metadata.
func ReadMetadata(metadata map[string]string, others ...string) (Layer, error) {
	settings := map[string]string{}
	for key, value := range metadata {
		name, ok := strings.CutPrefix(strings.ToLower(key), MetadataPrefix)
		if !ok || slices.Contains(others, name) {
			continue
		}
		switch {
		case name == Password:
			return nil, fmt.Errorf("the object's metadata has %s: a password must not stand there; "+
				"name it in a call, and remove it", key)
		case !Known(name):
			return nil, fmt.Errorf("the object's metadata has %s: %w", key, Unknown(name))
		}
		settings[name] = value
	}
	return Map(settings), nil
}
