package run

import (
	"fmt"
	"html"
	"io"
	"net/http"
)

// The bodies of Cloud Run's front end.

func escape(path string) string { return html.EscapeString(path) }

func page(w http.ResponseWriter, code int, heading, text string) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.WriteHeader(code)
	fmt.Fprintf(w,
		"<html><head>\n<meta http-equiv=\"content-type\" content=\"text/html;charset=utf-8\">\n<title>%d "+
			"%s</title>\n</head>\n<body text=#000000 bgcolor=#ffffff>\n<h1>Error: "+
			"%s</h1>\n<h2>%s</h2>\n<h2></h2>\n</body></html>\n", code,
		http.StatusText(code), heading, text)
}

func forbidden(w http.ResponseWriter, r *http.Request) {
	page(w, http.StatusForbidden, "Forbidden", "Your client does not have permission to get URL <code>"+escape(r.URL.Path)+
		"</code> from this server.")
}

func unauthorized(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WWW-Authenticate",
		`Bearer error="invalid_token" error_description="The access token could not be verified"`)
	page(w, http.StatusUnauthorized, "Unauthorized", "Your client does not have permission to the requested URL <code>"+
		escape(r.URL.Path)+"</code>.")
}

func tooLarge(w http.ResponseWriter) {
	w.Header().Set("Connection", "close")
	page(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large",
		"Your client issued a request that was too large.")
}

func timedOut(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(http.StatusGatewayTimeout)
	io.WriteString(w, "upstream request timeout")
}

func malformed(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(http.StatusServiceUnavailable)
	io.WriteString(w, "Service Unavailable")
}
