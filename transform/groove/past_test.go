package groove

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/transform"
)

func TestWhatEarlierRunsHaveLeft(t *testing.T) {
	doubted := Past{Asked: "core;dialer", Known: true}
	shown := Past{Asked: "core;dialer", Known: true, Shown: true}
	for _, c := range []struct {
		name string
		is   Past
		want Past
	}{
		{"a row that was sent and rests on trust", Past{}.Left("core;dialer", true, true), doubted},
		{"a row that was sent and is seen", doubted.Left("core", true, false), Past{}},
		{"a row of a later run that sent nothing", Past{}.Left("core;dialer", false, true), doubted},
		{"the same, when an export has shown it", shown.Left("core;dialer", false, true), shown},
		{"the same, when an export has shown another set", shown.Left("core;sms", false, true), Past{Asked: "core;sms", Known: true}},
		{"an export that shows it", doubted.Seen("core;dialer", true, true, nil), shown},
		{"an export that no longer shows it", shown.Seen("core;dialer", true, false, nil), doubted},
		{"an export of a line of settings alone", doubted.Seen("", false, false, nil), doubted},
		{"sent once more", shown.Left("core;dialer", true, true), doubted},
	} {
		for _, p := range []*Past{&c.is, &c.want} {
			if p.Done == nil {
				p.Done = map[string]string{}
			}
		}
		if diff := cmp.Diff(c.want, c.is); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestWorkThatWasDone(t *testing.T) {
	p := Past{}.Seen("core;dialer", true, true, map[string]string{"dialer": "dialer", "role": "Admin", "teams": ""})
	if diff := cmp.Diff(map[string]string{"dialer": "dialer", "role": "Admin"}, p.Done); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"role": "Admin"}, p.Left("core", true, true).Done); diff != "" {
		t.Error("licences that were given by hand are those of the set that was asked for then:", diff)
	}
	if diff := cmp.Diff(map[string]string{"dialer": "dialer"}, p.Seen("", false, false, map[string]string{"role": ""}).Done); diff != "" {
		t.Error("an export shows it undone:", diff)
	}
}

func TestALineIsHeldAgainstThePast(t *testing.T) {
	for _, c := range []struct {
		name    string
		byField bool
		trust   bool // unverified: ok
		holds   string
		past    Past
		line    string
		want    string
	}{
		{"asked for by an earlier run", true, false, "core;dialer", Past{Asked: "core;dialer", Known: true}, `"core;dialer",`, "Pending GROOVE_UNVERIFIED wait"},
		{"trusted by the settings", true, true, "core;dialer", Past{Asked: "core;dialer", Known: true}, `"core;dialer",`, "Unchanged"},
		{"seen since", true, false, "core;dialer", Past{Asked: "core;dialer", Known: true, Shown: true}, `"core;dialer",`, "Unchanged"},
		{"of a set that no run has asked for", true, false, "core;dialer", Past{Asked: "core", Known: true}, `"core;dialer",`, "Unchanged"},
		{"what a licence less leaves", true, false, "core", Past{Asked: "core", Known: true}, `core,`, "Pending GROOVE_UNVERIFIED wait"},
		{"by seats, work of a person", false, false, "core", Past{Asked: "core;dialer", Known: true}, `"core;dialer",`, "Pending GROOVE_WORK_ORDER ask-admin"},
		{"by seats, work that was seen done", false, false, "core", Past{Asked: "core;dialer", Known: true, Shown: true}, `"core;dialer",`, "Unchanged"},
		{"settings that were seen done", true, false, "core", Past{Done: map[string]string{"role": "Admin"}}, `,admin`, "Unchanged"},
		{"other settings than were done", true, false, "core", Past{Done: map[string]string{"role": "Analyst"}}, `,admin`, "Skipped GROOVE_WORK_ORDER ask-admin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := orgOf(c.byField, 5).user("a", true, c.holds, true)
			o.Past = map[string]Past{"a": c.past}
			d := decideAll(t, t.TempDir(), New(Options{Ceiling: MostThrottle, Unverified: c.trust}, o), "Username,licenses,role", "a,"+c.line)[0]
			if is := short(d); is != c.want {
				t.Errorf("%s, want %s", is, c.want)
			}
		})
	}
}

func TestWorkThatALineContradictsIsForgotten(t *testing.T) {
	o := orgOf(false, 5).user("a", true, "core", true)
	o.Past = map[string]Past{"a": {Done: map[string]string{"role": "Admin", "teams": "A", "dialer": "dialer", "flow_unlimited": "flow_unlimited"}}}
	decideAll(t, t.TempDir(), New(Options{Ceiling: MostThrottle}, o), "Username,licenses,role", "a,core;dialer,analyst")
	if diff := cmp.Diff(map[string]string{"teams": "A", "dialer": "dialer"}, o.Past["a"].Done); diff != "" {
		t.Error(diff)
	}
}

func TestTheWordForWhatAnExportShows(t *testing.T) {
	p, seat, none := New(Options{}, &Org{}), transform.Standing{Status: StatusSeat}, transform.Standing{Status: StatusNone}
	for _, c := range []struct {
		name   string
		value  string
		v      transform.Verdict
		before transform.Standing
		sent   bool
		want   transform.Word
	}{
		{"a user without a seat", "core;dialer", unverified("x"), none, true, transform.Created},
		{"a user with one", "core;dialer", unverified("x"), seat, true, transform.Updated},
		{"licences that were taken away", "", unverified("x"), seat, true, transform.Removed},
		{"an earlier run has asked for it", "core;dialer", unverified("x"), seat, false, transform.Unchanged},
		{"a person has done this run's work", "core;dialer", manual("x"), seat, false, transform.Updated},
	} {
		if is, _ := p.ShownDone(transform.Change{Value: c.value}, c.v, c.before, c.sent); is != c.want {
			t.Errorf("%s: %s, want %s", c.name, is, c.want)
		}
	}
}
