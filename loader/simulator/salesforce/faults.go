package salesforce

import (
	"strings"

	"rosterload/loader/simulator/front"
)

// Faults is trouble on demand; FAULTS.md says what each does.
type Faults struct {
	Calls    []*front.Call `yaml:"calls"`
	Rows     []*Row        `yaml:"rows"`
	Jobs     []*Fail       `yaml:"jobs"`
	Switches Switches      `yaml:"switches"`
}

// Row is trouble with users.
type Row struct {
	User  string  `yaml:"user"`  // this username
	Rate  float64 `yaml:"rate"`  // or this share, by the seed
	Error string  `yaml:"error"` // CODE:message:FIELDS --
	// Innocents is the error that the other rows of its chunk of 200 get for it, as when a trigger fails all of them.
	Innocents string `yaml:"innocents"`
	Times     int    `yaml:"times"` // so often for each user, 0: always
	seen      map[string]int
}

// Fail makes a job fail as a whole.
type Fail struct {
	Job   int    `yaml:"job"`   // the Nth job that is processed, 0: every one
	Rows  int    `yaml:"rows"`  // after so many rows
	Error string `yaml:"error"` // errorMessage
	Abort bool   `yaml:"abort"` // somebody else aborts it
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
	Broken        []string `yaml:"broken_users"`         // their requests fail
	Lost          []string `yaml:"lost_answers"`         // their requests are never answered
	EmptyJobs     bool     `yaml:"empty_jobs"`           // jobs end as JobComplete and have processed nothing
	BlindFailures bool     `yaml:"blind_failed_results"` // failedResults lacks the values of columns whose header has another case
	ShuffleRows   bool     `yaml:"shuffle_rows"`         // rows of a chunk are carried out in no order
	InactiveUser  bool     `yaml:"inactive_user"`        // the user who signs in is inactive
	StrictSession bool     `yaml:"strict_session"`       // pending Engage requests fail when sessions end
	StrictStatus  bool     `yaml:"strict_status"`        // a status other than the word for retry is refused
}

// SetFaults reads a faults file and puts it in force, also while the org runs.
func (s *Server) SetFaults(data []byte) error {
	f, err := front.ReadFaults[Faults](data)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.faults = f
	s.mu.Unlock()
	s.SetTrouble(f.Calls, data)
	s.org.Lock()
	defer s.org.Unlock()
	s.org.SetBroken(front.Named(f.Switches.Broken), front.Named(f.Switches.Lost))
	return nil
}

func (s *Server) switches() Switches {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults.Switches
}

func (s *Server) integration() bool { return s.switches().Integration }

// rowTrouble is a row's trouble, nil where there is none. The caller holds s.mu.
func (s *Server) rowTrouble(username string) *Row {
	for _, r := range s.faults.Rows {
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
	for _, f := range s.faults.Jobs {
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

// The same for callers that hold s.mu already.

func (s *Server) switchesLocked() Switches { return s.faults.Switches }

func (s *Server) fieldNamedLocked(name string) *field {
	if containsFold(s.faults.Switches.Hidden, name) {
		return nil
	}
	for i := range s.moreFields {
		if strings.EqualFold(s.moreFields[i].name, name) {
			return &s.moreFields[i]
		}
	}
	for i := range fields {
		if strings.EqualFold(fields[i].name, name) {
			return &fields[i]
		}
	}
	return nil
}

func (s *Server) isEditableLocked(f *field) bool {
	return f.editable && !containsFold(s.faults.Switches.ReadOnly, f.name)
}
