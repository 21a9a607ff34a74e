package outcome

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"docx2pdf/service/problem"
	"docx2pdf/service/storage"
)

// fail is what becomes of a delivery whose document has a problem. A permanent one is recorded, and what is no Word
// document skipped.
func (t *task) fail(ctx context.Context, err error) error {
	p := problem.Of(err)
	if !p.Permanent() && !(p.Code == "bad_option" && t.source.Generation != 0) {
		return err
	}
	if err := t.writeRecord(ctx, p); err != nil {
		return err
	}
	if p.Status == http.StatusUnsupportedMediaType {
		return t.skip(p.Message, true)
	}
	return err
}

// failAgain answers a delivery whose document is known to fail, without trying.
func (t *task) failAgain() error {
	status, _ := strconv.Atoi(t.record.Metadata["status"])
	p := &problem.Problem{Status: status, Code: t.record.Metadata[failureCode], Message: t.record.Metadata["error"]}
	if status == http.StatusUnsupportedMediaType {
		return t.skip(p.Message, true)
	}
	if !p.Permanent() {
		return problem.New(http.StatusUnprocessableEntity, "document_corrupt", "see %s", t.record.URL())
	}
	return p
}

// writeRecord writes the reason where whoever waits for the PDF looks. It also spares the next delivery the conversion.
func (t *task) writeRecord(ctx context.Context, p *problem.Problem) error {
	ask := t.ask()
	content, err := json.MarshalIndent(map[string]any{
		"error":      p.Message,
		"code":       p.Code,
		"status":     p.Status,
		"bucket":     t.Bucket,
		"object":     t.Object,
		"generation": strconv.FormatInt(t.source.Generation, 10),
		"options":    ask.Options,
		"image":      t.By.Image,
		"limits":     t.By.Limits,
		"messageId":  t.MessageID,
		"time":       time.Now().UTC().Format(time.RFC3339),
	}, "", "  ")
	if err != nil {
		return err
	}
	record := storage.Object{
		Bucket:      t.OutputBucket,
		Name:        t.Names.Record(t.Bucket, t.Object),
		ContentType: "application/json",
		Metadata:    ask.Metadata(),
	}
	record.Metadata[failureCode], record.Metadata["error"], record.Metadata["status"] = p.Code, shortened(p.Message),
		strconv.Itoa(p.Status)
	old, err := t.target(ctx, record.Name)
	if err != nil {
		return err
	}
	if !ask.May(old) {
		return nil
	}
	_, err = t.Store.Write(ctx, record, old.Generation, bytes.NewReader(content))
	if errors.Is(err, storage.ErrPrecondition) {
		return nil // another delivery of the same document wrote it
	}
	return err
}

// shortened fits into metadata, which may have 8 KiB in all.
// https://cloud.google.com/storage/docs/metadata#custom-metadata
func shortened(message string) string {
	if len(message) <= 3000 {
		return message
	}
	return strings.ToValidUTF8(message[:3000], "") + "…"
}
