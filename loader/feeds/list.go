package feeds

import (
	"path"
	"time"

	"rosterload/loader/run"
)

// Listed is what `feeds` says of one feed.
type Listed struct {
	Feed          string        `json:"feed"`
	Target        string        `json:"target"`
	Mode          string        `json:"mode"`
	Waiting       int           `json:"waiting"`
	Processing    int           `json:"processing"`
	Held          int           `json:"held"`
	LastDelivery  *LastDelivery `json:"last_delivery,omitempty"`
	LastSuccessAt string        `json:"last_success_at,omitempty"`
	Paused        bool          `json:"paused,omitempty"`
	Trouble       string        `json:"trouble,omitempty"` // why the folder cannot be looked at
}

// LastDelivery is the newest delivery of a feed.
type LastDelivery struct {
	Name string `json:"name"`
	Run  string `json:"run"`
	At   string `json:"at"`
	Exit int    `json:"exit"`
}

// List looks at feeds and changes nothing.
func List(home string, all []*Feed) ([]Listed, error) {
	runs, _, err := run.List(home)
	if err != nil {
		return nil, err
	}
	list := []Listed{}
	for _, f := range all {
		l := Listed{Feed: f.Name, Target: f.Target, Mode: f.Mode}
		if l.Paused, err = run.IsPaused(home, f.Target, "", nil); err != nil {
			return nil, err
		}
		if err := f.count(&l); err != nil {
			l.Trouble = err.Error()
		}
		for _, r := range runs {
			if r.Seal.Source == f.Name {
				l.LastDelivery = &LastDelivery{r.Seal.Delivery.Name, r.ID, at(r.Begun), r.Last.Exit}
				if r.Over && r.Last.Exit == run.ExitOK && r.Rejected == nil {
					l.LastSuccessAt = at(r.Ended)
				}
			}
		}
		list = append(list, l)
	}
	return list, nil
}

func at(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (f *Feed) count(l *Listed) error {
	d, err := look(f.Folder)
	if err != nil {
		return err
	}
	defer d.Close()
	k := &worker{feed: f, Watch: &Watch{Tell: func(*Feed, string) {}, Now: time.Now}, told: map[string]time.Time{}}
	for state, n := range map[State]*int{Incoming: &l.Waiting, Processing: &l.Processing, Held: &l.Held} {
		files, err := d.Files(state)
		if err != nil && state == Incoming {
			return err
		}
		for _, file := range files {
			_, name, ok := splitClaimed(file.Name)
			if state == Incoming && k.counts(file.Name) ||
				ok && state != Incoming && isMatch(f.Match, name) && !k.isCompanion(name) {
				*n++
			}
		}
	}
	return nil
}

func isMatch(pattern, name string) bool {
	matches, _ := path.Match(pattern, name)
	return matches
}
