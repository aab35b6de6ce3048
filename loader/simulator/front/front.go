// Package front is what stands in front of every pretend org: it remembers what was asked, keeps the list of broken promises, and makes
// trouble on demand.
package front

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"

	"rosterload/loader/simulator"
)

// Protocol is a pretend org behind the front.
type Protocol interface {
	// Route answers a request. Path is cleaned: no doubled and no trailing slashes.
	Route(w http.ResponseWriter, r *http.Request, path string, body []byte)
	// Refuse answers in the protocol's own words, for trouble.
	Refuse(w http.ResponseWriter, status int, code, message string)
	// EndSessions makes every token, or session, dead.
	EndSessions()
}

// Asked is one request as the org saw it. Tokens are not kept.
type Asked struct {
	Number int       `json:"number"`
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"`
	Body   string    `json:"body,omitempty"` // its first 64 KiB
	Size   int       `json:"size"`
	Status int       `json:"status"`
}

// Front is safe for several goroutines.
type Front struct {
	now      func() time.Time
	log      io.Writer
	secret   func(path string) bool // whose bodies are not kept
	mu       sync.Mutex
	calls    int
	requests []Asked
	broken   []string
	troubles []*Call
	source   []byte // the faults file in force
	random   *rand.Rand
}

// New makes a front. Secret tells of paths whose bodies hold credentials.
func New(o simulator.Options, secret func(path string) bool) *Front {
	f := &Front{now: o.Now, log: o.Log, secret: secret, random: rand.New(rand.NewPCG(uint64(o.Seed), 7))}
	if f.now == nil {
		f.now = time.Now
	}
	return f
}

var slashes = regexp.MustCompile(`/{2,}`)

// Clean takes doubled and trailing slashes out of a path.
func Clean(p string) string { return path.Clean(slashes.ReplaceAllString(p, "/")) }

// Serve counts and remembers a request, lets trouble have its way, and hands it on.
func (f *Front) Serve(w http.ResponseWriter, r *http.Request, to Protocol) {
	clean := Clean(r.URL.Path)
	body, err := readBody(r)
	out := &answer{ResponseWriter: w, gzip: r.Method != http.MethodHead && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")}
	defer out.close()
	number := f.remember(r, clean, body)
	defer func() { f.finish(number, out.status) }()
	if err != nil {
		to.Refuse(out, http.StatusBadRequest, "UNKNOWN_EXCEPTION", "The Content-Encoding of the message specifies GZIP, but the data is not in valid GZIP format")
		return
	}
	trouble := f.trouble(r.Method, clean)
	if trouble == nil {
		to.Route(out, r, clean, body)
		return
	}
	if trouble.After { // carried out, but never answered
		to.Route(&answer{ResponseWriter: silence{}}, r, clean, body)
	}
	trouble.suffer(out, to)
}

// silence takes an answer that nobody hears.
type silence struct{}

func (silence) Header() http.Header         { return http.Header{} }
func (silence) Write(p []byte) (int, error) { return len(p), nil }
func (silence) WriteHeader(int)             {}

// answer remembers the status.
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

// Write is 200 where nobody said otherwise. A body is compressed when that was asked for.
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

func (a *answer) send() {
	if !a.sent && a.status != 0 {
		a.sent = true
		a.ResponseWriter.WriteHeader(a.status)
	}
}

// close ends an answer. One that was cut off ends with a panic and is left as it is.
func (a *answer) close() {
	if a.zip != nil {
		_ = a.zip.Close()
	}
	a.send()
}

func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil || len(body) == 0 {
		return body, err
	}
	var plain io.Reader
	switch strings.ToLower(r.Header.Get("Content-Encoding")) {
	case "gzip":
		plain, err = gzip.NewReader(bytes.NewReader(body))
	case "deflate":
		plain, err = zlib.NewReader(bytes.NewReader(body))
	default:
		return body, nil
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(plain)
}

const (
	keptRequests = 10_000
	keptBody     = 64 << 10
)

func (f *Front) remember(r *http.Request, clean string, body []byte) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	a := Asked{Number: f.calls, At: f.now().UTC(), Method: r.Method, Path: clean, Query: r.URL.RawQuery, Size: len(body)}
	if !f.secret(clean) {
		a.Body = string(body[:min(len(body), keptBody)])
	}
	f.requests = append(f.requests, a)
	if len(f.requests) > keptRequests {
		f.requests = f.requests[len(f.requests)-keptRequests/2:]
	}
	return f.calls
}

func (f *Front) finish(number, status int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := len(f.requests) - 1; i >= 0; i-- {
		if f.requests[i].Number == number {
			f.requests[i].Status = status
			if a := f.requests[i]; f.log != nil {
				fmt.Fprintf(f.log, "%s %d %s %s %d bytes -> %d\n", a.At.Format("15:04:05.000"), a.Number, a.Method, a.Path, a.Size, a.Status)
			}
			return
		}
	}
}

// Calls is how many requests there were.
func (f *Front) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// Requests are what was asked so far.
func (f *Front) Requests() []Asked {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Asked{}, f.requests...)
}

// Violations are the broken promises so far.
func (f *Front) Violations() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.broken...)
}

// Violate adds a broken promise.
func (f *Front) Violate(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = append(f.broken, fmt.Sprintf(format, args...))
}

// Admin answers what every pretend org tells about itself, and whether it was asked for.
func (f *Front) Admin(w http.ResponseWriter, r *http.Request, clean string, org simulator.Simulator, faults func([]byte) error) bool {
	switch clean {
	case "/_sim/users.csv":
		w.Header().Set("Content-Type", "text/csv; charset=UTF-8")
		_ = org.Save(w)
	case "/_sim/requests":
		writeJSON(w, f.Requests())
	case "/_sim/violations":
		writeJSON(w, f.Violations())
	case "/_sim/faults":
		f.adminFaults(w, r, faults)
	default:
		return false
	}
	return true
}

// adminFaults shows the faults in force as they were written, or puts others in force.
func (f *Front) adminFaults(w http.ResponseWriter, r *http.Request, faults func([]byte) error) {
	if r.Method != http.MethodPut {
		f.mu.Lock()
		defer f.mu.Unlock()
		w.Header().Set("Content-Type", "text/yaml; charset=UTF-8")
		_, _ = w.Write(f.source)
		return
	}
	data, err := io.ReadAll(r.Body)
	if err == nil {
		err = faults(data)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_ = json.NewEncoder(w).Encode(v)
}

// Keep writes an org into its file, whole or not at all.
func Keep(file string, save func(io.Writer) error) error {
	if file == "" {
		return nil
	}
	f, err := os.CreateTemp(path.Dir(file), ".org-*")
	if err != nil {
		return err
	}
	if err := save(f); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
