package cloud

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"docx2pdf/local/google/iam/token"
	"docx2pdf/local/machine/console"
	"docx2pdf/local/machine/container"
)

// Serve answers on the listener until the context ends, then stops what runs. ready is called once requests are
// answered.
func (c *Cloud) Serve(ctx context.Context, listener net.Listener, ready func() error) error {
	c.address.Store(listener.Addr().String())
	c.iam.SetTokenURI("http://" + c.Address() + "/token")
	var requests sync.WaitGroup
	server := &http.Server{Handler: c.handler(ctx, &requests), ReadHeaderTimeout: 30 * time.Second}
	sweeping, stopSweeping := context.WithCancel(ctx)
	defer stopSweeping()
	var sweep sync.WaitGroup
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	err := c.checkDocker(ctx)
	if err == nil {
		err = c.run.Start(ctx)
	}
	if err == nil {
		c.pubsub.Start()
		sweep.Go(func() { c.storage.Sweep(sweeping, c.options.Log) })
		err = ready()
	}
	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-failed:
		}
	}
	c.pubsub.Close()
	c.run.Close()
	c.build.Close()
	stop, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if shutdownErr := server.Shutdown(stop); shutdownErr != nil {
		server.Close()
	}
	stopSweeping()
	sweep.Wait()
	requests.Wait()
	c.run.Close() // what requests began while the others ended
	c.build.Close()
	c.operations.Wait()
	if closeErr := c.state.Close(); err == nil {
		err = closeErr
	}
	c.lock.Close()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// checkDocker makes sure that the Docker engine can be used where it shall be.
func (c *Cloud) checkDocker(ctx context.Context) error {
	if !c.options.Docker {
		return nil
	}
	version, err := container.CheckEngine(ctx, filepath.Join(c.options.Dir, "build"), c.Address(), c.OwnerToken())
	if err != nil {
		return fmt.Errorf("the Docker engine cannot be used: %w; mend that, or serve without -docker", err)
	}
	c.options.Log.Info("the Docker engine builds and runs the images", "version", version)
	return nil
}

// handler serves until the context ends, and counts the requests that are under way.
func (c *Cloud) handler(ctx context.Context, requests *sync.WaitGroup) http.Handler {
	mux := http.NewServeMux()
	tokens := c.tokens.Handler()
	for _, path := range token.Paths() {
		mux.Handle(path, tokens)
	}
	mux.Handle("/v2/", c.registry)
	mux.Handle("GET /inventory", console.LocalOnly(http.HandlerFunc(c.serveInventory)))
	mux.Handle("GET /requests", console.LocalOnly(http.HandlerFunc(c.serveRequests)))
	page := console.Handler(console.Source{State: c.snapshot, Requests: c.traffic,
		LogFolder: filepath.Join(c.options.Dir, "logging"), Open: c.openObject})
	mux.Handle("GET /{$}", page)
	mux.Handle("GET /console/", page)
	mux.Handle("/", c.server)
	plain := raw{mux, c.server}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		defer requests.Done()
		stoppable, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		plain.ServeHTTP(w, r.WithContext(stoppable))
	})
}

// raw keeps requests whose paths a ServeMux would clean or redirect, such as object names with dots and double
// slashes, away from it.
type raw struct {
	mux *http.ServeMux
	api http.Handler
}

func (h raw) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, pattern := h.mux.Handler(r); pattern == "/" || pattern == "" {
		h.api.ServeHTTP(w, r)
		return
	}
	h.mux.ServeHTTP(w, r)
}
