package vault

import "strings"

// Faults is trouble on demand besides calls; FAULTS.md says what each does.
type Faults struct {
	Rows     []*Row   `yaml:"rows"`
	Switches Switches `yaml:"switches"`
}

// Row is trouble with users.
type Row struct {
	User    string `yaml:"user"`    // this username; empty: every user
	Error   string `yaml:"error"`   // the type: RACE_CONDITION
	Message string `yaml:"message"` // and its sentence
	Times   int    `yaml:"times"`   // this often for each user, 0: always
	seen    map[string]int
}

// Switches change how the Vault is.
type Switches struct {
	WrongVault      bool     `yaml:"wrong_vault"`       // a sign-in ends in another Vault
	NoAPIAccess     bool     `yaml:"no_api_access"`     // signing in works, and nothing else
	LoginError      string   `yaml:"login_error"`       // USER_LOCKED_OUT, PASSWORD_CHANGE_REQUIRED, INACTIVE_USER
	LoginsPerMinute int      `yaml:"logins_per_minute"` // 0: no limit
	SessionCalls    int      `yaml:"session_calls"`     // a session ends after this many calls
	SessionMinutes  int      `yaml:"session_minutes"`
	StrictSession   bool     `yaml:"strict_session"` // pending requests fail when their session is ended
	BurstLimit      int      `yaml:"burst_limit"`    // 2000
	BurstDelay      string   `yaml:"burst_delay"`    // of each call beyond it
	PageSize        int      `yaml:"page_size"`      // the Vault makes its pages smaller than asked for
	Blank           string   `yaml:"blank"`          // keep: an empty CSV cell leaves the field as it is
	Hidden          []string `yaml:"hidden"`
	ReadOnly        []string `yaml:"read_only"`
	NoBusinessAdmin bool     `yaml:"no_business_admin"` // the caller may not ask for Engage groups
	NoCaseFolding   bool     `yaml:"no_case_folding"`   // CASEINSENSITIVE is not known
	RequestLength   int      `yaml:"request_length"`    // 255
	Broken          []string `yaml:"broken_users"`      // their requests fail
	Lost            []string `yaml:"lost_answers"`      // their requests are never answered
}

// Enforce puts other faults in force.
func (s *Server) Enforce(f *Faults) { s.Break(f.Switches.Broken, f.Switches.Lost) }

func (s *Server) switches() *Switches { return &s.Faults().Switches }

// rowTrouble is what is to go wrong with a user's row, nil for nothing.
func (s *Server) rowTrouble(username string) *trouble {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.Faults().Rows {
		if r.User != "" && !strings.EqualFold(r.User, username) {
			continue
		}
		if r.seen == nil {
			r.seen = map[string]int{}
		}
		if r.Times > 0 && r.seen[username] >= r.Times {
			continue
		}
		r.seen[username]++
		return &trouble{r.Error, r.Message}
	}
	return nil
}
