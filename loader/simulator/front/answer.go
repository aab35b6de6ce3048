package front

import (
	"compress/gzip"
	"net/http"
)

// answer remembers the status, and compresses a body when that was asked for.
type answer struct {
	http.ResponseWriter
	status int
	gzip   bool // asked for
	sent   bool // the header
	zip    *gzip.Writer
}

// WriteHeader keeps the status; it is sent with the first byte of a body, or at the end of an answer without one.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write is 200 unless another status was written. A body of announced length is not compressed.
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if !a.sent && a.gzip && len(p) > 0 && a.Header().Get("Content-Length") == "" {
		a.Header().Set("Content-Encoding", "gzip")
		a.zip, _ = gzip.NewWriterLevel(a.ResponseWriter, gzip.BestSpeed)
	}
	a.send()
	if a.zip != nil {
		return a.zip.Write(p)
	}
	return a.ResponseWriter.Write(p)
}

// Flush sends what was written so far.
func (a *answer) Flush() {
	a.send()
	if f, ok := a.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

func (a *answer) send() {
	if !a.sent && a.status != 0 {
		a.sent = true
		a.ResponseWriter.WriteHeader(a.status)
	}
}

// close ends an answer. One that was cut off ends with a panic, and what is left of it is not sent.
func (a *answer) close() {
	if a.zip != nil {
		_ = a.zip.Close()
	}
	a.send()
}
