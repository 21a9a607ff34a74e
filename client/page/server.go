// Package page is a way to the converter for everything on this machine: a page for people, and the service's own HTTP
// forms below the same address for programs, which need not sign in.
//
// Whoever knows the address may convert. It is on loopback, holds a random token, and is refused to web sites: a call
// whose Host is not this server's (DNS rebinding) or whose Origin is another's is answered 403.
package page

import (
	"crypto/rand"
	"crypto/subtle"
	"embed"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"docx2pdf/client/trouble"
)

//go:embed files
var files embed.FS

// Server answers on one loopback address.
type Server struct {
	token    string
	hosts    []string
	listener net.Listener
	http     *http.Server
}

// Config is what a server works with.
type Config struct {
	// Service is the converter's URL.
	Service string
	Tokens  oauth2.TokenSource
	// Address is where to listen, a loopback address. Port 0 takes a free one.
	Address string
	// Token is in the path of every request. "" makes one.
	Token string
}

// Listen starts a server. Serve answers its requests.
func Listen(c Config) (*Server, error) {
	host, _, err := net.SplitHostPort(c.Address)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, errors.New("the page is for this machine only: the address must be of loopback, such as 127.0.0.1:0")
	}
	service, err := url.Parse(c.Service)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", c.Address)
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	s := &Server{token: c.Token, listener: listener, hosts: []string{listener.Addr().String(), "localhost:" + port}}
	if s.token == "" {
		s.token = rand.Text()
	}
	mux := http.NewServeMux()
	base := "/" + s.token
	forms := http.StripPrefix(base, proxy(service, c.Tokens))
	content, err := fs.Sub(files, "files")
	if err != nil {
		return nil, err
	}
	mux.Handle("GET "+base+"/{$}", http.StripPrefix(base, http.FileServerFS(content)))
	mux.Handle("GET "+base+"/page/", http.StripPrefix(base, http.FileServerFS(content)))
	mux.Handle(base+"/", forms)
	mux.Handle(base, forms) // clients that put nothing behind the address
	mux.HandleFunc("/", unknown)
	s.http = &http.Server{Handler: s.guarded(mux), ReadHeaderTimeout: 10 * time.Second}
	return s, nil
}

// URL is where the page is, with the token.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() + "/" + s.token + "/" }

// Serve answers requests until Close.
func (s *Server) Serve() error {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Close stops at once; what is being converted is cut off.
func (s *Server) Close() error { return s.http.Close() }

// guarded refuses what a web site could have a browser send.
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		switch {
		case !s.ownHost(r.Host):
			refuse(w, http.StatusForbidden, "forbidden_host", "this address is for programs on this machine; call "+s.hosts[0])
		case !s.ownOrigin(r):
			refuse(w, http.StatusForbidden, "forbidden_origin", "web sites may not call this address")
		case !s.knowsToken(r.URL.Path):
			unknown(w, r)
		default:
			header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
				"connect-src 'self'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'")
			// The address ends with a slash, behind which programs put paths that begin with one.
			if rest, doubled := strings.CutPrefix(r.URL.Path, "/"+s.token+"//"); doubled {
				r.URL.Path, r.URL.RawPath = "/"+s.token+"/"+rest, ""
			}
			next.ServeHTTP(w, r)
		}
	})
}

func (s *Server) ownHost(host string) bool {
	for _, own := range s.hosts {
		if strings.EqualFold(host, own) {
			return true
		}
	}
	return false
}

// ownOrigin lets the page itself in, and programs, which name no origin.
func (s *Server) ownOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	return origin == "" || s.ownHost(strings.TrimPrefix(origin, "http://"))
}

func (s *Server) knowsToken(path string) bool {
	token, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) == 1
}

func unknown(w http.ResponseWriter, _ *http.Request) {
	refuse(w, http.StatusNotFound, "not_found", "there is nothing here; use the whole address that client serve printed")
}

// refuse answers in the service's form.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"error": message, "code": code})
}

// proxy passes requests on to the service, signed in.
func proxy(service *url.URL, tokens oauth2.TokenSource) http.Handler {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	return &httputil.ReverseProxy{
		Transport: &oauth2.Transport{Source: tokens, Base: transport},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(service)
			r.Out.Host = service.Host
			for _, name := range []string{"Authorization", "Cookie", "Origin", "Referer"} {
				r.Out.Header.Del(name)
			}
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() != nil {
				return
			}
			message := err.Error()
			if found := trouble.Of(err); found != nil {
				message = found.Error()
			}
			refuse(w, http.StatusBadGateway, "service_unreachable", message)
		},
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
}
