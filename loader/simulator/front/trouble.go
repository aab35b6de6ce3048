package front

import (
	"cmp"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Call is trouble with requests.
type Call struct {
	On         string  `yaml:"on"`          // "PUT */batches": method and path, * and ? as in file names, * also over slashes
	Calls      []int   `yaml:"calls"`       // which of those requests, from 1; none: every one
	Every      int     `yaml:"every"`       // each Nth of them
	Rate       float64 `yaml:"rate"`        // this share of them, by the seed
	After      bool    `yaml:"after"`       // carried out, and only then the trouble
	Status     int     `yaml:"status"`      // answered so
	Code       string  `yaml:"code"`        // with this error code
	Message    string  `yaml:"message"`     // and this message
	Body       string  `yaml:"body"`        // or this very body
	RetryAfter int     `yaml:"retry_after"` // seconds, as a header
	Location   string  `yaml:"location"`    // of a redirect
	Drop       bool    `yaml:"drop"`        // the connection is cut without an answer
	Stall      string  `yaml:"stall"`       // half an answer, then silence for so long
	EndSession bool    `yaml:"end_session"` // every session is dead from here on
	seen       int
}

// SetTrouble puts these in force. Source is the faults file that they come from.
func (f *Front) SetTrouble(calls []*Call, source []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.troubles, f.source = calls, source
}

// Chance tells whether something that happens to a share of cases happens now.
func (f *Front) Chance(share float64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.random.Float64() < share
}

// trouble finds what is to go wrong with a request.
func (f *Front) trouble(method, clean string) *Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.troubles {
		want, glob, found := strings.Cut(c.On, " ")
		if !found {
			want, glob = "*", c.On
		}
		if want != "*" && want != method || !matches(glob, clean) {
			continue
		}
		c.seen++
		switch {
		case len(c.Calls) > 0 && !slices.Contains(c.Calls, c.seen), c.Every > 0 && c.seen%c.Every != 0, c.Rate > 0 && f.random.Float64() >= c.Rate:
			continue
		}
		return c
	}
	return nil
}

// matches is path.Match with stars that also stand for slashes.
func matches(glob, clean string) bool {
	hide := strings.NewReplacer("/", "\x01")
	ok, err := path.Match(hide.Replace(glob), hide.Replace(clean))
	return err == nil && ok
}

// suffer is the trouble itself.
func (c *Call) suffer(w *answer, to Protocol) {
	if c.EndSession {
		to.EndSessions()
		to.Refuse(w, http.StatusUnauthorized, "INVALID_SESSION_ID", "Session expired or invalid")
		return
	}
	if c.RetryAfter > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(c.RetryAfter))
	}
	if c.Location != "" {
		w.Header().Set("Location", c.Location)
	}
	switch {
	case c.Drop:
		panic(http.ErrAbortHandler)
	case c.Stall != "":
		c.stall(w)
	case c.Body != "":
		w.WriteHeader(max(c.Status, http.StatusOK))
		_, _ = w.Write([]byte(c.Body))
	case c.Status == 0:
		to.Refuse(w, http.StatusInternalServerError, cmp.Or(c.Code, "UNKNOWN_EXCEPTION"), cmp.Or(c.Message, "An unexpected error occurred"))
	default:
		to.Refuse(w, c.Status, cmp.Or(c.Code, "UNKNOWN_EXCEPTION"), cmp.Or(c.Message, "An unexpected error occurred"))
	}
}

// stall sends the beginning of an answer and then nothing.
func (c *Call) stall(w *answer) {
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte("[{"))
	if f, ok := w.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
	if d, err := time.ParseDuration(c.Stall); err == nil {
		time.Sleep(d)
	}
	panic(http.ErrAbortHandler)
}

// ReadFaults reads a faults file of a pretend org's own shape; an unknown word is an error.
func ReadFaults[F any](data []byte) (*F, error) {
	f := new(F)
	if err := yaml.UnmarshalWithOptions(data, f, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("faults: %w", err)
	}
	return f, nil
}

// Named makes a set of the names in a faults file.
func Named(names []string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}
