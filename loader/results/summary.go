package results

import (
	"fmt"
	"strings"

	"rosterload/transform"
)

// Summary is summary.json: what one revision of a run's results adds up to.
type Summary struct {
	Run       string         `json:"run"`
	Revision  int            `json:"revision"`
	Final     bool           `json:"final"` // the run is over
	Target    string         `json:"target"`
	Kind      string         `json:"kind"`
	Pretend   bool           `json:"pretend"`
	Org       Org            `json:"org"`
	As        string         `json:"as"` // the org's user
	By        string         `json:"by"` // the system's user and host
	Version   string         `json:"version"`
	Options   any            `json:"options"`
	Roster    Roster         `json:"roster"`
	Jobs      []Job          `json:"jobs"`
	StartedAt string         `json:"started_at"` // RFC 3339, UTC
	EndedAt   string         `json:"ended_at"`
	Success   int            `json:"success"`
	Failed    int            `json:"failed"`
	Pending   int            `json:"pending"`
	Skipped   int            `json:"skipped"`
	Results   map[string]int `json:"results"` // all eight words
	Reasons   []Reason       `json:"reasons"` // the most frequent first
	Files     Files          `json:"files"`
	Exit      int            `json:"exit"`
	Next      string         `json:"next"`

	Plan *Plan `json:"plan,omitempty"`
	// WouldSend counts the rows of a plan that is sealed and unsent, by action.
	WouldSend map[string]int `json:"would_send,omitempty"`
	Stopped   string         `json:"stopped,omitempty"`  // the org's sentence of a job that it gave up
	Assigned  int            `json:"assigned,omitempty"` // rows that hold something now and held nothing before
	Trusted   int            `json:"trusted,omitempty"`  // Pending rows that are taken for done on trust
	// Beyond counts, by result word, the changes that no line asked for.
	Beyond       map[string]int `json:"beyond_roster,omitempty"`
	SameFailures int            `json:"same_failures"` // failed in the run before, too: same key, same code
	Warnings     []string       `json:"warnings,omitempty"`

	ResultsSHA256 string `json:"results_sha256,omitempty"` // of the results file
	Mends         string `json:"mends,omitempty"`          // the run whose failed.csv this roster was
	Reason        string `json:"reason,omitempty"`         // why it was loaded, as given by --reason
	Ticket        string `json:"ticket,omitempty"`         // as given by --ticket
	Undoes        string `json:"undoes,omitempty"`         // the run whose changes this one takes back
	// Given are all reasons: of the load, of each resume and retry that gave one, and of those who approved or rejected
	// it.
	Given    []Given   `json:"given,omitempty"`
	Delivery *Delivery `json:"delivery,omitempty"` // nil for runs of versions that did not keep it

	Feed         string         `json:"feed,omitempty"`
	Absent       map[string]int `json:"absent,omitempty"` // all eight words, of users who are in no line, in full mode
	AbsentSHA256 string         `json:"absent_sha256,omitempty"`
	Holds        []Hold         `json:"holds,omitempty"`   // why it waits, or waited, for a person
	Refused      string         `json:"refused,omitempty"` // why the delivery is no roster
}

// Given is a reason that was given for a run, or for going on with it.
type Given struct {
	At     string `json:"at"`
	By     string `json:"by"`
	Reason string `json:"reason"`
	Ticket string `json:"ticket"`
}

// Delivery is the roster's file as it came, and whose it was: who delivered it.
type Delivery struct {
	Name       string `json:"name"`
	SHA256     string `json:"sha256"`
	Bytes      int64  `json:"bytes"`
	Owner      string `json:"owner"`       // of the file, empty where the system has none
	ModifiedAt string `json:"modified_at"` // empty for standard input; of a feed's file as exact as the system tells
}

// Hold is why a planned run waits for a person.
type Hold struct {
	Code  string `json:"code"`
	Text  string `json:"text"`
	Found string `json:"found"`
	Limit string `json:"limit"`
}

// Org is the org as it names itself.
type Org struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Sandbox bool   `json:"sandbox"`
}

// Roster is the file that was loaded.
type Roster struct {
	Name       string `json:"name"`
	SHA256     string `json:"sha256"`
	Rows       int    `json:"rows"`
	Encoding   string `json:"encoding"`
	Delimiter  string `json:"delimiter"`
	BlankLines int    `json:"blank_lines"`
}

// Job is the auditor's proof that removals were over first.
type Job struct {
	Job       string `json:"job"`
	JobID     string `json:"job_id"`
	Rows      int    `json:"rows"`
	BeganAt   string `json:"began_at"`
	EndedAt   string `json:"ended_at"`
	SettledAt string `json:"settled_at"`
}

// Plan is what was, or would be, sent.
type Plan struct {
	Removals       int      `json:"removals"`
	ByBlank        int      `json:"removals_by_blank"`
	ByNA           int      `json:"removals_by_na"`
	Upserts        int      `json:"upserts"`
	Holders        int      `json:"holders"`                 // users of the org who had a group
	HoldersAfter   *int     `json:"holders_after,omitempty"` // as the org counted them behind everything that was sent; missing where it was not asked
	RetryFirst     int      `json:"removals_by_retry"`
	Names          []string `json:"removal_names,omitempty"` // the first 20
	Moves          []Move   `json:"moves,omitempty"`         // the ten largest
	Guard          string   `json:"guard,omitempty"`         // why the removal guard tripped
	UsernameSuffix string   `json:"username_suffix,omitempty"`
}

// Move counts users who go from one group to another.
type Move struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Count int    `json:"count"`
}

// Reason counts the rows that share a code and a next step.
type Reason struct {
	ReasonCode string `json:"reason_code"`
	NextStep   string `json:"next_step"`
	Count      int    `json:"count"`
	ExampleRow int    `json:"example_row"`
}

// Files are the paths of what was written.
type Files struct {
	Results string `json:"results"`
	Failed  string `json:"failed,omitempty"`
	Success string `json:"success,omitempty"`
	Absent  string `json:"absent,omitempty"` // of users who are in no line, in full mode
	Summary string `json:"summary"`
	Run     string `json:"run"` // the run's folder
	// Attachments are what the connector wrote besides, by name. The member's name is that of version 1.
	Attachments map[string]string `json:"papers,omitempty"`
	// Renderings say the same for other readers, by name: a workbook, a page.
	Renderings map[string]string `json:"renderings,omitempty"`
}

// Line is the last line of a run: "212 succeeded (3 created, 209 updated), 4 failed, 2 pending, 1 skipped".
func (s *Summary) Line() string {
	var parts []string
	for _, word := range successes {
		if n := s.Results[string(word)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ToLower(string(word))))
		}
	}
	line := fmt.Sprintf("%d succeeded", s.Success)
	if len(parts) > 0 {
		line += " (" + strings.Join(parts, ", ") + ")"
	}
	if s.WouldSend != nil {
		return s.planned(line)
	}
	line += fmt.Sprintf(", %d failed", s.Failed)
	if n := s.Results[string(transform.NotAttempted)]; n > 0 {
		line += fmt.Sprintf(" (%d not attempted)", n)
	}
	return line + fmt.Sprintf(", %d pending, %d skipped", s.Pending, s.Skipped)
}

// planned is the last line of a plan: what would be sent, and what is known of the other rows already.
func (s *Summary) planned(known string) string {
	total, parts := 0, []string(nil)
	for _, action := range []transform.Action{
		transform.Remove, transform.Archive, transform.Create, transform.Assign,
		transform.Move,
	} {
		if n := s.WouldSend[string(action)]; n > 0 {
			total += n
			parts = append(parts, fmt.Sprintf("%d %s", n, action))
		}
	}
	line := fmt.Sprintf("would send %d", total)
	if total > 0 {
		line += " (" + strings.Join(parts, ", ") + ")"
	}
	if s.Success > 0 {
		line += ", " + known
	}
	for _, rest := range []struct {
		n    int
		word string
	}{{s.Results[string(transform.Failed)], "failed"}, {s.Pending, "pending"}, {s.Skipped, "skipped"}} {
		if rest.n > 0 {
			line += fmt.Sprintf(", %d %s", rest.n, rest.word)
		}
	}
	return line + "; nothing was sent"
}

var successes = []transform.Word{transform.Created, transform.Updated, transform.Removed, transform.Unchanged}
