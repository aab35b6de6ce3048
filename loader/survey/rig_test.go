package survey

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/terms"
	"rosterload/transform"
	"rosterload/validate"
)

var spelling = validate.Spelling{
	Users: []validate.UserColumn{
		{By: "Username", Headings: []string{"Username"}, Key: validate.FoldKey}, {By: "EmployeeNumber", Headings: []string{"EmployeeNumber"}, Key: validate.TextKey},
	},
	Values: []string{"Group"}, Nothing: []string{"#N/A"}, Blank: validate.Remove,
}

// org answers from what a test puts into it. A call that writes ends the test by a nil dereference.
type org struct {
	connector.Target
	known    map[string]transform.Standing // by key
	findings []connector.Finding
	holders  []transform.Standing
	owned    []string // groups that were asked for
	err      error    // of Look and Holders
	looks    int
}

type policy struct{ transform.Policy }

func (o *org) Ready(_ context.Context, _ iter.Seq[transform.User], found func(connector.Finding) error) error {
	for _, f := range o.findings {
		if err := found(f); err != nil {
			return err
		}
	}
	return nil
}

func (o *org) Look(_ context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) (transform.Policy, error) {
	o.looks++
	for u := range users {
		if s, ok := o.known[u.Key]; ok {
			s.User = u
			if err := found(s); err != nil {
				return nil, err
			}
		}
	}
	stranger := transform.Standing{User: transform.User{Key: "stranger@acme.example"}, ID: "stranger", Active: true} // as a bulk query answers
	if err := found(stranger); err != nil {
		return nil, err
	}
	return policy{}, o.err
}

// full is an org that has every further ability that a survey asks for.
type full struct {
	*org
	suffix string
	counts map[string]int
	bad    error
}

func (o full) Holders(_ context.Context, groups []string, found func(transform.Standing) error) error {
	o.owned = groups
	for _, h := range o.holders {
		if err := found(h); err != nil {
			return err
		}
	}
	return o.err
}

func (o full) Suffix(context.Context, []transform.User) (string, error) { return o.suffix, o.bad }
func (o full) HoldersOf(_ context.Context, group string) (int, error)   { return o.counts[group], o.bad }

// stateful keeps what it looked at.
type stateful struct{ *org }

func (stateful) Restore([]byte, iter.Seq2[connector.Outcome, error]) error { return nil }
func (stateful) Snapshot() ([]byte, error)                                 { return nil, nil }

func holding(id, group string) transform.Standing {
	return transform.Standing{ID: id, Active: true, Request: group, Group: group}
}

// rig is a survey and what it has warned of.
type rig struct {
	*Survey
	warned []string
}

func (r *rig) warnedOf(t *testing.T, words string) {
	t.Helper()
	if all := strings.Join(r.warned, "; "); len(r.warned) != 1 || !strings.Contains(all, words) {
		t.Errorf("warned of %q, and not of %q", all, words)
	}
}

func newRig(t *testing.T, target connector.Target, of *terms.Terms, lines ...string) *rig {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in.csv")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	roster, err := validate.Open(path, spelling, validate.Options{Meaning: of.Meaning(), NoValue: of.HasRules()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = roster.Close() })
	screening, err := roster.Screen(func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{}
	r.Survey = &Survey{
		Target: target, Name: "prod", Connector: &connector.Connector{Name: "fake", Spelling: spelling}, Roster: roster, Screening: screening, Terms: of,
		Log: slog.New(slog.DiscardHandler), Warn: func(format string, args ...any) { r.warned = append(r.warned, fmt.Sprintf(format, args...)) },
		Progress: func(int, int) {},
	}
	return r
}

// looked is a survey that has looked at the users of its roster.
func looked(t *testing.T, target connector.Target, of *terms.Terms, lines ...string) *rig {
	t.Helper()
	r := newRig(t, target, of, lines...)
	if err := r.Look(context.Background()); err != nil {
		t.Fatal(err)
	}
	return r
}
