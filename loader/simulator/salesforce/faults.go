package salesforce

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// faults is trouble on demand; FAULTS.md says what each does.
type faults struct {
	Calls    []*Call  `yaml:"calls"`
	Rows     []*Row   `yaml:"rows"`
	Jobs     []*Fail  `yaml:"jobs"`
	Switches Switches `yaml:"switches"`
}

// Call is trouble with requests.
type Call struct {
	On         string  `yaml:"on"`          // "PUT */batches": method and path, * and ? as in file names, * also over slashes
	Calls      []int   `yaml:"calls"`       // which of those requests, from 1; none: every one
	Every      int     `yaml:"every"`       // each Nth of them
	Rate       float64 `yaml:"rate"`        // this share of them, by the seed
	After      bool    `yaml:"after"`       // carried out, and only then the trouble
	Status     int     `yaml:"status"`      // answered so
	Code       string  `yaml:"code"`        // with this errorCode
	Message    string  `yaml:"message"`     // and this message
	Body       string  `yaml:"body"`        // or this very body
	RetryAfter int     `yaml:"retry_after"` // seconds, as a header
	Location   string  `yaml:"location"`    // of a redirect
	Drop       bool    `yaml:"drop"`        // the connection is cut without an answer
	Stall      string  `yaml:"stall"`       // half an answer, then silence for so long
	EndSession bool    `yaml:"end_session"` // every token is dead from here on
	seen       int
}

// Row is trouble with users.
type Row struct {
	User  string  `yaml:"user"`  // this username
	Rate  float64 `yaml:"rate"`  // or this share, by the seed
	Error string  `yaml:"error"` // CODE:message:FIELDS --
	Times int     `yaml:"times"` // so often for each user, 0: always
	seen  map[string]int
}

// Fail makes a job fail as a whole.
type Fail struct {
	Job   int    `yaml:"job"`   // the Nth job that is processed, 0: every one
	Rows  int    `yaml:"rows"`  // after so many rows
	Error string `yaml:"error"` // errorMessage
	seen  int
}

// Switches change how the org is.
type Switches struct {
	Hidden        []string `yaml:"hidden"`    // fields that the caller may not read
	ReadOnly      []string `yaml:"read_only"` // fields that the caller may not write
	MissingRights []string `yaml:"missing_rights"`
	Sandbox       bool     `yaml:"sandbox"`
	Integration   bool     `yaml:"integration_user"`
	SoapFault     bool     `yaml:"soap_fault"`
	NoAccess      bool     `yaml:"no_access"`
	StuckJobs     bool     `yaml:"stuck_jobs"`
	StuckCounters bool     `yaml:"stuck_counters"`
	Purged        bool     `yaml:"purged"`        // jobs are gone: 404
	EmptyResults  string   `yaml:"empty_results"` // "204"
	JobDelay      string   `yaml:"job_delay"`
	RequestLength int      `yaml:"request_length"`
	DailyCalls    int      `yaml:"daily_calls"`
	Broken        []string `yaml:"broken_users"` // their requests fail
	Lost          []string `yaml:"lost_answers"` // their requests are never answered
}

// SetFaults reads a faults file and puts it in force, also while the org runs.
func (s *Server) SetFaults(data []byte) error {
	f := &faults{}
	if err := yaml.UnmarshalWithOptions(data, f, yaml.Strict()); err != nil {
		return fmt.Errorf("faults: %w", err)
	}
	s.mu.Lock()
	s.faults = f
	s.mu.Unlock()
	s.org.Lock()
	defer s.org.Unlock()
	s.org.SetBroken(set(f.Switches.Broken), set(f.Switches.Lost))
	return nil
}

func set(names []string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}

func (s *Server) switches() Switches {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults.Switches
}

func (s *Server) integration() bool { return s.switches().Integration }

// trouble finds what is to go wrong with a request.
func (s *Server) trouble(method, clean string) *Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.faults.Calls {
		want, glob, found := strings.Cut(c.On, " ")
		if !found {
			want, glob = "*", c.On
		}
		if want != "*" && want != method || !matches(glob, clean) {
			continue
		}
		c.seen++
		switch {
		case len(c.Calls) > 0 && !slices.Contains(c.Calls, c.seen), c.Every > 0 && c.seen%c.Every != 0, c.Rate > 0 && s.random.Float64() >= c.Rate:
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
func (s *Server) suffer(w *answer, c *Call) {
	if c.EndSession {
		s.EndSessions()
		refuse(w, 401, "INVALID_SESSION_ID", "Session expired or invalid")
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
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("[{"))
		if f, ok := w.ResponseWriter.(http.Flusher); ok {
			f.Flush()
		}
		if d, err := time.ParseDuration(c.Stall); err == nil {
			time.Sleep(d)
		}
		panic(http.ErrAbortHandler)
	case c.Body != "":
		w.WriteHeader(c.Status)
		_, _ = w.Write([]byte(c.Body))
	default:
		refuse(w, c.Status, orElse(c.Code, "UNKNOWN_EXCEPTION"), orElse(c.Message, "An unexpected error occurred"))
	}
}

// rowTrouble is a row's error, "" where there is none. The caller holds s.mu.
func (s *Server) rowTrouble(username string) string {
	for _, r := range s.faults.Rows {
		if r.User != "" && !strings.EqualFold(r.User, username) {
			continue
		}
		if r.seen == nil {
			r.seen = map[string]int{}
		}
		if r.seen[username] == 0 && r.Rate > 0 && s.random.Float64() >= r.Rate {
			r.seen[username] = -1
		}
		if n := r.seen[username]; n < 0 || r.Times > 0 && n >= r.Times {
			continue
		}
		r.seen[username]++
		return r.Error
	}
	return ""
}

// jobTrouble makes a job fail as a whole. The caller holds s.mu.
func (s *Server) jobTrouble(j *job) {
	for _, f := range s.faults.Jobs {
		f.seen++
		if f.Job != 0 && f.Job != f.seen {
			continue
		}
		j.failure = orElse(f.Error, "InternalServerError : An internal error occurred")
		if f.Rows > 0 {
			j.limit = f.Rows
		}
	}
}

// The same for callers that hold s.mu already.

func (s *Server) switchesLocked() Switches { return s.faults.Switches }

func (s *Server) fieldNamedLocked(name string) *field {
	for i := range fields {
		if strings.EqualFold(fields[i].name, name) && !containsFold(s.faults.Switches.Hidden, name) {
			return &fields[i]
		}
	}
	return nil
}

func (s *Server) isEditableLocked(f *field) bool {
	return f.editable && !containsFold(s.faults.Switches.ReadOnly, f.name)
}
