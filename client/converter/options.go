package converter

import (
	"maps"
	"slices"
	"strings"
)

// Options are what the service is asked for, by its own names. It knows their values, and a wrong one is answered with
// the right ones.
type Options map[string]string

// Password is the option that must not be shown.
const Password = "password"

// Names are the options' names in order.
func (o Options) Names() []string { return slices.Sorted(maps.Keys(o)) }

// String names the options in a fixed order, without the password.
func (o Options) String() string {
	var named []string
	for _, name := range o.Names() {
		value := o[name]
		if name == Password {
			value = "set"
		}
		named = append(named, name+"="+value)
	}
	return strings.Join(named, " ")
}
