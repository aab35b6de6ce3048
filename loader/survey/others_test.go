package survey

import (
	"context"
	"errors"
	"slices"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/loader/terms"
	"rosterload/transform"
)

// fullOrg knows ada to eve, and ada to dora hold a group.
func fullOrg() full {
	o := &org{known: map[string]transform.Standing{
		"ada@acme.example": holding("ada", "Alpha"), "bob@acme.example": holding("bob", "Beta"), "carl@acme.example": holding("carl", "Alpha"),
		"dora@acme.example": holding("dora", "Other"), "eve@acme.example": holding("eve", ""), "0042": holding("dora", "Other"),
	}}
	o.holders = []transform.Standing{holding("dora", "Other"), holding("carl", "Alpha"), holding("bob", "Beta"), holding("ada", "Alpha"), holding("ada", "Alpha")}
	return full{org: o}
}

func others(t *testing.T, r *rig) ([]string, *run.Planned) {
	t.Helper()
	p := &run.Planned{Holders: 99}
	o, err := r.Others(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	var absent []string
	for _, h := range o.Absent {
		absent = append(absent, h.ID)
	}
	return absent, p
}

func TestWithoutTermsNoOthersAreAskedFor(t *testing.T) {
	r := looked(t, &org{}, nil, "Username,Group", "ada@acme.example,Beta")
	if o, err := r.Others(context.Background(), &run.Planned{}); o != nil || err != nil {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestProtectedUsersAreFoundByAnyColumn(t *testing.T) {
	r := looked(t, fullOrg(), &terms.Terms{Protect: []string{"Ada@acme.example", "0042", "gone@acme.example"}}, "Username,Group", "ada@acme.example,Beta")
	o, err := r.Others(context.Background(), &run.Planned{})
	if err != nil || !o.IsProtected("ada") || !o.IsProtected("dora") || o.IsProtected("bob") || o.IsProtected("stranger") {
		t.Errorf("%v, %+v", err, o)
	}
	if len(r.warned) == 0 || !slices.Contains(r.warned, "the protected user gone@acme.example is not known to the org") {
		t.Errorf("warned of %v", r.warned)
	}
}

func TestAbsentAreTheHoldersOfTheFeedsGroupsWhoAreInNoLine(t *testing.T) {
	for _, c := range []struct {
		name    string
		terms   terms.Terms
		lines   []string
		absent  []string
		holders int
		warned  string
	}{
		{"of any group", terms.Terms{Full: true}, []string{"Username,Group", "ada@acme.example,Beta"}, []string{"bob", "carl", "dora"}, 4, ""},
		{"of the groups that the feed owns", terms.Terms{Full: true, Owns: []string{"Alpha"}}, []string{"Username,Group", "ada@acme.example,Alpha"}, []string{"carl"}, 2, ""},
		{"not in a file of changes", terms.Terms{Owns: []string{"Alpha"}}, []string{"Username,Group", "ada@acme.example,Alpha"}, nil, 2, ""},
		{"not where no line is sound", terms.Terms{Full: true}, []string{"Username,Group", "ada@acme.example"}, nil, 4, "no line of the file is sound"},
		{"not in a corrected failed.csv", terms.Terms{Full: true}, []string{"Username,Group,reason_code,reason", "ada@acme.example,Beta,X,y"}, nil, 4, "corrected failed.csv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := looked(t, fullOrg(), &c.terms, c.lines...)
			absent, p := others(t, r)
			if !slices.Equal(absent, c.absent) || p.Holders != c.holders {
				t.Errorf("absent %v, %d holders", absent, p.Holders)
			}
			if c.warned != "" {
				r.warnedOf(t, c.warned)
			} else if len(r.warned) > 0 {
				t.Errorf("warned of %v", r.warned)
			}
		})
	}
}

func TestAUserOfALineThatIsNotKnownMayBeAnyOfTheAbsent(t *testing.T) {
	r := looked(t, fullOrg(), &terms.Terms{Full: true}, "Username,Group", "ada@acme.example,Beta", "zoe@acme.example,Beta")
	o, err := r.Others(context.Background(), &run.Planned{})
	if err != nil || o.Unsure.Code != terms.CodeAbsentUnsure || len(o.Absent) != 3 {
		t.Errorf("%v, %+v", err, o)
	}
	if len(r.warned) != 1 || r.warned[0] != o.Unsure.Reason {
		t.Errorf("warned of %v", r.warned)
	}
}

func TestOrgsThatCannotTellTheirHoldersAreRefused(t *testing.T) {
	r := looked(t, &org{}, &terms.Terms{Full: true}, "Username,Group", "ada@acme.example,Beta")
	var stop *run.Stop
	if _, err := r.Others(context.Background(), &run.Planned{}); !errors.As(err, &stop) || stop.Code != run.ExitUsage {
		t.Errorf("%v", err)
	}
	broken := fullOrg()
	r = looked(t, broken, &terms.Terms{Full: true}, "Username,Group", "ada@acme.example,Beta")
	broken.err = connector.ErrUnavailable
	if _, err := r.Others(context.Background(), &run.Planned{}); !errors.Is(err, connector.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}
