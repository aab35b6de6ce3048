package front

import "net/http"

// Routes answers by method and path, with the patterns of http.ServeMux. What fits none of them is answered in the
// org's own words.
type Routes struct {
	mux         *http.ServeMux
	NotFound    http.HandlerFunc
	WrongMethod func(w http.ResponseWriter, r *http.Request, allowed string) // allowed is in the header Allow already
}

// Handle adds a pattern such as "GET /users/{id}".
func (t *Routes) Handle(pattern string, serve http.HandlerFunc) {
	if t.mux == nil {
		t.mux = http.NewServeMux()
	}
	t.mux.HandleFunc(pattern, serve)
}

// ServeHTTP answers a request whose path is clean.
func (t *Routes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, pattern := t.mux.Handler(r)
	if pattern != "" {
		t.mux.ServeHTTP(w, r)
		return
	}
	var why refusal
	h.ServeHTTP(&why, r)
	if why.status != http.StatusMethodNotAllowed {
		t.NotFound(w, r)
		return
	}
	allowed := why.Header().Get("Allow")
	w.Header().Set("Allow", allowed)
	t.WrongMethod(w, r, allowed)
}

// refusal is what ServeMux says where no pattern fits: 404, or 405 with Allow.
type refusal struct {
	header http.Header
	status int
}

func (f *refusal) Header() http.Header {
	if f.header == nil {
		f.header = http.Header{}
	}
	return f.header
}
func (f *refusal) WriteHeader(status int)      { f.status = status }
func (f *refusal) Write(p []byte) (int, error) { return len(p), nil }
