package storage_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/option"

	"docx2pdf/service/storage"
)

// A bucket's encryption key that cannot be used is named as what it is, whichever call meets it: the converter's own
// roles are all right then.
func TestAKeyThatCannotBeUsedIsNamed(t *testing.T) {
	for said, status := range map[string]int{
		"Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account has been authorized " +
			"to use this key.": http.StatusForbidden,
		"Cloud KMS key cannot be used: version 1 is not enabled, current state is: DISABLED.": http.StatusBadRequest,
	} {
		google := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, `{"error":{"code":400,"message":"`+said+`"}}`)
		}))
		store, err := storage.Open(t.Context(), google.URL+"/storage/v1/", time.Minute, option.WithoutAuthentication())
		if err != nil {
			t.Fatal(err)
		}
		o := storage.Object{Bucket: "in", Name: "a.docx", Generation: 1}
		_, written := store.Write(t.Context(), o, 0, strings.NewReader("text"))
		for doing, err := range map[string]error{"reading": store.Read(t.Context(), o, io.Discard, 1<<20),
			"writing": written} {
			if !errors.Is(err, storage.ErrForbidden) || !strings.Contains(err.Error(), "encryption key of the bucket in") ||
				!strings.Contains(err.Error(), said) || strings.Contains(err.Error(), "roles/storage.") {
				t.Errorf("%s: %v", doing, err)
			}
		}
		google.Close()
	}
}
