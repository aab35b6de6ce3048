package trouble

import (
	"bytes"
	"net/http"
)

// Answer is an answer that has not been sent yet.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Record carries a request out and keeps the answer, plain: a compressed one could not be changed.
func Record(serve http.HandlerFunc, r *http.Request) *Answer {
	w := &recorder{header: http.Header{}}
	r = r.Clone(r.Context())
	r.Header.Del("Accept-Encoding")
	serve(w, r)
	w.WriteHeader(http.StatusOK)
	return &Answer{w.status, w.header, w.body.Bytes()}
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// ServeHTTP sends the answer as it is.
func (a *Answer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	for name, values := range a.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body)
}
