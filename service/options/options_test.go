package options_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"docx2pdf/service/options"
)

func parse(settings ...map[string]string) (options.Options, error) {
	var layers []options.Layer
	for _, s := range settings {
		layers = append(layers, options.Map(s))
	}
	return options.Parse(layers...)
}

func TestWrongValuesNameTheRightOnes(t *testing.T) {
	for setting, says := range map[string]string{
		"pdfa=4":              "1b, 2b, 3b",
		"pdfua=yes":           "true, false",
		"comments=everywhere": "none, margin, annotations",
		"resolution=72":       "75, 150, 300, 600, 1200",
		"quality=0":           "1 to 100",
		"quality=high":        "1 to 100",
		"pages=3-1":           "1-3,5,8-",
		"pages=0":             "1-3,5,8-",
		"pages=one":           "1-3,5,8-",
		"pages=1,,2":          "1-3,5,8-",
		"tagged=2":            "true, false",
		"password=":           "1 to 127 bytes",
		"password=a\x00":      "1 to 127 bytes",
		"password=\xff":       "1 to 127 bytes",
	} {
		name, value, _ := strings.Cut(setting, "=")
		_, err := parse(map[string]string{name: value})
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v, want an error naming the option and %q", setting, err, says)
		}
	}
	if _, err := parse(map[string]string{"password": strings.Repeat("p", 128)}); err == nil {
		t.Error("a password of 128 bytes is accepted")
	}
}

func TestOptionsThatExcludeEachOther(t *testing.T) {
	for _, settings := range []map[string]string{
		{"pdfa": "2b", "password": "x"},
		{"pdfua": "true", "tagged": "false"},
		{"quality": "50", "lossless": "true"},
	} {
		if _, err := parse(settings); err == nil {
			t.Errorf("%v is accepted", settings)
		}
	}
}

func TestAnEarlierLayerPrevails(t *testing.T) {
	for _, test := range []struct {
		call, metadata, stack map[string]string
		want                  string
	}{
		{nil, nil, map[string]string{"pdfa": "2b"}, "pdfa=2b"},
		{nil, map[string]string{"pdfa": "3b"}, map[string]string{"pdfa": "2b"}, "pdfa=3b"},
		{map[string]string{"pdfa": "1b"}, map[string]string{"pdfa": "3b"}, map[string]string{"pdfa": "2b"}, "pdfa=1b"},
		{map[string]string{"pdfa": ""}, nil, map[string]string{"pdfa": "2b"}, "pdfa=2b"},
		{map[string]string{"tagged": "true"}, map[string]string{"quality": "50"}, map[string]string{"pdfa": "2b"},
			"pdfa=2b quality=50 tagged=true"},
		{map[string]string{"pdfa": "default", "password": "x"}, nil, map[string]string{"pdfa": "2b"}, "password=set"},
		{nil, map[string]string{"pdfa": "default"}, map[string]string{"pdfa": "2b"}, ""},
		{map[string]string{"password": "default"}, nil, nil, "password=set"},
	} {
		o, err := parse(test.call, test.metadata, test.stack)
		if err != nil || o.String() != test.want {
			t.Errorf("%v over %v over %v: %q (%v), want %q", test.call, test.metadata, test.stack, o, err, test.want)
		}
	}
}

func TestDefaultsAndMetadata(t *testing.T) {
	for text, says := range map[string]string{
		"password=x": "password", "pdfx=1": "pdfx", "pdfa=9": "1b, 2b, 3b", "pdfua=true&tagged=false": "tagged",
		"a=%zz": "form",
	} {
		if _, err := options.ReadDefaults(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("defaults %q: %v, want an error with %q", text, err, says)
		}
	}
	for _, metadata := range []map[string]string{{"docx2pdf-password": "hunter2"}, {"docx2pdf-pdfx": "1"}} {
		_, err := options.ReadMetadata(metadata)
		if name := slices.Collect(maps.Keys(metadata))[0]; err == nil || !strings.Contains(err.Error(), name) ||
			strings.Contains(err.Error(), "hunter2") {
			t.Errorf("metadata %v: %v, want an error naming %s, without its value", metadata, err, name)
		}
	}
	layer, err := options.ReadMetadata(map[string]string{"Docx2pdf-PDFA": "2b", "author": "somebody",
		"docx2pdf-events": "off"}, "events")
	if err != nil {
		t.Fatal(err)
	}
	if o, err := options.Parse(layer); err != nil || o.String() != "pdfa=2b" {
		t.Errorf("%q (%v), want pdfa=2b", o, err)
	}
}

func TestOptionsAreNamedWithoutThePassword(t *testing.T) {
	o, err := parse(map[string]string{"password": "hunter2", "pdfua": "true"})
	if err != nil {
		t.Fatal(err)
	}
	if o.String() != "password=set pdfua=true" || o.Get(options.Password) != "hunter2" {
		t.Errorf("%q, want the options without the password", o)
	}
}
