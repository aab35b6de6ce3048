// Package front is what stands in front of every pretend org: it remembers what was asked, keeps the list of broken
// promises, makes trouble on demand, and serves the pages under /_sim.
package front

import (
	"io"
	"math/rand/v2"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rosterload/loader/simulator"
	"rosterload/loader/simulator/trouble"
)

// Org is a pretend org behind its front. F is what its faults file may hold besides calls.
type Org[F any] interface {
	// Route answers a request. The path has no doubled and no trailing slashes; Body has the body.
	Route(w http.ResponseWriter, r *http.Request)
	// Refuse answers in the protocol's own words, for trouble.
	Refuse(w http.ResponseWriter, status int, code, message string)
	// EndSessions makes every token, or session, dead.
	EndSessions()
	// Enforce is called when other faults are in force.
	Enforce(faults *F)
	// Save writes the users as a CSV.
	Save(w io.Writer) error
}

// Front is safe for several goroutines. Each pretend org embeds one.
type Front[F any] struct {
	Pages *http.ServeMux // what is below /_sim, and the page for people at /

	guarded http.Handler // Pages, which a page of another site may not tell anything
	org     Org[F]
	options simulator.Options
	now     func() time.Time
	secret  func(path string) bool // whose bodies are not kept
	faults  atomic.Pointer[F]

	mu       sync.Mutex
	calls    int
	requests []Asked
	broken   []string
	tokens   []string // never shown
	troubles trouble.Calls
	source   []byte // the faults file in force
	random   *rand.Rand
}

// New makes the front of an org. Secret tells of paths whose bodies hold credentials.
func New[F any](o simulator.Options, org Org[F], secret func(path string) bool) *Front[F] {
	f := &Front[F]{
		Pages: http.NewServeMux(), org: org, options: o, now: o.Now, secret: secret,
		random: rand.New(rand.NewPCG(uint64(o.Seed), 7)),
	}
	if f.now == nil {
		f.now = time.Now
	}
	f.guarded = http.NewCrossOriginProtection().Handler(f.Pages)
	f.faults.Store(new(F))
	f.addPages()
	return f
}

var slashes = regexp.MustCompile(`/{2,}`)

// Clean takes doubled and trailing slashes out of a path.
func Clean(p string) string { return path.Clean(slashes.ReplaceAllString("/"+p, "/")) }

// ServeHTTP answers what is asked of a pretend org, and all else by its protocol.
func (f *Front[F]) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = cleaned(r)
	if r.URL.Path == "/" || r.URL.Path == "/_sim" || strings.HasPrefix(r.URL.Path, "/_sim/") {
		f.guarded.ServeHTTP(w, r)
		return
	}
	f.serve(w, r)
}

// cleaned is a request whose path has no doubled and no trailing slashes.
func cleaned(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	r.URL.Path = Clean(r.URL.Path)
	if r.URL.RawPath != "" {
		r.URL.RawPath = Clean(r.URL.RawPath)
	}
	return r
}

// serve counts and remembers a request, makes the trouble that is due, and hands the request on.
func (f *Front[F]) serve(w http.ResponseWriter, r *http.Request) {
	at := f.now()
	body, err := readBody(r)
	zipped := r.Method != http.MethodHead && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
	out := &answer{ResponseWriter: w, gzip: zipped}
	defer out.close()
	number := f.remember(r, body, at)
	defer func() { f.finish(number, out.status) }()
	if err != nil {
		f.org.Refuse(out, http.StatusBadRequest, "UNKNOWN_EXCEPTION",
			"The Content-Encoding of the message specifies GZIP, but the data is not in valid GZIP format")
		return
	}
	r.Body = newBody(body)
	if call := f.trouble(r); call != nil {
		f.suffer(out, r, call)
		return
	}
	f.org.Route(out, r)
}

func (f *Front[F]) trouble(r *http.Request) *trouble.Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.troubles.Next(r.Method, r.URL.Path, func(share float64) bool { return f.random.Float64() < share })
}

// suffer answers with trouble.
func (f *Front[F]) suffer(w http.ResponseWriter, r *http.Request, call *trouble.Call) {
	if call.EndSession {
		f.org.EndSessions()
		f.org.Refuse(w, http.StatusUnauthorized, "INVALID_SESSION_ID", "Session expired or invalid")
		return
	}
	call.Apply(w, r, f.org.Route, func(w http.ResponseWriter, _ *http.Request) {
		status, code, message := call.Status, call.Code, call.Message
		if status == 0 {
			status = http.StatusInternalServerError
		}
		if code == "" {
			code = "UNKNOWN_EXCEPTION"
		}
		if message == "" {
			message = "An unexpected error occurred"
		}
		f.org.Refuse(w, status, code, message)
	})
}

// Chance tells whether something that happens to a share of cases happens now.
func (f *Front[F]) Chance(share float64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.random.Float64() < share
}

// Violations are the broken promises so far.
func (f *Front[F]) Violations() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.broken...)
}

// Close keeps the org where that was asked for.
func (f *Front[F]) Close() error { return keep(f.options.Save, f.org.Save) }
