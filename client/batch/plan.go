package batch

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"docx2pdf/client/convert"
	"docx2pdf/client/output"
)

// job is a document and where its PDF goes.
type job struct {
	Found
	// pdf is the PDF's path below the record's folder when there is a record, else its path.
	pdf    string
	record *record // nil: an earlier run does not matter
	bucket string  // or in a bucket, below a prefix
	object string
	local  bool
}

// plan decides where each PDF goes. Nothing is written yet.
type plan struct {
	jobs    []job
	records map[string]*record // by folder
}

// newPlan lays PDFs beside their documents, or below out: a folder, or gs://BUCKET/PREFIX/. Objects' PDFs stay where
// the service writes them unless out says something else. Two documents with one PDF are told to problem.
func newPlan(found []Found, out string, problem func(source string, err error)) (*plan, error) {
	p := &plan{records: map[string]*record{}}
	var bucket, prefix string
	if strings.HasPrefix(out, "gs://") {
		var err error
		if bucket, prefix, err = SplitURL(out); err != nil {
			return nil, err
		}
	}
	taken := map[string]string{}
	for _, f := range found {
		j := job{Found: f}
		name := PDFName(f.Rel)
		switch {
		case !filepath.IsLocal(filepath.FromSlash(name)) && (out != "" || f.Root != ""):
			problem(f.Name(),
				errors.New("its name cannot be one below a folder, so its PDF would be elsewhere; name it by itself"))
			continue
		case bucket != "":
			j.bucket, j.object = bucket, path.Join(prefix, name)
		case out != "":
			if err := p.below(&j, out, name); err != nil {
				return nil, err
			}
		case f.File != "" && f.Root != "":
			if err := p.below(&j, f.Root, name); err != nil {
				return nil, err
			}
		case f.File != "":
			j.local, j.pdf = true, filepath.Join(filepath.Dir(f.File), name)
		}
		if place := j.place(); place != "" {
			if other, there := taken[place]; there {
				if other != f.Name() {
					problem(f.Name(),
						fmt.Errorf("its PDF would be %s, as that of %s; convert them into different folders", place, other))
				}
				continue
			}
			taken[place] = f.Name()
		}
		p.jobs = append(p.jobs, j)
	}
	return p, nil
}

// below lays a PDF below a folder whose record counts.
func (p *plan) below(j *job, folder, name string) (err error) {
	j.local, j.pdf = true, name
	if p.records[folder] == nil {
		if p.records[folder], err = openRecord(folder); err != nil {
			return err
		}
	}
	j.record = p.records[folder]
	return nil
}

func (p *plan) close() error {
	var err error
	for _, r := range p.records {
		err = errors.Join(err, r.close())
	}
	return err
}

// place is where the PDF goes, in words; "" leaves it to the service.
func (j job) place() string {
	switch {
	case j.bucket != "":
		return "gs://" + j.bucket + "/" + j.object
	case j.record != nil:
		return filepath.Join(j.record.folder, filepath.FromSlash(j.pdf))
	}
	return j.pdf
}

// want is the line of the record that the PDF shall have.
func (j job) want(options string) (made, error) {
	m := made{PDF: j.pdf, Options: options}
	if j.Object != nil {
		m.Source, m.Content = j.Name(), fmt.Sprintf("generation:%d", j.Object.Generation)
		return m, nil
	}
	sum, err := hashFile(j.File)
	m.Source, m.Content = j.Rel, "sha256:"+sum
	return m, err
}

// target makes the folder of the PDF and checks that it can be written there.
func (j job) target() (convert.Place, error) {
	if !j.local {
		return convert.Place{Bucket: j.bucket, Object: j.object}, nil
	}
	place := j.place()
	if j.record != nil {
		if err := os.MkdirAll(filepath.Dir(place), 0o777); err != nil {
			return convert.Place{}, err
		}
	}
	t, err := output.Check(place, filepath.Base(place), nil)
	return convert.Place{Target: &t}, err
}
