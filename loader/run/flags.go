package run

import (
	"strings"
	"time"
)

// Flags are the options in force of one run. They are sealed with it: a resume uses those that its load was given.
type Flags struct {
	Results       string        `json:"results,omitempty"` // folder of the results files
	User          string        `json:"user,omitempty"`
	Group         string        `json:"group,omitempty"`
	Blank         string        `json:"blank,omitempty"`
	NA            string        `json:"na,omitempty"`
	Duplicates    string        `json:"duplicates,omitempty"`
	Suffix        string        `json:"username_suffix,omitempty"`
	MaxRemovals   string        `json:"max_removals,omitempty"` // "20%" or "15"
	AllowRemovals int           `json:"allow_removals,omitempty"`
	MaxFailed     string        `json:"max_failed,omitempty"` // "0", "15" or "3%"
	Wait          time.Duration `json:"wait"`
	Split         bool          `json:"split,omitempty"`
	SheetSafe     bool          `json:"sheet_safe,omitempty"`
	Poll          Poll          `json:"poll"`
	// Renderings are the further files of each revision, by name.
	Renderings []string `json:"renderings,omitempty"`
	// Own are the flags of the connector alone, by name.
	Own map[string]string `json:"own,omitempty"`
}

// DefaultMaxRemovals is the share of the holders that the removal guard lets pass.
const DefaultMaxRemovals = "20%"

// InForce is what the auditor reads: every option that decided something, defaults included. blank is what a blank cell
// means to the connector.
func (f Flags) InForce(blank string) map[string]any {
	or := func(s, usual string) string {
		if s == "" {
			return usual
		}
		return s
	}
	all := map[string]any{
		"user": f.User, "group": f.Group, "blank": or(f.Blank, or(blank, "remove")), "na": or(f.NA, "remove"),
		"duplicates":      or(f.Duplicates, "reject"),
		"username_suffix": f.Suffix, "max_removals": or(f.MaxRemovals, DefaultMaxRemovals), "allow_removals": f.AllowRemovals,
		"max_failed": or(f.MaxFailed, "0"), "wait": f.Wait.String(), "split": f.Split, "sheet_safe": f.SheetSafe,
		"results":    f.Results,
		"renderings": append([]string{}, f.Renderings...),
	}
	for name, value := range f.Own {
		all[strings.ReplaceAll(name, "-", "_")] = value
	}
	return all
}

// Poll is how often an org is asked, from the first pause to the longest.
type Poll struct {
	Job        time.Duration `json:"job"`
	JobMost    time.Duration `json:"job_most"`
	Status     time.Duration `json:"status"`
	StatusMost time.Duration `json:"status_most"`
}

// Pauses for orgs that say nothing else (DESIGN 7, polling).
var defaultPoll = Poll{
	Job: 200 * time.Millisecond, JobMost: 30 * time.Second, Status: time.Second,
	StatusMost: time.Minute,
}

// Fill puts defaults where nothing was set.
func (p *Poll) Fill() {
	for _, d := range []struct{ is, usual *time.Duration }{
		{&p.Job, &defaultPoll.Job},
		{&p.JobMost, &defaultPoll.JobMost},
		{&p.Status, &defaultPoll.Status},
		{&p.StatusMost, &defaultPoll.StatusMost},
	} {
		if *d.is <= 0 {
			*d.is = *d.usual
		}
	}
}
