package provider

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// within builds an id by a form such as projects/{project}/topics/{name}, where
// each name in braces is an input.
func within(form string) func(*call) (string, error) {
	return func(c *call) (string, error) {
		project, err := c.project()
		if err != nil {
			return "", err
		}
		id := strings.Replace(form, "{project}", project, 1)
		if strings.Contains(id, "{location}") {
			location, err := c.location()
			if err != nil {
				return "", err
			}
			id = strings.Replace(id, "{location}", location, 1)
		}
		for _, name := range placeholder.FindAllString(id, -1) {
			id = strings.Replace(id, name, c.text(strings.Trim(name, "{}")), 1)
		}
		return id, nil
	}
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// parseID takes an id apart by a form such as {project}/{location}/{name}.
func parseID(id, form string) (parts map[string]any, ok bool) {
	names, values := strings.Split(form, "/"), strings.Split(id, "/")
	if len(names) != len(values) {
		return nil, false
	}
	parts = map[string]any{}
	for i, name := range names {
		switch {
		case placeholder.MatchString(name) && values[i] != "":
			parts[strings.Trim(name, "{}")] = values[i]
		case name != values[i]:
			return nil, false
		}
	}
	return parts, true
}

// lastPart is the short form of a resource name.
func lastPart(name string) string { return name[strings.LastIndex(name, "/")+1:] }

// parseImport turns the id that a person gave into inputs and the full id.
func (c *call) parseImport() error {
	if c.kind.id == nil {
		return nil
	}
	for _, form := range c.kind.imports {
		if parts, ok := parseID(c.id, form); ok {
			maps.Copy(c.inputs, parts)
			id, err := c.kind.id(c)
			c.id = id
			return err
		}
	}
	return fmt.Errorf("the id is not of any of the forms %q", c.kind.imports)
}
