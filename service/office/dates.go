package office

import (
	"bytes"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// agreeOnDates has the metadata of a PDF/A give the dates that its information dictionary gives, as it has to (ISO
// 19005-1, 6.7.3): LibreOffice writes when the document was changed, or 0000-00-00 when the document does not say. All
// of it is in place, and as long as before.
func agreeOnDates(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	content, err := unix.Mmap(int(file.Fd()), 0, int(info.Size()), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("the dates of the PDF: %w", err)
	}
	defer unix.Munmap(content)
	created, err := createdAt(content)
	if err != nil {
		return nil // it gives none, so that there is nothing to agree on
	}
	start := bytes.LastIndex(content, []byte("<x:xmpmeta"))
	if start < 0 {
		return nil
	}
	metadata := content[start:]
	if end := bytes.Index(metadata, []byte("</x:xmpmeta>")); end >= 0 {
		metadata = metadata[:end]
	}
	for _, element := range []string{"<xmp:CreateDate>", "<xmp:ModifyDate>", "<xmp:MetadataDate>"} {
		if _, value, found := bytes.Cut(metadata, []byte(element)); found {
			setDate(value, created)
		}
	}
	if _, value, found := bytes.Cut(metadata, []byte("<rdf:li>0000-")); found { // dc:date
		setDate(metadata[len(metadata)-len(value)-len("0000-"):], created)
	}
	return nil
}

// createdAt is the date of the information dictionary (ISO 32000-1, 14.3.3), in UTC as LibreOffice has it.
func createdAt(content []byte) (time.Time, error) {
	const key, form = "/CreationDate(D:", "20060102150405Z"
	at := bytes.LastIndex(content, []byte(key))
	if at < 0 || at+len(key)+len(form) > len(content) {
		return time.Time{}, os.ErrNotExist
	}
	return time.Parse(form, string(content[at+len(key):at+len(key)+len(form)]))
}

// setDate writes a date where one is that is as long.
func setDate(value []byte, date time.Time) {
	if at := bytes.IndexByte(value, '<'); at == len(time.DateOnly)+len("T15:04:05Z") {
		copy(value, date.Format("2006-01-02T15:04:05Z"))
	}
}
