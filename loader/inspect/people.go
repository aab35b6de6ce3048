package inspect

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/run"
)

// People is what an org holds now, without a roster.
type People struct {
	Org      connector.Org `json:"org"`
	Users    int           `json:"users"`
	Groups   []Share       `json:"groups"`    // the largest first
	UnderWay []Waiting     `json:"under_way"` // requests that the org has not answered, the oldest first
	Failures []Share       `json:"failures"`  // by the org's own status
	Retries  []string      `json:"retries"`   // runs of this home that are over and whose failed requests a retry may ask for again, the newest first
	Resumes  []string      `json:"resumes"`   // runs of this home that are open and have sent what is under way or failed: a resume looks again
	Inactive []Holder      `json:"inactive"`  // inactive users who hold a group

	Licences []connector.Licence `json:"licences"` // those that the org counts, and those of which it is known that it does not tell
}

// Share is a group, or a status, and how many users have it.
type Share struct {
	Name  string `json:"name"`
	Users int    `json:"users"`
}

// Waiting is a user whose request is not answered.
type Waiting struct {
	Username string `json:"username"`
	Request  string `json:"request"`
	Status   string `json:"status"`
	Since    string `json:"since,omitempty"` // RFC 3339; empty: no run of this home has sent it
	Run      string `json:"run,omitempty"`   // that sent it
}

// Holder is a user who holds a group.
type Holder struct {
	Username string `json:"username"`
	Group    string `json:"group"`
}

// stuckAfter is how long a request may be under way before it is called stuck.
const stuckAfter = 24 * time.Hour

// Stuck are the requests that have been under way for a day, and those of which nothing is known here.
func (p *People) Stuck(now time.Time) []Waiting {
	return slices.DeleteFunc(slices.Clone(p.UnderWay), func(w Waiting) bool {
		since, err := time.Parse(time.RFC3339, w.Since)
		return err == nil && now.Sub(since) < stuckAfter
	})
}

// Census lists what the org holds now, without a roster. Nothing is written.
func (t *Target) Census(ctx context.Context) (*People, error) {
	census, ok := t.Target.(connector.Census)
	if !ok {
		return nil, run.Stopf(run.ExitUsage, run.Hint{}, "a target of kind %s cannot list its people", t.Connector.Name)
	}
	c := counting{
		People: &People{
			Groups: []Share{}, UnderWay: []Waiting{}, Failures: []Share{}, Inactive: []Holder{},
			Licences: []connector.Licence{},
		},
		groups: map[string]int{}, failures: map[string]int{}, runs: map[string]*run.Run{}, listed: t.Listed,
	}
	var err error
	if c.Org, err = t.Org(ctx); err != nil {
		return nil, err
	}
	if c.sent, err = lastSent(t.Home, c.Org.ID); err != nil {
		return nil, err
	}
	if err := census.Members(ctx, c.add); err != nil {
		return nil, err
	}
	c.Retries, c.Resumes = t.cures(c.runs)
	if teller, ok := t.Target.(connector.LicenceTeller); ok {
		c.Licences, err = teller.Licences(ctx)
	}
	return c.sorted(), err
}

// counting is a census under way.
type counting struct {
	*People
	sent             map[string]sending
	groups, failures map[string]int
	runs             map[string]*run.Run // that have sent what is under way or failed
	listed           func(users int)
}

func (c *counting) add(m connector.Member) error {
	c.Users++
	c.listed(c.Users)
	if m.Group != "" {
		c.groups[m.Group]++
	}
	by := c.sent[m.ID]
	waiting := Waiting{Username: m.Username, Request: m.Request, Status: m.Status, Since: by.at}
	if (m.UnderWay || m.Failed) && by.run != nil {
		waiting.Run, c.runs[by.run.ID] = by.run.ID, by.run
	}
	switch {
	case m.UnderWay:
		c.UnderWay = append(c.UnderWay, waiting)
	case m.Failed:
		c.failures[m.Status]++
	}
	if !m.Active && m.Group != "" {
		c.Inactive = append(c.Inactive, Holder{m.Username, m.Group})
	}
	return nil
}

func (c *counting) sorted() *People {
	c.Groups, c.Failures = shares(c.groups), shares(c.failures)
	slices.SortFunc(c.UnderWay, func(a, b Waiting) int {
		return cmp.Or(cmp.Compare(a.Since, b.Since), cmp.Compare(a.Username, b.Username))
	})
	slices.SortFunc(c.Inactive, func(a, b Holder) int { return cmp.Compare(a.Username, b.Username) })
	return c.People
}

// cures sorts runs by the verb that helps them, the newest first. A run with neither has nothing that a retry may take.
func (t *Target) cures(runs map[string]*run.Run) (retries, resumes []string) {
	retries, resumes = []string{}, []string{}
	for _, id := range slices.Backward(slices.Sorted(maps.Keys(runs))) {
		switch r := runs[id]; {
		case r.Pruned:
		case !r.Over:
			resumes = append(resumes, id)
		case t.mayRetry(r):
			retries = append(retries, id)
		}
	}
	return retries, resumes
}

// mayRetry tells whether the newest results of a run have rows that a retry takes.
func (t *Target) mayRetry(r *run.Run) bool {
	for row, err := range r.Rows() {
		if err != nil {
			return false
		}
		if slices.Contains(t.Connector.RetryCodes, row.ReasonCode) {
			return true
		}
	}
	return false
}

func shares(counts map[string]int) []Share {
	all := []Share{}
	for name, n := range counts {
		all = append(all, Share{name, n})
	}
	slices.SortFunc(all, func(a, b Share) int { return cmp.Or(b.Users-a.Users, cmp.Compare(a.Name, b.Name)) })
	return all
}

// sending is when a request left this machine, and in which run.
type sending struct {
	at  string
	run *run.Run
}

// lastSent is, by user, the newest sending of this home to the org. A batch that cannot be read names no user.
func lastSent(home, org string) (map[string]sending, error) {
	runs, _, err := run.List(home)
	if err != nil {
		return nil, err
	}
	sent := map[string]sending{}
	for _, r := range runs {
		if r.Org.ID != org {
			continue
		}
		for _, b := range r.Batches {
			if b.Began.IsZero() {
				continue
			}
			at := b.Began.UTC().Format(time.RFC3339)
			for c, err := range b.Changes() {
				if err == nil && at >= sent[c.User].at {
					sent[c.User] = sending{at, r}
				}
			}
		}
	}
	return sent, nil
}
