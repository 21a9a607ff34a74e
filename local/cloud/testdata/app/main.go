// Command app is the container that the tests run: it does what its path says.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

var (
	release  = make(chan struct{})
	hoard    [][]byte
	requests atomic.Int64
	healthy  atomic.Bool
)

func main() {
	fmt.Println(`{"severity":"NOTICE","message":"started"}`)
	fmt.Fprintln(os.Stderr, "plain text")
	if os.Getenv("FAIL_TO_START") != "" {
		os.Exit(7)
	}
	healthy.Store(true)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		requests.Add(1)
		w.Header().Set("Server", "app")
		json.NewEncoder(w).Encode(map[string]any{"method": r.Method, "path": r.URL.Path, "host": r.Host, "header": r.Header,
			"body": string(body),
			"env":  os.Environ(), "pid": os.Getpid(), "cpus": runtime.NumCPU(), "requests": requests.Load()})
	})
	http.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) {
		if !healthy.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	http.HandleFunc("/sicken", func(w http.ResponseWriter, r *http.Request) { healthy.Store(false) })
	http.HandleFunc("/hold", func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("holding")
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	http.HandleFunc("/release", func(w http.ResponseWriter, r *http.Request) { close(release) })
	http.HandleFunc("/print/{bytes}", func(w http.ResponseWriter, r *http.Request) {
		bytes, _ := strconv.Atoi(r.PathValue("bytes"))
		fmt.Println(strings.Repeat("x", bytes))
		fmt.Println("after the long line")
	})
	http.HandleFunc("/fill", func(w http.ResponseWriter, r *http.Request) {
		for i := 0; ; i++ {
			os.WriteFile(filepath.Join(os.TempDir(), strconv.Itoa(i)), make([]byte, 16<<20), 0o600)
		}
	})
	http.HandleFunc("/exit", func(w http.ResponseWriter, r *http.Request) { os.Exit(3) })
	http.HandleFunc("/hoard", func(w http.ResponseWriter, r *http.Request) {
		for {
			block := make([]byte, 16<<20)
			for i := 0; i < len(block); i += 4096 {
				block[i] = 1
			}
			hoard = append(hoard, block)
		}
	})
	http.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.PathValue("code"))
		w.WriteHeader(code)
	})
	http.HandleFunc("/metadata/", func(w http.ResponseWriter, r *http.Request) {
		out, _ := http.NewRequest(http.MethodGet, "http://"+os.Getenv("GCE_METADATA_HOST")+"/computeMetadata/v1/"+
			r.URL.Path[len("/metadata/"):]+"?"+r.URL.RawQuery, nil)
		out.Header.Set("Metadata-Flavor", r.URL.Query().Get("flavor"))
		response, err := http.DefaultClient.Do(out)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.WriteHeader(response.StatusCode)
		io.Copy(w, response.Body)
	})
	server := &http.Server{Addr: net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT"))}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		fmt.Println("got SIGTERM")
		patience, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		server.Shutdown(patience)
	}()
	server.ListenAndServe()
	fmt.Println("ended")
}
