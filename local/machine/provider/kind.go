package provider

import (
	"context"
	"maps"
)

// kind is what the provider knows about a resource type besides its schema.
type kind struct {
	// autoname is the longest name that may be made up for the resource; 0 means
	// that the program has to give one.
	autoname int
	// defaults are inputs that the official provider fills in, by path: a dot
	// goes into an object, [] into every item of a list.
	defaults map[string]any
	// rules are checks of inputs, by path as in defaults, that the official provider
	// makes before it calls Google.
	rules map[string]rule
	// required are inputs that the resource needs although the schema calls them optional.
	required []string
	// computed are inputs, by path as in defaults, that Google fills in when the
	// program leaves them out. When the program stops setting one, it stays as it
	// is and nobody is told: that is how the official provider does it.
	computed []string
	// unordered are lists of inputs, by path as in defaults, whose order means nothing.
	unordered []string
	// resourceNames are inputs that may be given as a short or a full resource name.
	resourceNames []string
	// wire maps TYPE.property of the schema to the field of Google's API where
	// they are not the same.
	wire map[string]string

	// id returns the resource's id from its inputs, where Google does not choose it.
	id func(*call) (string, error)
	// imports are the forms of id that import takes, besides the id itself.
	imports []string

	// create returns the new resource's id. A nil state is read back from Google.
	create func(context.Context, *call) (id string, state map[string]any, err error)
	// read returns what Google says, or nil when the resource is gone.
	read func(context.Context, *call) (map[string]any, error)
	// update changes the resource; a nil update means that every change replaces.
	update func(context.Context, *call) error
	// remove deletes the resource. An error of status 404 counts as done.
	remove func(context.Context, *call) error
}

// kinds are all resource types, by their tokens.
var kinds = map[string]*kind{}

// register adds the types of one API.
func register(types map[string]*kind) { maps.Copy(kinds, types) }
