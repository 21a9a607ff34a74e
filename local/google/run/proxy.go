package run

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"

	runapi "google.golang.org/api/run/v2"

	"docx2pdf/local/machinery/traffic"
)

// proxy hands the request to an instance and its answer back, with the headers that Cloud Run adds and takes away.
func (f *frontend) proxy(w http.ResponseWriter, r *http.Request, p *pool, in *instance, trace trace,
	entry *traffic.Entry) {
	proxy := httputil.ReverseProxy{
		FlushInterval: -1,
		Transport:     transportOf(in.spec.template),
		Rewrite: func(pr *httputil.ProxyRequest) {
			pr.SetURL(&url.URL{Scheme: "http", Host: in.address})
			pr.Out.Host = pr.In.Host
			client, _, _ := net.SplitHostPort(pr.In.RemoteAddr)
			pr.Out.Header.Set("X-Forwarded-For", client)
			pr.Out.Header.Set("X-Forwarded-Proto", "https")
			pr.Out.Header.Set("Forwarded", fmt.Sprintf("for=%q;proto=https", client))
			pr.Out.Header.Set("X-Cloud-Trace-Context", trace.header())
			pr.Out.Header.Set("Traceparent", trace.parent())
		},
		ModifyResponse: func(response *http.Response) error {
			response.Header.Del("Server") // the front end's stands
			response.Header.Del("X-Cloud-Trace-Context")
			if len(response.Header["Set-Cookie"]) > 0 {
				response.Header.Set("Cache-Control", "private")
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			var large *http.MaxBytesError
			switch {
			case errors.As(err, &large):
				entry.Why = "the body is over 32 MiB"
				tooLarge(w)
			case errors.Is(r.Context().Err(), context.Canceled):
				entry.Why = "the client went away"
				malformed(w)
			case errors.Is(r.Context().Err(), context.DeadlineExceeded):
				entry.Why = "the request took longer than the service's timeout"
				in.log("ERROR", "The request has been terminated because it has reached the maximum request timeout.")
				timedOut(w)
			default:
				entry.Why = "The request failed because either the HTTP response was malformed or connection to the instance " +
					"had an error: " + err.Error()
				in.log("ERROR", entry.Why)
				p.suspect(in)
				malformed(w)
			}
		},
	}
	proxy.ServeHTTP(w, r)
}

var (
	http1 = &http.Transport{MaxIdleConnsPerHost: 100, DisableCompression: true}
	h2c   = func() *http.Transport {
		t := &http.Transport{DisableCompression: true, Protocols: new(http.Protocols)}
		t.Protocols.SetUnencryptedHTTP2(true)
		return t
	}()
)

// transportOf speaks HTTP/2 without TLS to containers whose port is named h2c.
func transportOf(c *runapi.GoogleCloudRunV2Container) http.RoundTripper {
	if c.Ports[0].Name == "h2c" {
		return h2c
	}
	return http1
}
