package survey

import (
	"context"
	"errors"
	"strings"
	"testing"

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
