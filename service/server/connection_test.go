package server_test

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/office/officetest"
	"docx2pdf/service/server"
)

// connect speaks to the converter without a client that knows its manners.
func (f *fixture) connect(request string) net.Conn {
	f.t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(f.url, "http://"))
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { connection.Close() })
	connection.(*net.TCPConn).SetReadBuffer(4 << 10)
	if _, err := io.WriteString(connection, request); err != nil {
		f.t.Fatal(err)
	}
	return connection
}

func TestBrokenChunksAreABadRequest(t *testing.T) {
	f := newFixture(t)
	for name, body := range map[string]string{
		"no number":     "zz\r\nabc",
		"a long number": "fffffffffffffffff\r\nabc",
		"a long line":   "1;" + strings.Repeat("a", 10_000) + "\r\nx\r\n0\r\n\r\n",
		"in the middle": "4\r\nPK\x03\x04\r\nzz\r\n",
	} {
		for _, contentType := range []string{"application/octet-stream", "application/json",
			"multipart/form-data; boundary=b"} {
			connection := f.connect("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: " + contentType +
				"\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
			response, err := http.ReadResponse(bufio.NewReader(connection), nil)
			if err != nil {
				t.Fatal(err)
			}
			content, _ := io.ReadAll(response.Body)
			if response.StatusCode != http.StatusBadRequest || !bytes.Contains(content, []byte(`"bad_request"`)) {
				t.Errorf("%s in %s: %s %s", name, contentType, response.Status, content)
			}
		}
	}
}

// A caller that does not take its PDF holds a place only so long.
func TestAnAnswerThatIsNotTaken(t *testing.T) {
	f := newFixture(t, change{server: func(c *server.Config) { c.BodyTimeout = time.Second }})
	noise := image.NewNRGBA(image.Rect(0, 0, 1800, 1800))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = byte(random.Uint32()) | byte(i%4/3*255) // opaque
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, noise); err != nil {
		t.Fatal(err)
	}
	document := string(docxtest.Document(strings.ReplaceAll(docxtest.Picture("r:embed", "x"), "952500", "5486400"),
		docxtest.Part{Name: "word/media/a.png", Content: picture.String()},
		docxtest.Part{Name: "word/_rels/document.xml.rels",
			Content: docxtest.Relationships(docxtest.Relationship{ID: "x", Type: "image", Target: "media/a.png"})}))
	f.connect(fmt.Sprintf("POST /?lossless=true HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s",
		len(document), document))
	officetest.Until(t, "the request is given up", func() bool { return f.log.text() != "" })
	if line := f.log.last(t); line["outcome"] != "client_closed_request" {
		t.Errorf("the log says %v", line)
	}
	if health := f.do(http.MethodGet, "/health", "", nil).json(t); health["inFlight"] != 0.0 {
		t.Errorf("%v requests in flight, want none", health["inFlight"])
	}
}
