package command_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"docx2pdf/client/command"
)

func (o object) write(w http.ResponseWriter, name string) {
	bucket, object, _ := strings.Cut(name, "/")
	sum := md5.Sum([]byte(o.content))
	json.NewEncoder(w).Encode(map[string]any{
		"bucket": bucket, "name": object,
		"generation": strconv.FormatInt(o.generation, 10), "size": strconv.Itoa(len(o.content)),
		"md5Hash": base64.StdEncoding.EncodeToString(sum[:]), "metadata": o.metadata,
	})
}

// requests is how many the converter has had. Those of a run that was cut off may still come in.
func (g *google) requests() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
}

func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// privateKey is made once: it takes a while.
var privateKey = sync.OnceValue(func() []byte {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
})

// keyFile is a service account's key file as Google makes it, for this google.
func (g *google) keyFile() string {
	g.t.Helper()
	key, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "cr-test@p.iam.gserviceaccount.com", "private_key_id": "1",
		"private_key": string(privateKey()), "token_uri": g.URL + "/token", "universe_domain": "googleapis.com",
	})
	if err != nil {
		g.t.Fatal(err)
	}
	return write(g.t, filepath.Join(g.t.TempDir(), "key.json"), string(key))
}

func write(t *testing.T, file, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// ran is a run of the client that has ended.
type ran struct {
	status         int
	stdout, stderr string
}

func (r ran) all() string { return r.stdout + r.stderr }

// client runs the client with everything named by flags, so without Pulumi.
func (g *google) client(args ...string) ran {
	g.t.Helper()
	return g.clientWith(context.Background(), args...)
}

func (g *google) clientWith(ctx context.Context, args ...string) ran {
	g.t.Helper()
	return g.clientWithKey(ctx, g.keyFile(), args...)
}

func (g *google) clientWithKey(ctx context.Context, key string, args ...string) ran {
	return run(ctx, append([]string{"--url", g.URL, "--key", key, "--input", "in", "--output", "out"}, args...)...)
}

// run runs the client as it is called.
func run(ctx context.Context, args ...string) ran {
	var stdout, stderr bytes.Buffer
	status := command.Run(ctx, args, &stdout, &stderr)
	return ran{status, stdout.String(), stderr.String()}
}
