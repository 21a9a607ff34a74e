package batch

import (
	"bufio"
	"bytes"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"docx2pdf/client/converter"
	"docx2pdf/client/output"
)

// RecordName is the file in a folder of PDFs that says what each was made from.
const RecordName = ".docx2pdf.jsonl"

// record remembers what a folder's PDFs were made from. A line is written before its PDF is put in its place, and
// counts only for a PDF of just that content: whenever the client is killed, a PDF is either known or made again.
type record struct {
	folder string
	salt   string

	mu    sync.Mutex
	made  map[string][]made // by PDF
	marks map[string]string // of the password, by salt
	file  *os.File
}

// made is a line of the record.
type made struct {
	PDF     string `json:"pdf"` // below the folder, with slashes
	SHA256  string `json:"sha256"`
	Source  string `json:"source"`
	Content string `json:"content"` // the source's: sha256:HEX, or generation:NUMBER
	Options string `json:"options,omitempty"`
	// Password tells another password from the same: PBKDF2 with a salt, "SALT:HEX".
	Password string `json:"password,omitempty"`
}

// openRecord reads a folder's record. A line that was cut off by a crash is passed over.
func openRecord(folder string) (*record, error) {
	r := &record{folder: folder, salt: rand.Text(), made: map[string][]made{}, marks: map[string]string{}}
	content, err := os.ReadFile(filepath.Join(folder, RecordName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading what was converted before: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var m made
		if json.Unmarshal(lines.Bytes(), &m) == nil && m.PDF != "" {
			r.made[m.PDF] = append(r.made[m.PDF], m)
		}
	}
	return r, lines.Err()
}

// State is what is known of a PDF before its document is converted.
type State int

const (
	Missing   State = iota // there is none
	Current                // it was made from just this content with these options
	Outdated               // it was made by the client from something else
	Strangers              // somebody else made it, or changed it since
)

// state looks at a PDF on this machine.
func (r *record) state(pdf string, want made, options converter.Options) (State, error) {
	sum, err := hashFile(filepath.Join(r.folder, filepath.FromSlash(pdf)))
	if errors.Is(err, fs.ErrNotExist) {
		return Missing, nil
	}
	if err != nil {
		return Missing, err
	}
	r.mu.Lock()
	lines := r.made[pdf]
	r.mu.Unlock()
	state := Strangers
	for _, m := range lines {
		if m.SHA256 != sum {
			continue
		}
		if m.Source == want.Source && m.Content == want.Content && m.Options == want.Options && r.samePassword(m, options) {
			return Current, nil
		}
		state = Outdated
	}
	return state, nil
}

func (r *record) samePassword(m made, options converter.Options) bool {
	if m.Password == "" || options[converter.Password] == "" {
		return m.Password == "" && options[converter.Password] == ""
	}
	salt, _, _ := strings.Cut(m.Password, ":")
	return r.mark(salt, options[converter.Password]) == m.Password
}

// mark is slow on purpose, and so is computed once for each salt.
func (r *record) mark(salt, password string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.marks[salt]; ok {
		return known
	}
	key, err := pbkdf2.Key(sha256.New, password, []byte(salt), 600_000, 32)
	if err != nil {
		panic(err) // only for parameters that are not allowed
	}
	r.marks[salt] = salt + ":" + hex.EncodeToString(key)
	return r.marks[salt]
}

// add writes a line for a PDF that is about to be put in its place.
func (r *record) add(m made, draft *output.Draft, options converter.Options) error {
	m.SHA256 = draft.SHA256
	if password := options[converter.Password]; password != "" {
		m.Password = r.mark(r.salt, password)
	}
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		r.file, err = os.OpenFile(filepath.Join(r.folder, RecordName), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
		if err != nil {
			return fmt.Errorf("recording what is converted: %w", err)
		}
		line = append([]byte("\n"), line...) // ends a line that was cut off
	}
	if _, err := r.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("recording what is converted: %w", err)
	}
	r.made[m.PDF] = append(r.made[m.PDF], m)
	return nil
}

func (r *record) close() error {
	if r == nil || r.file == nil {
		return nil
	}
	return r.file.Close()
}

func hashFile(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		return "", fmt.Errorf("%s is no file with a document", name)
	}
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
