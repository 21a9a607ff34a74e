// Package batch converts many documents: it finds them, sends as many at once as the service takes, and skips what an
// earlier run has done.
package batch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"docx2pdf/client/bucket"
	"docx2pdf/client/convert"
)

// Found is a document that was found under an argument.
type Found struct {
	convert.Document
	// Rel is the document's path below the argument, with slashes; the PDF's place follows it.
	Rel string
	// Root is the folder that was named, "" for a document that was named itself.
	Root string
}

// wordExtensions are the names that Word gives to documents of the kinds that are converted.
var wordExtensions = []string{".docx", ".docm", ".dotx", ".dotm"}

func isWord(name string) bool {
	return slices.Contains(wordExtensions, strings.ToLower(path.Ext(name)))
}

// isLock tells Word's own files beside documents that are open.
func isLock(name string) bool { return strings.HasPrefix(path.Base(name), "~$") }

// Find finds documents: files, those in folders and their folders, and those under prefixes of buckets. What cannot be
// looked at, or holds nothing, is told to problem, and the rest goes on.
func Find(
	ctx context.Context, storage func() (*bucket.Client, error), arguments []string,
	problem func(source string, err error),
) ([]Found, error) {
	var found []Found
	for _, argument := range arguments {
		before := len(found)
		var err error
		if strings.HasPrefix(argument, "gs://") {
			found, err = findStored(ctx, storage, argument, found)
		} else {
			found, err = findFiles(ctx, argument, found, problem)
		}
		if ctx.Err() != nil {
			return found, ctx.Err()
		}
		if err == nil && len(found) == before {
			err = errors.New("there are no Word documents in it (.docx, .docm, .dotx, .dotm)")
		}
		if err != nil {
			problem(argument, err)
		}
	}
	return found, nil
}

func findFiles(ctx context.Context, argument string, found []Found, problem func(string, error)) ([]Found, error) {
	info, err := os.Stat(argument)
	if errors.Is(err, fs.ErrNotExist) {
		return found, errors.New("there is no such file or folder")
	}
	if err != nil {
		return found, err
	}
	if !info.IsDir() {
		return append(found, Found{Document: convert.Document{File: argument}, Rel: filepath.Base(argument)}), nil
	}
	locked := 0
	err = filepath.WalkDir(argument, func(file string, entry fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			problem(file, err)
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() || !isWord(file) {
			return nil
		}
		if isLock(filepath.ToSlash(file)) {
			locked++
			return nil
		}
		rel, err := filepath.Rel(argument, file)
		if err != nil {
			return err
		}
		found = append(found, Found{convert.Document{File: file}, filepath.ToSlash(rel), argument})
		return nil
	})
	if locked > 0 {
		problem(argument, fmt.Errorf("%w: %d lock files of Word (~$…); close the documents to be sure of what is in them",
			ErrPassedOver, locked))
	}
	return found, err
}

// ErrPassedOver is told to problem of what is no failure.
var ErrPassedOver = errors.New("passed over")

// SplitURL splits gs://BUCKET/NAME.
func SplitURL(url string) (bucket, name string, err error) {
	bucket, name, _ = strings.Cut(strings.TrimPrefix(url, "gs://"), "/")
	if bucket == "" {
		return "", "", fmt.Errorf("%s names no bucket; write gs://BUCKET/PREFIX/", url)
	}
	return bucket, name, nil
}

// findStored lists what is under a prefix; a name that is an object's is that object.
func findStored(
	ctx context.Context, storage func() (*bucket.Client, error), argument string, found []Found,
) ([]Found, error) {
	name, prefix, err := SplitURL(argument)
	if err != nil {
		return found, err
	}
	client, err := storage()
	if err != nil {
		return found, err
	}
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		object, err := client.Stat(ctx, name, prefix, 0)
		if err == nil {
			return append(found, Found{Document: convert.Document{Object: &object}, Rel: path.Base(prefix)}), nil
		}
		if !errors.Is(err, bucket.ErrNotFound) {
			return found, err
		}
		prefix += "/"
	}
	err = client.List(ctx, name, prefix, func(o bucket.Object) error {
		if isWord(o.Name) && !isLock(o.Name) {
			found = append(found, Found{convert.Document{Object: &o}, strings.TrimPrefix(o.Name, prefix), argument})
		}
		return nil
	})
	return found, err
}

// PDFName is the name of a document's PDF on this machine: NAME.docx becomes NAME.pdf, every other name is kept whole,
// so that no two documents of a folder have one PDF.
func PDFName(name string) string {
	if base := strings.TrimSuffix(name, ".docx"); base != name && path.Base(name) != ".docx" {
		return base + ".pdf"
	}
	return name + ".pdf"
}
