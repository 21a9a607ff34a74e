package storage_test

import (
	"bytes"
	"fmt"
	"net/url"
	"testing"

	"docx2pdf/local/google/servicetest"
)

// A resumable upload takes its chunks as they come, some of them twice, and ends as one object.
func TestResumableUploads(t *testing.T) {
	b := start(t, nil)
	content := bytes.Repeat([]byte("0123456789"), 100_000)
	session, err := url.Parse(b.Call("POST", "/upload"+objects+"?uploadType=resumable&name=a",
		map[string]any{"contentType": "text/plain"}).Want(200).Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	chunk := func(from, to int) servicetest.Answer {
		return b.Call("PUT", session.RequestURI(), content[from:to], "Content-Range",
			fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(content)))
	}
	chunk(0, 300_000).Want(308)
	chunk(300_001, 400_000).Want(400) // a hole
	chunk(200_000, 500_000).Want(308) // partly there already
	if got := b.Call("PUT", session.RequestURI(), nil, "Content-Range", "bytes */1000000").Want(308).Header.Get(
		"Range"); got != "bytes=0-499999" {
		t.Errorf("%q has arrived", got)
	}
	b.Call("PUT", session.RequestURI(), nil, "Content-Range", "bytes nonsense").Want(400)
	b.Call("GET", objects+"/a", nil).Want(404)
	chunk(500_000, 1_000_000).Want(200)
	if got := b.Call("GET", objects+"/a?alt=media", nil).Want(200); !bytes.Equal(got.Body, content) ||
		got.Header.Get("Content-Type") != "text/plain" {
		t.Errorf("%d bytes of %s", len(got.Body), got.Header.Get("Content-Type"))
	}
	chunk(500_000, 1_000_000).Want(200) // an answer that was lost
	if len(b.topic.events) != 1 {
		t.Errorf("events: %q", b.topic.events)
	}
}

// The resumable uploads that were done last can be asked for; their number does not grow without end.
func TestUploadsThatWereDoneLongAgo(t *testing.T) {
	b := start(t, nil)
	var sessions []string
	for range 1003 {
		session, err := url.Parse(b.Call("POST", "/upload"+objects+"?uploadType=resumable&name=a", nil).Want(200).Header.Get(
			"Location"))
		if err != nil {
			t.Fatal(err)
		}
		b.Call("PUT", session.RequestURI(), []byte("content")).Want(200)
		sessions = append(sessions, session.RequestURI())
	}
	for i, status := range map[int]int{0: 404, 2: 404, 3: 200, 1002: 200} {
		b.Call("PUT", sessions[i], nil, "Content-Range", "bytes */7").Want(status)
	}
}
