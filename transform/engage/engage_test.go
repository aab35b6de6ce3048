package engage

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rosterload/transform"
	"rosterload/validate"
	"rosterload/validate/validatetest"
)

var testWords = Words{RequestSent: "sent", Retry: "retry", NoLicenses: "nolicence", InvalidGroup: "invalid", RequestFailed: "failed", Success: "success"}

var rules = Policy(Options{Words: testWords, MaxValue: 8, Holders: 7})

// ask makes a request for this group.
func ask(t testing.TB, group string) validate.Request {
	t.Helper()
	return validatetest.Request(t, Spelling(validate.TextKey, "#N/A", false), "Username,Group", "u@acme.example,"+group)
}

func standing(active bool, request, status, group string) transform.Standing {
	return transform.Standing{ID: "id", Active: active, Request: request, Status: status, Group: group}
}

func said(v transform.Verdict) string {
	return strings.Join([]string{string(v.Word), v.Code, v.Next}, " ")
}

func TestWhatIsSaidBeforeAnythingIsSent(t *testing.T) {
	for _, c := range []struct {
		name string
		want string
		s    transform.Standing
		job  transform.Job
		said string // word code next
	}{
		{"a user that the org does not know", "X", transform.Standing{}, transform.None, "Failed USER_NOT_FOUND change-key"},
		{"several and no one active", "X", transform.Standing{Others: 1}, transform.None, "Failed USER_AMBIGUOUS change-key"},
		{"one active of several", "X", transform.Standing{ID: "id", Active: true, Others: 1}, transform.Upserts, "  "},
		{"a removal, and two of several hold a group", "", transform.Standing{ID: "id", Active: true, Request: "X", Group: "X", Others: 1, Holders: 2}, transform.None, "Failed USER_AMBIGUOUS change-key"},
		{"on its way", "X", standing(true, "X", "sent", ""), transform.None, "Pending ENGAGE_PENDING wait"},
		{"on its way by a retry", "X", standing(true, "X", "retry", "Y"), transform.None, "Pending ENGAGE_PENDING wait"},
		{"on its way goes before being there", "X", standing(true, "X", "sent", "X"), transform.None, "Pending ENGAGE_PENDING wait"},
		{"there already", "X", standing(true, "X", "success", "X"), transform.None, "Unchanged  "},
		{"there already, whatever the status", "X", standing(true, "X", "failed", "X"), transform.None, "Unchanged  "},
		{"there already, though inactive", "X", standing(false, "X", "success", "X"), transform.None, "Unchanged  "},
		{"nothing held and nothing wanted", "", standing(true, "", "", ""), transform.None, "Unchanged  "},
		{"success and another group", "X", standing(true, "X", "success", "Y"), transform.None, "Failed ENGAGE_MISMATCH ask-admin"},
		{"success and no group", "X", standing(true, "X", "success", ""), transform.None, "Failed ENGAGE_MISMATCH ask-admin"},
		{"asked already, inactive", "X", standing(false, "X", "failed", ""), transform.None, "Failed USER_INACTIVE ask-admin"},
		{"asked already and failed", "X", standing(true, "X", "nolicence", ""), transform.None, "Failed ENGAGE_RETRY_NEEDED retry"},
		{"asked already and the name is not known", "X", standing(true, "X", "invalid", ""), transform.None, "Failed ENGAGE_RETRY_NEEDED fix-and-load"},
		{"blank already, and the name is said not to be known", "", standing(true, "", "invalid", "X"), transform.None, "Failed ENGAGE_RETRY_NEEDED retry"},
		{"asked already and no status", "X", standing(true, "X", "", ""), transform.None, "Failed ENGAGE_RETRY_NEEDED retry"},
		{"asked already and a status that is not described", "X", standing(true, "X", "odd", ""), transform.None, "Failed ENGAGE_RETRY_NEEDED retry"},
		{"blank already and a group held", "", standing(true, "", "success", "X"), transform.None, "Failed ENGAGE_RETRY_NEEDED retry"},
		{"inactive", "X", standing(false, "", "", ""), transform.None, "Failed USER_INACTIVE ask-admin"},
		{"inactive and to be removed", "", standing(false, "X", "success", "X"), transform.Removals, "  "},
		{"too long for the org", "LongerThan8", standing(true, "", "", ""), transform.None, "Failed ROW_VALUE_TOO_LONG fix-and-load"},
		{"an assignment", "X", standing(true, "", "", ""), transform.Upserts, "  "},
		{"a move", "X", standing(true, "Y", "success", "Y"), transform.Upserts, "  "},
		{"a newer request replaces one on its way", "X", standing(true, "Y", "sent", ""), transform.Upserts, "  "},
		{"a removal", "", standing(true, "X", "success", "X"), transform.Removals, "  "},
		{"a removal of a request that failed", "", standing(true, "X", "failed", ""), transform.Removals, "  "},
		{"a name in another form of Unicode", "K\u00f6ln", standing(true, "Ko\u0308ln", "success", "Ko\u0308ln"), transform.None, "Unchanged  "},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := rules.Decide(ask(t, c.want), c.s)
			if said := said(d.Verdict); d.Job != c.job || said != c.said {
				t.Errorf("%q %q, want %q %q", d.Job, said, c.job, c.said)
			}
			if c.s.Found() && d.Change != (transform.Change{User: "id", Value: c.want}) || d.Own != "" {
				t.Errorf("the change is %+v %q", d.Change, d.Own)
			}
		})
	}
}

func TestNamesThatAreListedAreTheOnlyOnes(t *testing.T) {
	listed := Policy(Options{Words: testWords, Groups: []string{"Cardio East", "Cardio West", "Oncology"}})
	d := listed.Decide(ask(t, "cardio  Esat"), standing(true, "", "", ""))
	if d.Job != transform.None || said(d.Verdict) != "Failed ENGAGE_INVALID_GROUP fix-and-load" {
		t.Errorf("%q %+v", d.Job, d.Verdict)
	}
	if !strings.Contains(d.Verdict.Reason, "Cardio East") || strings.Contains(d.Verdict.Reason, "Oncology") {
		t.Errorf("the near names: %s", d.Verdict.Reason)
	}
	if d = listed.Decide(ask(t, "Oncology"), standing(true, "", "", "")); d.Job != transform.Upserts {
		t.Error("a listed name is not sent")
	}
	if d = listed.Decide(ask(t, ""), standing(true, "X", "success", "X")); d.Job != transform.Removals {
		t.Error("a removal needs no name")
	}
}

func TestWhatIsSaidAfterwards(t *testing.T) {
	for _, c := range []struct {
		name          string
		want          string
		before, after transform.Standing
		said          string
		settled       bool
	}{
		{"changed by another", "X", transform.Standing{}, standing(true, "Y", "success", "Y"), "Failed USER_CHANGED_MEANWHILE fix-and-load", true},
		{"the user is gone", "X", transform.Standing{}, transform.Standing{}, "Failed USER_CHANGED_MEANWHILE fix-and-load", true},
		{"sent", "X", transform.Standing{}, standing(true, "X", "sent", ""), "Pending ENGAGE_PENDING wait", false},
		{"sent, and nothing held any more", "", transform.Standing{}, standing(true, "", "sent", ""), "Pending ENGAGE_PENDING wait", false},
		{"removed", "", transform.Standing{}, standing(true, "", "success", ""), "Removed  ", true},
		{"removed, whatever the status", "", transform.Standing{}, standing(true, "", "failed", ""), "Removed  ", true},
		{"updated", "X", transform.Standing{}, standing(true, "X", "success", "X"), "Updated  ", true},
		{"no licence", "X", transform.Standing{}, standing(true, "X", "nolicence", ""), "Failed ENGAGE_NO_LICENSES free-licences", true},
		{"no such group", "X", transform.Standing{}, standing(true, "X", "invalid", ""), "Failed ENGAGE_INVALID_GROUP fix-and-load", true},
		{"the server could not", "X", transform.Standing{}, standing(true, "X", "failed", ""), "Failed ENGAGE_REQUEST_FAILED retry", true},
		{"a removal that the server could not do", "", transform.Standing{}, standing(true, "", "failed", "X"), "Failed ENGAGE_REQUEST_FAILED retry", true},
		{"yesterday's success", "X", standing(true, "Y", "success", "Y"), standing(true, "X", "success", "Y"), "Pending ENGAGE_PENDING wait", false},
		{"a success that came since, with another group", "X", standing(true, "Y", "failed", "Y"), standing(true, "X", "success", "Y"), "Failed ENGAGE_MISMATCH ask-admin", false},
		{"no status yet", "X", transform.Standing{}, standing(true, "X", "", ""), "Pending ENGAGE_PENDING wait", false},
		{"a status that is not described", "X", transform.Standing{}, standing(true, "X", "odd", ""), "Pending ENGAGE_PENDING wait", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, settled := rules.Judge(transform.Change{User: "id", Value: c.want}, c.before, c.after)
			if said := said(v); said != c.said || settled != c.settled {
				t.Errorf("%q, settled %v, want %q, %v", said, settled, c.said, c.settled)
			}
		})
	}
}

func TestAStoredRequestThatFailedNamesItsCauseAndItsCure(t *testing.T) {
	for _, c := range []struct {
		name, want, request, status, group string
		cause, cure                        string
	}{
		{"no licence", "X", "X", "nolicence", "", `no Engage licence was left for it (the org shows nolicence and no group)`, "free licences, then retry"},
		{"no such group", "X", "X", "invalid", "Y", `the Engage server knows no group "X" (the org shows invalid and "Y")`, "a retry cannot help: correct the name and load again"},
		{"the server failed", "X", "X", "failed", "", `could not carry it out (the org shows failed and no group)`, "look for the cause in the Engage administration, then retry"},
		{"no answer", "X", "X", "", "", `it was never answered (the org shows no status and no group)`, "switched on, then retry"},
		{"a removal that was not done", "", "", "success", "X", `it was not carried out (the org shows success and "X")`, "; retry"},
		{"a removal and an odd answer", "", "", "invalid", "X", `it was not carried out (the org shows invalid and "X")`, "; retry"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := rules.Decide(ask(t, c.want), standing(true, c.request, c.status, c.group)).Verdict
			if v.Code != "ENGAGE_RETRY_NEEDED" || !strings.Contains(v.Reason, c.cause) || !strings.HasSuffix(v.Reason, c.cure) {
				t.Errorf("%s: %s", v.Code, v.Reason)
			}
		})
	}
}

func TestWhatARetryCanHelp(t *testing.T) {
	retryable := rules.(transform.Retryable)
	for _, c := range []struct {
		name string
		want string
		now  transform.Standing
		can  bool
	}{
		{"a failure", "X", standing(true, "X", "failed", ""), true},
		{"a removal whose request is blank", "", standing(true, "", "success", "X"), true},
		{"another request by now", "X", standing(true, "Y", "failed", ""), false},
		{"there by now", "X", standing(true, "X", "success", "X"), false},
		{"on its way", "X", standing(true, "X", "retry", ""), false},
		{"inactive by now", "X", standing(false, "X", "failed", ""), false},
		{"gone", "X", transform.Standing{}, false},
	} {
		if got := retryable.Retryable(transform.Change{User: "id", Value: c.want}, c.now); got != c.can {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestActions(t *testing.T) {
	for _, c := range []struct {
		value, held string
		want        transform.Action
	}{{"", "X", transform.Remove}, {"", "", transform.Remove}, {"X", "", transform.Assign}, {"X", "Y", transform.Move}} {
		if got := rules.Action(transform.Change{User: "id", Value: c.value}, transform.Standing{Group: c.held}); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// The laws behind the tables.
func TestWhateverIsFoundTheLawsHold(t *testing.T) {
	some := func(rt *rapid.T, label string) transform.Standing {
		return transform.Standing{
			ID: rapid.SampledFrom([]string{"", "id"}).Draw(rt, label+" id"), Active: rapid.Bool().Draw(rt, label+" active"),
			Request: rapid.SampledFrom([]string{"", "X", "Y"}).Draw(rt, label+" request"), Group: rapid.SampledFrom([]string{"", "X", "Y"}).Draw(rt, label+" group"),
			Status: rapid.SampledFrom([]string{"", "sent", "retry", "nolicence", "invalid", "failed", "success", "odd"}).Draw(rt, label+" status"),
			Others: rapid.IntRange(0, 2).Draw(rt, label+" others"), Holders: rapid.IntRange(0, 2).Draw(rt, label+" holders"),
		}
	}
	requests := map[string]validate.Request{"": ask(t, ""), "X": ask(t, "X")}
	rapid.Check(t, func(rt *rapid.T) {
		want := rapid.SampledFrom([]string{"", "X"}).Draw(rt, "want")
		before, after := some(rt, "before"), some(rt, "after")
		d := rules.Decide(requests[want], before)
		job, change := d.Job, d.Change
		switch {
		case job == transform.None && d.Verdict.Word == "":
			rt.Fatal("neither a change nor a verdict")
		case job != transform.None && (!before.Found() || before.Request == want || want != "" && !before.Active):
			rt.Fatalf("%+v is changed into %q", before, want)
		case job != transform.None && (job == transform.Removals) != (change.Value == ""):
			rt.Fatalf("%+v travels with the %s", change, job)
		}
		v, settled := rules.Judge(transform.Change{User: "id", Value: want}, before, after)
		if (v.Word == transform.Updated || v.Word == transform.Removed) && (!settled || after.Request != want || after.Group != want) {
			rt.Fatalf("%s is said of %+v, wanted %q", v.Word, after, want)
		}
		other := func(s transform.Standing) transform.Standing { // Impersonal: of another user it says the same
			if s.Found() {
				s.ID = "another"
			}
			s.User, s.Others, s.Holders = transform.User{By: "Id", Key: s.ID}, 0, 0
			return s
		}
		if o, is := rules.Judge(transform.Change{User: "another", Value: want}, other(before), other(after)); o != v || is != settled {
			rt.Fatalf("%+v is said of one user and %+v of another", v, o)
		}
	})
}

func TestANameIsAskedForInBothForms(t *testing.T) {
	if is, want := BothForms([]string{"Zu\u0308rich", "Cardio"}), []string{"Z\u00fcrich", "Zu\u0308rich", "Cardio"}; !slices.Equal(is, want) {
		t.Errorf("%+q, want %+q", is, want)
	}
}
