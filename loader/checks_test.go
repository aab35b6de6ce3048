package loader

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/transform"
)

// heard is an org that notes in which order it is asked: checks when they end, all else when it begins.
type heard struct {
	*fakeOrg
	mu      sync.Mutex
	order   []string
	looking chan struct{} // closed by the first look
	meets   bool          // checks do not end before a look has begun
}

func (h *heard) note(what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.order = append(h.order, what); what == "look" && !slices.Contains(h.order[:len(h.order)-1], what) {
		close(h.looking)
	}
}

func (h *heard) Ready(ctx context.Context, _ iter.Seq[transform.User], _ func(connector.Finding) error) error {
	defer h.note("checked")
	if !h.meets {
		return nil
	}
	select {
	case <-h.looking:
		return nil
	case <-ctx.Done():
		return errors.New("no look began beside the checks")
	}
}

func (h *heard) Look(ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) (transform.Policy, error) {
	h.note("look")
	return h.fakeOrg.Look(ctx, users, found)
}

func (h *heard) Abort(ctx context.Context, r connector.Receipt) (bool, error) {
	h.note("abort")
	return h.fakeOrg.Abort(ctx, r)
}

// What an older run has left unbegun is aborted behind the checks and before the look, whatever the connector bears.
func TestChecksAndLookGoSideBySideWhereNothingIsAborted(t *testing.T) {
	for _, c := range []struct {
		name    string
		beside  bool // the connector bears it
		unbegun bool
		meets   bool
		order   []string
	}{
		{"a connector that bears it", true, false, true, []string{"look", "checked"}},
		{"one that does not", false, false, false, []string{"checked", "look"}},
		{"a job of an older run has not begun", true, true, false, []string{"checked", "abort", "look"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNight(t)
			if c.unbegun {
				o := n.options(n.org)
				o.Trip = func(write string, done bool) error {
					if write == "journal: sent" && done {
						return errPulled
					}
					return nil
				}
				if _, err := Load(t.Context(), o, n.roster); !errors.Is(err, errPulled) {
					t.Fatal(err)
				}
			}
			h := &heard{fakeOrg: n.org, looking: make(chan struct{}), meets: c.meets}
			o := n.options(h)
			o.Connector.ChecksBesideLook = c.beside
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if _, err := Load(ctx, o, n.another(t, "Gamma", 3)); err != nil {
				t.Fatal(err)
			}
			runs, _, _ := run.List(n.home)
			if aborted := runs[len(runs)-1].Aborted; (len(aborted) > 0) != c.unbegun {
				t.Errorf("aborted %v", aborted)
			}
			if got := slices.Compact(h.order[:len(c.order)]); !slices.Equal(got, c.order) {
				t.Errorf("asked in the order %v", h.order)
			}
		})
	}
}
