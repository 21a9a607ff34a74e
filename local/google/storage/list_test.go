package storage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestListingsAreInOrderPageByPage(t *testing.T) {
	b := start(t, nil)
	var all []string
	for i := range 250 {
		all = append(all, fmt.Sprintf("%02d/%d", i%7, i))
		b.put(all[i], "x").Want(200)
	}
	slices.Sort(all)
	if got := b.names("maxResults=33"); !slices.Equal(got, all) {
		t.Errorf("%d names of %d, or in another order", len(got), len(all))
	}
	var third []string
	for _, name := range all {
		if strings.HasPrefix(name, "03/") && name >= "03/2" && name < "03/9" {
			third = append(third, name)
		}
	}
	if got := b.names("maxResults=5&prefix=03/&startOffset=03/2&endOffset=03/9"); !slices.Equal(got, third) {
		t.Errorf("a part of a folder: %q, want %q", got, third)
	}
	if got := b.names("maxResults=2&delimiter=/"); !slices.Equal(got, []string{"00/", "01/", "02/", "03/", "04/", "05/",
		"06/"}) {
		t.Errorf("folders: %q", got)
	}
	b.put("é/1", "x").Want(200)
	b.put("é", "x").Want(200)
	if got := b.names("maxResults=1&delimiter=/&startOffset=05/9"); !slices.Equal(got, []string{"05/", "06/", "é",
		"é/"}) {
		t.Errorf("the last folders: %q", got)
	}
	b.Call("GET", objects+"?pageToken=%2A", nil).Want(400)
	for _, query := range []string{"pageToken=%2F%2F8%3D&delimiter=/", "delimiter=%FF&prefix=%FF", "delimiter=%A9",
		"prefix=%C3&delimiter=%A9", "startOffset=b&endOffset=a&delimiter=/"} {
		b.Call("GET", objects+"?"+query, nil).Want(200)
	}
}

// With versions a listing has all of a name's, the oldest first and the live one last, also page by page.
func TestListingsOfVersions(t *testing.T) {
	b := start(t, map[string]any{"versioning": map[string]any{"enabled": true}})
	var want []string
	for _, name := range []string{"a", "a!b", "a#1", "b"} {
		for range 3 {
			b.put(name, "x").Want(200)
		}
		want = append(want, name, name, name)
	}
	b.Call("DELETE", objects+"/b", nil).Want(204)
	for _, query := range []string{"versions=true", "versions=true&maxResults=2"} {
		if got := b.names(query); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if got := b.names("versions=true&prefix=a!"); !slices.Equal(got, want[3:6]) {
		t.Errorf("versions of one name: %q", got)
	}
	var one struct {
		Items []struct{ TimeDeleted string }
	}
	b.Call("GET", objects+"?versions=true&prefix=a%23", nil).Want(200).Into(&one)
	if len(one.Items) != 3 || one.Items[1].TimeDeleted == "" || one.Items[2].TimeDeleted != "" {
		t.Errorf("which of them are live: %+v", one)
	}
	if got := b.names(""); !slices.Equal(got, []string{"a", "a!b", "a#1"}) {
		t.Errorf("live ones: %q", got)
	}
}
