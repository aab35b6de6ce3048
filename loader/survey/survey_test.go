package survey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/transform"
)

func TestALoadDoesNotBeginWhereACheckOfTheOrgFails(t *testing.T) {
	fail := connector.Finding{Check: "API", Mark: connector.Fail, Saw: "it is off", Cure: "switch it on"}
	setting := connector.Finding{Check: "field", Mark: connector.Fail, Saw: "no such field", Cure: "name it", Setting: true}
	for _, c := range []struct {
		name     string
		findings []connector.Finding
		code     int // 0: it begins
		warnings int
	}{
		{"all passes", []connector.Finding{{Mark: connector.Pass}, {Mark: connector.NotChecked}}, 0, 0},
		{"something warns", []connector.Finding{{Mark: connector.Warn, Check: "limits", Saw: "near"}}, 0, 1},
		{"one user fails", []connector.Finding{{Mark: connector.Fail, Subject: "ada"}}, 0, 0},
		{"a right is missing", []connector.Finding{fail}, run.ExitDenied, 0},
		{"the config is wrong", []connector.Finding{setting}, run.ExitUsage, 0},
		{"both", []connector.Finding{fail, setting}, run.ExitDenied, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, &org{findings: c.findings}, nil, "Username,Group", "ada@acme.example,Alpha")
			err := r.Ready(context.Background())
			var stop *run.Stop
			if (c.code == 0) != (err == nil) || err != nil && (!errors.As(err, &stop) || stop.Code != c.code) || len(r.warned) != c.warnings {
				t.Errorf("%v, warned of %v", err, r.warned)
			}
			if c.name == "both" && !strings.Contains(err.Error(), "API: it is off; switch it on; and field: no such field") {
				t.Errorf("not all failures are told: %v", err)
			}
		})
	}
}

// patient is an org whose look ends when it is given up, or at once with an error of its own.
type patient struct {
	*org
	bad     error
	looking chan struct{}
	over    *atomic.Bool // the look has returned
}

func (o patient) Ready(ctx context.Context, users iter.Seq[transform.User], found func(connector.Finding) error) error {
	select {
	case <-o.looking:
		return cmp.Or(o.org.Ready(ctx, users, found), o.bad)
	case <-ctx.Done():
		return errors.New("no look began beside the checks")
	}
}

func (o patient) Look(ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) (transform.Policy, error) {
	close(o.looking)
	defer o.over.Store(true)
	if o.err == nil && (len(o.findings) > 0 || o.bad != nil) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return o.org.Look(ctx, users, found)
}

func TestChecksHaveTheFirstWordOverALookBesideThem(t *testing.T) {
	fail := []connector.Finding{{Check: "API", Mark: connector.Fail, Saw: "it is off", Cure: "switch it on"}}
	denied, away := fmt.Errorf("no such field: %w", connector.ErrDenied), fmt.Errorf("away: %w", connector.ErrUnavailable)
	for _, c := range []struct {
		name     string
		findings []connector.Finding
		ready    error
		look     error
		want     string
	}{
		{"both end well", nil, nil, nil, ""},
		{"a finding gives the look up", fail, nil, nil, "API: it is off; switch it on"},
		{"a finding explains why the look was refused", fail, nil, denied, "API: it is off; switch it on"},
		{"checks that cannot be asked give the look up", nil, away, nil, "away"},
		{"the look alone is refused", nil, nil, denied, "look: no such field"},
	} {
		t.Run(c.name, func(t *testing.T) {
			known := map[string]transform.Standing{"ada@acme.example": holding("1", "Alpha")}
			o := patient{org: &org{known: known, findings: c.findings, err: c.look}, bad: c.ready, looking: make(chan struct{}), over: &atomic.Bool{}}
			r := newRig(t, o, nil, "Username,Group", "ada@acme.example,Beta")
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			err := r.ReadyAndLook(ctx)
			if !o.over.Load() || ctx.Err() != nil {
				t.Errorf("the look is over: %v; the test: %v", o.over.Load(), ctx.Err())
			}
			if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
			if err == nil && (r.Policy == nil || r.Snapshot.Found() != 1) {
				t.Errorf("found %d", r.Snapshot.Found())
			}
		})
	}
}

func TestALookTakesInEveryUserOfTheRoster(t *testing.T) {
	known := map[string]transform.Standing{"ada@acme.example": holding("1", "Alpha"), "bob@acme.example": holding("2", "")}
	r := looked(t, &org{known: known}, nil, "Username,Group", "Ada@acme.example,Beta", "bob@acme.example,Beta", "carl@acme.example,Beta")
	if r.Policy == nil || r.Snapshot.Found() != 2 {
		t.Errorf("%v, found %d", r.Policy, r.Snapshot.Found())
	}
	r.Target = &org{err: connector.ErrUnavailable}
	if err := r.Look(context.Background()); !errors.Is(err, connector.ErrUnavailable) {
		t.Errorf("a look that was cut short: %v", err)
	}
}
