package inventory

import (
	"net/url"
	"path"
	"strings"

	"docx2pdf/service/docx/markup"
)

// Relation leads from a part to another, or out of the package.
type Relation struct {
	ID, Type string // the type's last word: image, hyperlink …
	Target   string // a part's name, or an address
	External bool
	Written  string // the target as it is written
}

// mostRelations is how many relations are kept of all parts, and mostTag the bytes of the tag of one.
const (
	mostRelations = 100_000
	mostTag       = 8192
)

// relations reads a part of relations, and gives them to the part that they are of.
func (i *Inventory) relations(part *Part, key string) tokens {
	part.Relations = map[string]Relation{}
	folder := path.Dir(path.Dir(key))
	return func(t *markup.Token) {
		if !t.Opens(markup.REL, "Relationship") {
			return
		}
		r := Relation{ID: t.Get("Id"), Written: t.Get("Target"), External: strings.EqualFold(t.Get("TargetMode"), "External")}
		if r.External && IsScript(r.Written) {
			part.Needs |= Scripts
		}
		if i.relationsKept >= mostRelations || len(t.Bytes) > mostTag {
			return
		}
		i.relationsKept++
		kind := t.Get("Type")
		r.Type = kind[strings.LastIndexByte(kind, '/')+1:]
		r.Target = r.Written
		if !r.External {
			r.Target = Resolve(folder, r.Written)
		}
		part.Relations[r.ID] = r
	}
}

// Resolve is the name of the part that a target in a folder's part stands for.
func Resolve(folder, target string) string {
	target, _, _ = strings.Cut(target, "#")
	target = strings.ReplaceAll(target, `\`, "/")
	if !strings.HasPrefix(target, "/") {
		target = "/" + folder + "/" + target
	}
	return strings.TrimPrefix(path.Clean(target), "/")
}

// Plain is what two names of parts have in common that are equal: lower case, and the characters that percent signs
// stand
// for.
func Plain(name string) string {
	if strings.IndexByte(name, '%') >= 0 {
		if plain, err := url.PathUnescape(name); err == nil {
			name = plain
		}
	}
	return strings.ToLower(name)
}

// RelationsOf are a part's relations, by their ids.
func (i *Inventory) RelationsOf(part *Part) map[string]Relation {
	folder, name := path.Split(strings.ToLower(part.Name))
	if of := i.Parts[folder+"_rels/"+name+".rels"]; of != nil {
		return of.Relations
	}
	return nil
}

// Types are the content types of a package.
type Types struct {
	Defaults  map[string]string // by extension in lower case
	Overrides map[string]string // by the part's name in lower case
}

func (c *Types) see(t *markup.Token) {
	if c.Defaults == nil {
		c.Defaults, c.Overrides = map[string]string{}, map[string]string{}
	}
	if len(c.Defaults)+len(c.Overrides) >= mostRelations || len(t.Bytes) > mostTag {
		return
	}
	switch {
	case t.Opens(markup.CT, "Default"):
		c.Defaults[strings.ToLower(t.Get("Extension"))] = t.Get("ContentType")
	case t.Opens(markup.CT, "Override"):
		c.Overrides[strings.ToLower(strings.TrimPrefix(t.Get("PartName"), "/"))] = t.Get("ContentType")
	}
}

// Of is the content type of a part.
func (c *Types) Of(name string) string {
	name = strings.ToLower(name)
	if override, found := c.Overrides[name]; found {
		return override
	}
	return c.Defaults[strings.TrimPrefix(path.Ext(name), ".")]
}
