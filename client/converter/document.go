package converter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Document sends a file in the request and writes the PDF of the answer with take, which is called anew for each
// attempt. Neither is ever in memory as a whole.
func (c *Client) Document(
	ctx context.Context, file string, options Options, take func(io.Reader) error,
) (Report, error) {
	before, after, contentType, err := form(filepath.Base(file), options)
	if err != nil {
		return Report{}, err
	}
	var report Report
	err = c.call(ctx, file, func() (*http.Request, error) {
		document, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		info, err := document.Stat()
		if err != nil {
			document.Close()
			return nil, err
		}
		size := info.Size()
		body := struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(before), io.LimitReader(document, size), bytes.NewReader(after)), document}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, body)
		if err != nil {
			document.Close()
			return nil, err
		}
		r.ContentLength = int64(len(before)) + size + int64(len(after))
		r.Header.Set("Content-Type", contentType)
		return r, nil
	}, func(response *http.Response) error {
		if response.Header.Get("Content-Type") != "application/pdf" {
			return permanent(fmt.Errorf("the answer is no PDF; is %s a converter's URL?", c.URL))
		}
		content := &wholeBody{response.Body, nil}
		if err := take(content); err != nil {
			if content.err != nil {
				return &url.Error{Op: "Post", URL: c.URL, Err: content.err} // the network's fault, not the disk's
			}
			return permanent(err)
		}
		report = headerReport(response.Header)
		return nil
	})
	return report, err
}

// form is what a form has before and after its file. Options come first: the service reads on only when it knows them.
func form(name string, options Options) (before, after []byte, contentType string, err error) {
	var buffer bytes.Buffer
	w := multipart.NewWriter(&buffer)
	for _, option := range options.Names() {
		err = errors.Join(err, w.WriteField(option, options[option]))
	}
	_, created := w.CreateFormFile("file", name)
	before = bytes.Clone(buffer.Bytes())
	buffer.Reset()
	err = errors.Join(err, created, w.Close())
	return before, buffer.Bytes(), w.FormDataContentType(), err
}

// wholeBody remembers how reading an answer failed.
type wholeBody struct {
	io.Reader
	err error
}

func (b *wholeBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

// headerReport reads what the service tells beside a PDF.
func headerReport(header http.Header) Report {
	var r Report
	r.Pages, _ = strconv.Atoi(header.Get("X-Pages"))
	r.Fonts = headerFonts(header.Get("X-Fonts-Substituted"))
	if own := header.Get("X-Fonts-Own"); own != "" {
		for name := range strings.SplitSeq(own, "; ") {
			r.OwnFonts = append(r.OwnFonts, unescaped(name))
		}
	}
	r.Warnings = headerWarnings(header.Get("X-Warnings"))
	return r
}

// headerFonts reads "Calibri=Calibri%20Twin (same widths); Inter=Liberation%20Sans+Noto%20Sans (other widths)".
func headerFonts(text string) []Substitution {
	var fonts []Substitution
	for item := range strings.SplitSeq(text, "; ") {
		font, used, found := strings.Cut(item, "=")
		if !found {
			continue
		}
		s := Substitution{Font: unescaped(font)}
		used, kind, _ := strings.Cut(used, " (")
		s.Kind = strings.TrimSuffix(kind, ")")
		for name := range strings.SplitSeq(used, "+") {
			s.Used = append(s.Used, unescaped(name))
		}
		fonts = append(fonts, s)
	}
	return fonts
}

// headerWarnings reads warnings as JSON, or else as codes between commas.
func headerWarnings(text string) []Warning {
	var warnings []Warning
	if text == "" || json.Unmarshal([]byte(text), &warnings) == nil {
		return warnings
	}
	for code := range strings.SplitSeq(text, ",") {
		warnings = append(warnings, Warning{Code: unescaped(strings.TrimSpace(code))})
	}
	return warnings
}

func unescaped(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}
