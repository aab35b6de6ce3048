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
	Retries  []string      `json:"retries"`   // runs of this home whose requests the org has failed, the newest first
	Inactive []Holder      `json:"inactive"`  // inactive users who hold a group
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
	p := &People{Groups: []Share{}, UnderWay: []Waiting{}, Failures: []Share{}, Retries: []string{}, Inactive: []Holder{}}
	var err error
	if p.Org, err = t.Org(ctx); err != nil {
		return nil, err
	}
	sent, err := lastSent(t.Home, p.Org.ID)
	if err != nil {
		return nil, err
	}
	groups, failures, retries := map[string]int{}, map[string]int{}, map[string]bool{}
	err = census.Members(ctx, func(m connector.Member) error {
		p.Users++
		t.Listed(p.Users)
		if m.Group != "" {
			groups[m.Group]++
		}
		switch by := sent[m.ID]; {
		case m.UnderWay:
			p.UnderWay = append(p.UnderWay, Waiting{Username: m.Username, Request: m.Request, Status: m.Status, Since: by.at, Run: by.run})
		case m.Failed:
			failures[m.Status]++
			if by.run != "" {
				retries[by.run] = true
			}
		}
		if !m.Active && m.Group != "" {
			p.Inactive = append(p.Inactive, Holder{m.Username, m.Group})
		}
		return nil
	})
	p.Groups, p.Failures, p.Retries = shares(groups), shares(failures), slices.Sorted(maps.Keys(retries))
	slices.Reverse(p.Retries)
	slices.SortFunc(p.UnderWay, func(a, b Waiting) int {
		return cmp.Or(cmp.Compare(a.Since, b.Since), cmp.Compare(a.Username, b.Username))
	})
	slices.SortFunc(p.Inactive, func(a, b Holder) int { return cmp.Compare(a.Username, b.Username) })
	return p, err
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
type sending struct{ at, run string }

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
					sent[c.User] = sending{at, r.ID}
				}
			}
		}
	}
	return sent, nil
}
