package run

import (
	"context"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	runapi "google.golang.org/api/run/v2"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/traffic"
)

// maxBody is Cloud Run's limit for HTTP/1 requests (https://cloud.google.com/run/quotas).
const maxBody = 32 << 20

// invoke is the permission that a request to a service takes, and its name in the request log.
const invoke = "run.routes.invoke"

// frontend is the address of one service: it authenticates, authorizes, balances and proxies.
type frontend struct {
	service  *Service
	name     string
	listener net.Listener
	server   *http.Server

	mu      sync.Mutex
	current runapi.GoogleCloudRunV2Service
	targets []target
	pools   map[string]*pool // by revision
	work    sync.WaitGroup
	visits  sync.WaitGroup // requests under way: they write logs at their end
}

type target struct {
	pool    *pool
	percent int64
}

func newFrontend(s *Service, name string, listener net.Listener) *frontend {
	f := &frontend{service: s, name: name, listener: listener, pools: map[string]*pool{}}
	f.server = &http.Server{Handler: f, ReadHeaderTimeout: 30 * time.Second}
	go f.server.Serve(listener)
	return f
}

func (f *frontend) port() int { return f.listener.Addr().(*net.TCPAddr).Port }

func (f *frontend) url() string { return fmt.Sprintf("http://127.0.0.1:%d", f.port()) }

func (f *frontend) pool(revision string) *pool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pools[revision]
}

func (f *frontend) add(revision string, p *pool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pools[revision] = p
}

func (f *frontend) instances(revision string) (int, bool) {
	p := f.pool(revision)
	if p == nil {
		return 0, false
	}
	return p.count(), true
}

// setTraffic makes the service as given current. Pools that no target names are drained.
func (f *frontend) setTraffic(v runapi.GoogleCloudRunV2Service, targets []target) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.current, f.targets = v, targets
	for revision, p := range f.pools {
		used := false
		for _, t := range targets {
			used = used || t.pool == p
		}
		if !used {
			delete(f.pools, revision)
			f.work.Go(p.drain)
		}
	}
}

// close takes the address away and stops all instances.
func (f *frontend) close() {
	f.server.Close()
	f.mu.Lock()
	pools := f.pools
	f.pools, f.targets = map[string]*pool{}, nil
	f.mu.Unlock()
	var closed sync.WaitGroup
	for _, p := range pools {
		closed.Go(p.close)
	}
	closed.Wait()
	f.work.Wait()
	f.visits.Wait()
}

// choose picks a revision by the percentages of the traffic.
func (f *frontend) choose() (runapi.GoogleCloudRunV2Service, *pool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := mathrand.Int64N(100)
	for _, t := range f.targets {
		if at -= t.percent; at < 0 {
			return f.current, t.pool
		}
	}
	return f.current, nil
}

func (f *frontend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.visits.Add(1)
	defer f.visits.Done()
	visit := f.service.Door.Begin(traffic.Entry{Method: r.Method, Path: f.url() + r.URL.Path, Call: invoke,
		Agent: r.UserAgent()})
	recorder := &answerRecorder{ResponseWriter: w}
	trace := newTrace(r)
	recorder.Header().Set("X-Cloud-Trace-Context", trace.header())
	recorder.Header().Set("Server", "Google Frontend")
	f.serve(recorder, r, trace, visit)
	visit.Leave(recorder.status, nil)
	f.log(r, trace, visit.Entry)
}

func (f *frontend) serve(w http.ResponseWriter, r *http.Request, trace trace, visit *door.Visit) {
	entry := &visit.Entry
	current, p := f.choose()
	if p == nil {
		entry.Why = "the service has no ready revision"
		page(w, http.StatusNotFound, "Page not found", "The requested URL <code>"+escape(r.URL.Path)+
			"</code> was not found on this server.")
		return
	}
	if !f.service.reachable(current.Ingress, r) {
		entry.Why = "the service's ingress is " + current.Ingress
		page(w, http.StatusNotFound, "Page not found", "The requested URL <code>"+escape(r.URL.Path)+
			"</code> was not found on this server.")
		return
	}
	if !f.admit(w, r, current, visit) {
		return
	}
	lose, err := f.service.Faults.Before(r.Context(), invoke, f.name)
	if err != nil {
		entry.Why = err.Error()
		if status.Is(err, status.ResourceExhausted) {
			err = errNoInstance
		}
		f.unavailable(w, err)
		return
	}
	if lose {
		entry.Why = "the answer was lost, as a fault asked for"
		w = lostAnswer{http.Header{}}
		defer panic(http.ErrAbortHandler)
	}
	if r.ContentLength > maxBody {
		entry.Why = "the body is over 32 MiB"
		tooLarge(w)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	ctx, cancel := context.WithTimeout(r.Context(), p.spec.timeout)
	defer cancel()
	in, err := p.acquire(ctx)
	for errors.Is(err, errClosed) { // a new revision took over meanwhile
		if _, p = f.choose(); p == nil {
			break
		}
		in, err = p.acquire(ctx)
	}
	if err != nil {
		entry.Why = err.Error()
		f.unavailable(w, err)
		return
	}
	defer p.release(in)
	f.proxy(w, r.WithContext(ctx), p, in, trace, entry)
}

// unavailable answers for a request that got no instance.
func (f *frontend) unavailable(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, errNoInstance):
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusTooManyRequests)
		w.Write([]byte("Rate exceeded."))
	case errors.Is(err, context.DeadlineExceeded):
		timedOut(w)
	default:
		page(w, http.StatusServiceUnavailable, "Server Error",
			"The service you requested is not available yet.<p>Please try again in 30 seconds.")
	}
}

// admit lets the request through if its caller holds run.routes.invoke, and answers 401 or 403 if not. A verified
// token loses its signature on the way to the container.
func (f *frontend) admit(w http.ResponseWriter, r *http.Request, current runapi.GoogleCloudRunV2Service,
	visit *door.Visit) bool {
	on, entry := policy.In(f.name), &visit.Entry
	if visit.As(policy.Anonymous).Allow(invoke, on) == nil {
		return true
	}
	header := "X-Serverless-Authorization"
	value := r.Header.Get(header)
	if value == "" {
		header = "Authorization"
		value = r.Header.Get(header)
	}
	if value == "" {
		entry.Why =
			"The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization header."
		forbidden(w, r)
		return false
	}
	entry.Caller = ""
	scheme, raw, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		entry.Why = "the Authorization header is not a bearer token"
		unauthorized(w, r)
		return false
	}
	if err := visit.IdentifyID(strings.TrimSpace(raw), append(current.CustomAudiences, f.url())); err != nil {
		entry.Why = "the ID token does not hold: " + err.Error()
		unauthorized(w, r)
		return false
	}
	if visit.Allow(invoke, on) != nil {
		forbidden(w, r)
		return false
	}
	signed := strings.LastIndex(value, ".")
	r.Header.Set(header, value[:signed]+".SIGNATURE_REMOVED_BY_GOOGLE")
	return true
}
