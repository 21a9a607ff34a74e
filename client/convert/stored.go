package convert

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"docx2pdf/client/bucket"
	"docx2pdf/client/converter"
	"docx2pdf/client/output"
)

// viaBucket uploads the document under a name of its own, and has it converted there.
func (c *Converter) viaBucket(ctx context.Context, file string, to Place, step Step) (Result, error) {
	names, err := c.names(file)
	if err != nil {
		return Result{}, err
	}
	for i, name := range names {
		uploaded, err := c.Storage.Upload(ctx, file, c.Input, name)
		if err == nil {
			step("uploaded %s", uploaded.URL())
			var result Result
			if result, err = c.stored(ctx, uploaded, to, step); err == nil {
				return result, nil
			}
		}
		// The name is another's, in one bucket or the other: the next one is nobody else's.
		var refused *converter.Refusal
		taken := errors.Is(err, bucket.ErrTaken) || errors.As(err, &refused) && refused.Code == "output_taken"
		if !taken || i == len(names)-1 {
			return Result{}, err
		}
	}
	return Result{}, errors.New("there is no name to upload " + file + " under")
}

// names are the names that a document may be uploaded under. Its own one is first, unless a PDF with options would
// stand there in place of the one that others expect. Then one that follows from content and options, so that the same
// call made again finds what it did before; with a password one that nobody can guess.
func (c *Converter) names(file string) ([]string, error) {
	name := objectName(filepath.Base(file))
	if c.Options[converter.Password] != "" {
		return []string{rand.Text() + "/" + name}, nil
	}
	content, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n%s\n", c.Options, name)
	if _, err := io.Copy(hash, content); err != nil {
		return nil, err
	}
	own := hex.EncodeToString(hash.Sum(nil)[:16]) + "/" + name
	if len(c.Options) > 0 || name != filepath.Base(file) {
		return []string{own}, nil
	}
	return []string{name, own}, nil
}

// objectName is a file's name as Cloud Storage takes it: no line ends, and room for a prefix and for .pdf.
// https://cloud.google.com/storage/docs/objects#naming
func objectName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return '_'
		}
		return r
	}, name)
	const most = 900
	if len(name) > most {
		extension := filepath.Ext(name)
		if len(extension) > 16 {
			extension = ""
		}
		name = strings.ToValidUTF8(name[:most-len(extension)], "") + extension
	}
	return name
}

// stored has an object converted, and takes its PDF to where it goes.
func (c *Converter) stored(ctx context.Context, source bucket.Object, to Place, step Step) (Result, error) {
	// Whoever converts the same object with other options writes the same PDF anew.
	const rounds = 4
	for round := 1; ; round++ {
		result, err := c.storedOnce(ctx, source, to, step)
		if round == rounds || !errors.Is(err, errReplaced) {
			return result, err
		}
	}
}

var errReplaced = errors.New("the PDF was replaced meanwhile, by a conversion of the same document with other options")

func (c *Converter) storedOnce(ctx context.Context, source bucket.Object, to Place, step Step) (Result, error) {
	answer, err := c.Service.Message(ctx, converter.Source{
		Bucket: source.Bucket, Object: source.Name, Generation: source.Generation,
	}, c.Options)
	switch {
	case err != nil:
		return Result{}, err
	case answer.Skipped != "":
		return Result{}, fmt.Errorf("%w: %s", ErrPassedOver, answer.Skipped)
	case answer.Object == "":
		return Result{}, errors.New("the service's answer does not name the PDF; deploy a service of the client's version")
	}
	result := Result{Report: answer.Report, PDF: "gs://" + answer.Bucket + "/" + answer.Object,
		Unchanged: answer.Unchanged}
	if to.Target == nil && to.Bucket == "" {
		step("converted to %s, %s", result.PDF, Pages(result.Pages))
		return result, nil
	}
	pdf, err := c.Storage.Stat(ctx, answer.Bucket, answer.Object, answer.Generation)
	if errors.Is(err, bucket.ErrNotFound) {
		return Result{}, fmt.Errorf("%s: %w", result.PDF, errReplaced)
	}
	if err == nil {
		err = madeFrom(pdf, source)
	}
	if err != nil {
		return Result{}, err
	}
	step("converted to %s", result.PDF)
	if to.Target == nil {
		return c.copied(ctx, result, pdf, to, step)
	}
	return c.downloaded(ctx, result, pdf, to, step)
}

// madeFrom checks that a PDF is the one of this very document.
func madeFrom(pdf, source bucket.Object) error {
	generation, _ := strconv.ParseInt(pdf.Metadata["source-generation"], 10, 64)
	from := converter.Source{Bucket: pdf.Metadata["source-bucket"], Object: pdf.Metadata["source-object"],
		Generation: generation}
	want := converter.Source{Bucket: source.Bucket, Object: source.Name, Generation: source.Generation}
	if from != want {
		return fmt.Errorf("%s was made from %s#%d and not from %s#%d; convert again", pdf.URL(),
			from.URL(), from.Generation, want.URL(), want.Generation)
	}
	return nil
}

func (c *Converter) copied(ctx context.Context, r Result, pdf bucket.Object, to Place, step Step) (Result, error) {
	if to.Bucket == pdf.Bucket && to.Object == pdf.Name {
		return r, nil
	}
	made, err := c.Storage.Copy(ctx, pdf, to.Bucket, to.Object)
	if err != nil {
		return Result{}, err
	}
	r.PDF = made.URL()
	step("copied to %s, %s", r.PDF, Pages(r.Pages))
	return r, nil
}

func (c *Converter) downloaded(ctx context.Context, r Result, pdf bucket.Object, to Place, step Step) (Result, error) {
	var draft *output.Draft
	defer func() { draft.Drop() }()
	err := c.Storage.Download(ctx, pdf, func(content io.Reader) (err error) {
		draft.Drop()
		draft, err = to.Target.Write(content)
		return err
	})
	if errors.Is(err, bucket.ErrNotFound) {
		return Result{}, fmt.Errorf("%s: %w", r.PDF, errReplaced)
	}
	if err != nil {
		return Result{}, err
	}
	return to.keep(r, draft, step)
}

// Answer has an object converted and is the service's answer as it came.
func (c *Converter) Answer(ctx context.Context, object string) ([]byte, error) {
	answer, err := c.Service.Message(ctx, converter.Source{Bucket: c.Input, Object: object}, c.Options)
	if err != nil {
		return nil, fmt.Errorf("converting %s: %w", object, err)
	}
	return answer.Raw, nil
}
