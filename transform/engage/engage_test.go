package transform

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rosterload/validate"
)

var testWords = EngageWords{RequestSent: "sent", Retry: "retry", NoLicenses: "nolicence", InvalidGroup: "invalid", RequestFailed: "failed", Success: "success"}

var policy = Engage(EngageOptions{Words: testWords, MaxValue: 8, Holders: 7})

// ask makes a request by the only way there is: a roster.
func ask(t testing.TB, group string) validate.Request {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roster.csv")
	if err := os.WriteFile(path, []byte("Username,Group\nu@acme.example,"+group+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := validate.Open(path, EngageSpelling(validate.TextKey, "#N/A", false), validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	var q validate.Request
	for line, err := range r.Lines() {
		if err != nil {
			t.Fatal(err)
		}
		var fault *validate.Fault
		if q, fault = r.Check(line); fault != nil {
			t.Fatal(fault)
		}
	}
	return q
}

func standing(active bool, request, status, group string) Standing {
	return Standing{ID: "id", Active: active, Request: request, Status: status, Group: group}
}

func TestWhatIsSaidBeforeAnythingIsSent(t *testing.T) {
	for _, c := range []struct {
		name string
		want string
		s    Standing
		job  Job
		said string // word code next
	}{
		{"nobody", "X", Standing{}, None, "Failed USER_NOT_FOUND change-key"},
		{"several and no one active", "X", Standing{Others: 1}, None, "Failed USER_AMBIGUOUS change-key"},
		{"one active of several", "X", Standing{ID: "id", Active: true, Others: 1}, Upserts, "  "},
		{"a removal of whom two hold a group", "", Standing{ID: "id", Active: true, Request: "X", Group: "X", Others: 1, Holders: 2}, None, "Failed USER_AMBIGUOUS change-key"},
		{"on its way", "X", standing(true, "X", "sent", ""), None, "Pending ENGAGE_PENDING wait"},
		{"on its way by a retry", "X", standing(true, "X", "retry", "Y"), None, "Pending ENGAGE_PENDING wait"},
		{"on its way goes before being there", "X", standing(true, "X", "sent", "X"), None, "Pending ENGAGE_PENDING wait"},
		{"there already", "X", standing(true, "X", "success", "X"), None, "Unchanged  "},
		{"there already, whatever the status", "X", standing(true, "X", "failed", "X"), None, "Unchanged  "},
		{"there already, though inactive", "X", standing(false, "X", "success", "X"), None, "Unchanged  "},
		{"nothing held and nothing wanted", "", standing(true, "", "", ""), None, "Unchanged  "},
		{"success and another group", "X", standing(true, "X", "success", "Y"), None, "Failed ENGAGE_MISMATCH ask-admin"},
		{"success and no group", "X", standing(true, "X", "success", ""), None, "Failed ENGAGE_MISMATCH ask-admin"},
		{"asked already, inactive", "X", standing(false, "X", "failed", ""), None, "Failed USER_INACTIVE ask-admin"},
		{"asked already and failed", "X", standing(true, "X", "nolicence", ""), None, "Failed ENGAGE_RETRY_NEEDED retry"},
		{"asked already and no status", "X", standing(true, "X", "", ""), None, "Failed ENGAGE_RETRY_NEEDED retry"},
		{"asked already and a status nobody described", "X", standing(true, "X", "odd", ""), None, "Failed ENGAGE_RETRY_NEEDED retry"},
		{"blank already and a group held", "", standing(true, "", "success", "X"), None, "Failed ENGAGE_RETRY_NEEDED retry"},
		{"inactive", "X", standing(false, "", "", ""), None, "Failed USER_INACTIVE ask-admin"},
		{"inactive and to be removed", "", standing(false, "X", "success", "X"), Removals, "  "},
		{"too long for the org", "LongerThan8", standing(true, "", "", ""), None, "Failed ROW_VALUE_TOO_LONG fix-and-load"},
		{"an assignment", "X", standing(true, "", "", ""), Upserts, "  "},
		{"a move", "X", standing(true, "Y", "success", "Y"), Upserts, "  "},
		{"a newer wish replaces one on its way", "X", standing(true, "Y", "sent", ""), Upserts, "  "},
		{"a removal", "", standing(true, "X", "success", "X"), Removals, "  "},
		{"a removal of a wish that failed", "", standing(true, "X", "failed", ""), Removals, "  "},
		{"a name in another form of Unicode", "K\u00f6ln", standing(true, "Ko\u0308ln", "success", "Ko\u0308ln"), None, "Unchanged  "},
	} {
		t.Run(c.name, func(t *testing.T) {
			change, job, v := policy.Decide(ask(t, c.want), c.s)
			if said := strings.Join([]string{string(v.Word), v.Code, v.Next}, " "); job != c.job || said != c.said {
				t.Errorf("%q %q, want %q %q", job, said, c.job, c.said)
			}
			if c.s.Found() && (change.User != "id" || change.Value != c.want) {
				t.Errorf("the wish is %+v", change)
			}
		})
	}
}

func TestNamesThatAreListedAreTheOnlyOnes(t *testing.T) {
	listed := Engage(EngageOptions{Words: testWords, Groups: []string{"Cardio East", "Cardio West", "Oncology"}})
	_, job, v := listed.Decide(ask(t, "cardio  Esat"), standing(true, "", "", ""))
	if job != None || v.Code != "ENGAGE_INVALID_GROUP" || v.Next != FixAndLoad || !strings.Contains(v.Reason, "Cardio East") || strings.Contains(v.Reason, "Oncology") {
		t.Errorf("%q %+v", job, v)
	}
	if _, job, _ = listed.Decide(ask(t, "Oncology"), standing(true, "", "", "")); job != Upserts {
		t.Error("a listed name is not sent")
	}
	if _, job, _ = listed.Decide(ask(t, ""), standing(true, "X", "success", "X")); job != Removals {
		t.Error("a removal needs no name")
	}
}

func TestWhatIsSaidAfterwards(t *testing.T) {
	for _, c := range []struct {
		name          string
		want          string
		before, after Standing
		said          string
		settled       bool
	}{
		{"somebody else changed it", "X", Standing{}, standing(true, "Y", "success", "Y"), "Failed USER_CHANGED_MEANWHILE fix-and-load", true},
		{"the user is gone", "X", Standing{}, Standing{}, "Failed USER_CHANGED_MEANWHILE fix-and-load", true},
		{"sent", "X", Standing{}, standing(true, "X", "sent", ""), "Pending ENGAGE_PENDING wait", false},
		{"sent, and nothing held any more", "", Standing{}, standing(true, "", "sent", ""), "Pending ENGAGE_PENDING wait", false},
		{"removed", "", Standing{}, standing(true, "", "success", ""), "Removed  ", true},
		{"removed, whatever the status", "", Standing{}, standing(true, "", "failed", ""), "Removed  ", true},
		{"updated", "X", Standing{}, standing(true, "X", "success", "X"), "Updated  ", true},
		{"no licence", "X", Standing{}, standing(true, "X", "nolicence", ""), "Failed ENGAGE_NO_LICENSES free-licences", true},
		{"no such group", "X", Standing{}, standing(true, "X", "invalid", ""), "Failed ENGAGE_INVALID_GROUP fix-and-load", true},
		{"the server could not", "X", Standing{}, standing(true, "X", "failed", ""), "Failed ENGAGE_REQUEST_FAILED retry", true},
		{"a removal that the server could not do", "", Standing{}, standing(true, "", "failed", "X"), "Failed ENGAGE_REQUEST_FAILED retry", true},
		{"yesterday's success", "X", standing(true, "Y", "success", "Y"), standing(true, "X", "success", "Y"), "Pending ENGAGE_PENDING wait", false},
		{"a success that came since, with another group", "X", standing(true, "Y", "failed", "Y"), standing(true, "X", "success", "Y"), "Failed ENGAGE_MISMATCH ask-admin", false},
		{"no status yet", "X", Standing{}, standing(true, "X", "", ""), "Pending ENGAGE_PENDING wait", false},
		{"a status nobody described", "X", Standing{}, standing(true, "X", "odd", ""), "Pending ENGAGE_PENDING wait", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, settled := policy.Judge(Change{"id", c.want}, c.before, c.after)
			if said := strings.Join([]string{string(v.Word), v.Code, v.Next}, " "); said != c.said || settled != c.settled {
				t.Errorf("%q, settled %v, want %q, %v", said, settled, c.said, c.settled)
			}
		})
	}
}

func TestWhatARetryCanHelp(t *testing.T) {
	retryable := policy.(Retryable)
	for _, c := range []struct {
		name string
		want string
		now  Standing
		can  bool
	}{
		{"a failure", "X", standing(true, "X", "failed", ""), true},
		{"a removal whose request is blank", "", standing(true, "", "success", "X"), true},
		{"another wish by now", "X", standing(true, "Y", "failed", ""), false},
		{"there by now", "X", standing(true, "X", "success", "X"), false},
		{"on its way", "X", standing(true, "X", "retry", ""), false},
		{"inactive by now", "X", standing(false, "X", "failed", ""), false},
		{"gone", "X", Standing{}, false},
	} {
		if got := retryable.Retryable(Change{"id", c.want}, c.now); got != c.can {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestOneOfSeveralIsMeantWhenHeAloneIsActive(t *testing.T) {
	a, b, c := Standing{ID: "a", Active: true}, Standing{ID: "b", Group: "X"}, Standing{ID: "c", Active: true, Request: "X"}
	if s := Choose(nil); s.Found() || s.Others != 0 {
		t.Errorf("nobody: %+v", s)
	}
	if s := Choose([]Standing{b}); s.ID != "b" || s.Others != 0 {
		t.Errorf("one, though inactive: %+v", s)
	}
	if s := Choose([]Standing{b, a}); s.ID != "a" || s.Others != 1 || s.Holders != 1 {
		t.Errorf("one active of two: %+v", s)
	}
	if s := Choose([]Standing{a, b, c}); s.Found() || s.Others != 2 || s.Holders != 2 {
		t.Errorf("two active: %+v", s)
	}
}

func TestActions(t *testing.T) {
	for _, c := range []struct {
		value, held string
		want        Action
	}{{"", "X", Remove}, {"", "", Remove}, {"X", "", Assign}, {"X", "Y", Move}} {
		if got := policy.Action(Change{"id", c.value}, Standing{Group: c.held}); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// The laws behind the tables, whatever is found.
func TestNobodyIsChangedWhoMustNotBe(t *testing.T) {
	some := func(rt *rapid.T, label string) Standing {
		return Standing{
			ID: rapid.SampledFrom([]string{"", "id"}).Draw(rt, label+" id"), Active: rapid.Bool().Draw(rt, label+" active"),
			Request: rapid.SampledFrom([]string{"", "X", "Y"}).Draw(rt, label+" request"), Group: rapid.SampledFrom([]string{"", "X", "Y"}).Draw(rt, label+" group"),
			Status: rapid.SampledFrom([]string{"", "sent", "retry", "nolicence", "invalid", "failed", "success", "odd"}).Draw(rt, label+" status"),
			Others: rapid.IntRange(0, 2).Draw(rt, label+" others"), Holders: rapid.IntRange(0, 2).Draw(rt, label+" holders"),
		}
	}
	wishes := map[string]validate.Request{"": ask(t, ""), "X": ask(t, "X")}
	rapid.Check(t, func(rt *rapid.T) {
		want := rapid.SampledFrom([]string{"", "X"}).Draw(rt, "want")
		before, after := some(rt, "before"), some(rt, "after")
		change, job, v := policy.Decide(wishes[want], before)
		switch {
		case job == None && v.Word == "":
			rt.Fatal("neither a change nor a verdict")
		case job != None && (!before.Found() || before.Request == want || want != "" && !before.Active):
			rt.Fatalf("%+v is changed into %q", before, want)
		case job != None && (job == Removals) != (change.Value == ""):
			rt.Fatalf("%+v travels with the %s", change, job)
		}
		v, settled := policy.Judge(Change{"id", want}, before, after)
		if (v.Word == Updated || v.Word == Removed) && (!settled || after.Request != want || after.Group != want) {
			rt.Fatalf("%s is said of %+v, wanted %q", v.Word, after, want)
		}
	})
}
