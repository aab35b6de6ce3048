package salesforce

import "strings"

// Faults is trouble on demand besides calls; FAULTS.md says what each does.
type Faults struct {
	Rows     []*Row   `yaml:"rows"`
	Jobs     []*Fail  `yaml:"jobs"`
	Switches Switches `yaml:"switches"`
}

// Row is trouble with users.
type Row struct {
	User  string  `yaml:"user"`  // this username
	Rate  float64 `yaml:"rate"`  // or this share, by the seed
	Error string  `yaml:"error"` // CODE:message:FIELDS --
	// Innocents is the error that the other rows of its chunk of 200 get for it, as when a trigger fails all of them.
	Innocents string `yaml:"innocents"`
	Times     int    `yaml:"times"` // this often for each user, 0: always
	seen      map[string]int
}

// Fail makes a job fail as a whole.
type Fail struct {
	Job   int    `yaml:"job"`   // the Nth job that is processed, 0: every one
	Rows  int    `yaml:"rows"`  // after this many rows
	Error string `yaml:"error"` // errorMessage
	Abort bool   `yaml:"abort"` // another program aborts it
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
	PageSize      int      `yaml:"page_size"` // records of a query's page: fewer than 2,000
	DailyCalls    int      `yaml:"daily_calls"`
	Broken        []string `yaml:"broken_users"`         // their requests fail
	Lost          []string `yaml:"lost_answers"`         // their requests are never answered
	EmptyJobs     bool     `yaml:"empty_jobs"`           // jobs end as JobComplete and have processed nothing
	BlindFailures bool     `yaml:"blind_failed_results"` // failedResults lacks the values of columns whose header has another case
	TwiceReported bool     `yaml:"twice_reported"`       // the first row that succeeded stands in failedResults too
	ShuffleRows   bool     `yaml:"shuffle_rows"`         // rows of a chunk are carried out in no order
	InactiveUser  bool     `yaml:"inactive_user"`        // the user who signs in is inactive
	StrictSession bool     `yaml:"strict_session"`       // pending Engage requests fail when sessions end
	StrictStatus  bool     `yaml:"strict_status"`        // a status other than the word for retry is refused
}

// Enforce puts other faults in force.
func (s *Server) Enforce(f *Faults) { s.Break(f.Switches.Broken, f.Switches.Lost) }

func (s *Server) switches() *Switches { return &s.Faults().Switches }

// rowTrouble is a row's trouble, nil where there is none. The caller holds s.mu.
func (s *Server) rowTrouble(username string) *Row {
	for _, r := range s.Faults().Rows {
		if r.User != "" && !strings.EqualFold(r.User, username) {
			continue
		}
		if r.seen == nil {
			r.seen = map[string]int{}
		}
		if r.seen[username] == 0 && r.Rate > 0 && !s.Chance(r.Rate) {
			r.seen[username] = -1
		}
		if n := r.seen[username]; n < 0 || r.Times > 0 && n >= r.Times {
			continue
		}
		r.seen[username]++
		return r
	}
	return nil
}

// jobTrouble makes a job fail as a whole. The caller holds s.mu.
func (s *Server) jobTrouble(j *job) {
	for _, f := range s.Faults().Jobs {
		f.seen++
		if f.Job != 0 && f.Job != f.seen {
			continue
		}
		j.aborted = f.Abort
		j.failure = orElse(f.Error, "InternalServerError : An internal error occurred")
		if f.Rows > 0 {
			j.limit = f.Rows
		}
	}
}
