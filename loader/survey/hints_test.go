package survey

import (
	"context"
	"errors"
	"testing"

	"rosterload/loader/run"
	"rosterload/transform"
)

func TestHintsOfWhatIsMostProbablyAMistake(t *testing.T) {
	known := func(key string) *org { return &org{known: map[string]transform.Standing{key: holding("1", "Alpha")}} }
	names, numbers := []string{"Username,Group", "ada@acme.example,Alpa"}, []string{"EmployeeNumber,Group", "42,Alpha", "A7,Alpha"}
	for _, c := range []struct {
		name   string
		target full
		lines  []string
		isPlan bool
		warned string
	}{
		{"usernames that a sandbox spells otherwise", full{org: known("x"), suffix: ".test"}, names, false, "username_suffix: .test in the config adds it"},
		{"usernames of which one is found", full{org: known("ada@acme.example"), suffix: ".test"}, names, false, ""},
		{"usernames that nothing would find", full{org: known("x")}, names, false, ""},
		{"an org that does not let us ask", full{org: known("x"), bad: errors.New("denied"), suffix: ".test"}, names, true, ""},
		{"numbers without their zeros", full{org: known("00042")}, numbers, false, "1 of the EmployeeNumbers that no user has would be found with zeros in front (00042 for 42)"},
		{"numbers as the org has them", full{org: known("42")}, numbers, false, ""},
		{"a group that no user holds", full{org: known("ada@acme.example")}, names, true, `no user of the org holds the group "Alpa"; near it: Alpha`},
		{"the same in a load", full{org: known("ada@acme.example")}, names, false, ""},
		{"a group that another user holds", full{org: known("ada@acme.example"), counts: map[string]int{"Alpa": 1}}, names, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := looked(t, c.target, nil, c.lines...)
			p := &run.Planned{Unheld: []string{"Alpa"}}
			if err := r.Hint(context.Background(), p, c.isPlan); err != nil {
				t.Fatal(err)
			}
			if c.warned == "" && len(r.warned) > 0 {
				t.Errorf("warned of %v", r.warned)
			} else if c.warned != "" {
				r.warnedOf(t, c.warned)
			}
			if p.Suffix != "" && p.Suffix != c.target.suffix {
				t.Errorf("the plan keeps the ending %q", p.Suffix)
			}
		})
	}
}

func TestHintsStopWithTheirContext(t *testing.T) {
	why := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(why)
	r := looked(t, full{org: &org{}}, nil, "Username,Group", "ada@acme.example,Alpha")
	if err := r.Hint(ctx, &run.Planned{}, false); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}

func TestATargetThatKeepsWhatItLookedAtIsNotAskedForZeros(t *testing.T) {
	o := &org{}
	r := looked(t, stateful{o}, nil, "EmployeeNumber,Group", "42,Alpha")
	if err := r.Hint(context.Background(), &run.Planned{}, false); err != nil || o.looks != 1 {
		t.Errorf("%v, %d looks", err, o.looks)
	}
}
