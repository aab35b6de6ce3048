package groove

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rosterload/transform"
	"rosterload/validate"
	"rosterload/validate/validatetest"
)

// requests reads a roster, each time it is ranged over, with the standings of an org whose ids are the usernames.
func requests(t validatetest.T, path string, o *Org) iter.Seq2[validate.Request, transform.Standing] {
	return func(yield func(validate.Request, transform.Standing) bool) {
		for r := range validatetest.Requests(t, path, Spelling) {
			u := transform.User{By: "Username", Key: string(r.Key())}
			s := transform.Standing{User: u}
			if p, known := o.People[u.Key]; known {
				s = o.Standing(u, p)
			}
			if !yield(r, s) {
				return
			}
		}
	}
}

func decideAll(t validatetest.T, folder string, p *Policy, header string, lines ...string) (all []transform.Decision) {
	t.Helper()
	path := filepath.Join(folder, "roster.csv")
	if err := os.WriteFile(path, []byte(header+"\n"+strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	seq := requests(t, path, p.org)
	p.Forecast(seq)
	for r, s := range seq {
		all = append(all, p.Decide(r, s))
	}
	return all
}

// short is a decision in a line: the job and the value, or what is said.
func short(d transform.Decision) string {
	if d.Job != transform.None {
		return strings.TrimSpace(d.Job.String() + " " + d.Change.Value)
	}
	return strings.Join(strings.Fields(fmt.Sprintf("%s %s %s", d.Verdict.Word, d.Verdict.Code, d.Verdict.Next)), " ")
}

// user adds a user to the org: active or not, what the field holds, with a seat or without.
func (o *Org) user(name string, active bool, field string, seated bool) *Org {
	o.People[name] = Person{ID: name, Active: active, Field: SetOf(field)}
	if seated {
		o.Seats[name] = Seat{ID: "seat-" + name, Username: name, Inactive: !active}
		o.Used++
	}
	return o
}

func orgOf(byField bool, allowed int) *Org {
	return &Org{ByField: byField, Allowed: allowed, People: map[string]Person{}, Seats: map[string]Seat{}}
}

func TestWhatIsDecidedOfOneLine(t *testing.T) {
	const (
		field    = true
		seats    = false
		active   = true
		inactive = false
		seated   = true
		unseated = false
	)
	for name, c := range map[string]struct {
		byField, active bool
		holds           string
		seated          bool
		asks, want      string
	}{
		"the field: a user who holds nothing":             {field, active, "", unseated, "core", "upserts core"},
		"the field: another set":                          {field, active, "core", seated, "core;dialer", "upserts core;dialer"},
		"the field: a smaller set":                        {field, active, "core;dialer", seated, "core", "removals core"},
		"the field: one lost, one gained":                 {field, active, "core;dialer", seated, "core;flow", "upserts core;flow_unlimited"},
		"the field: the same set":                         {field, active, "core;dialer", seated, "dialer,core", "Unchanged"},
		"the field: the same set, and no seat came of it": {field, active, "core", unseated, "core", "Pending GROOVE_UNVERIFIED wait"},
		"the field: all away":                             {field, active, "core;dialer", seated, "-", "removals"},
		"the field: a seat that was given by hand":        {field, active, "", seated, "-", "removals"},
		"the field: nothing is held":                      {field, active, "", unseated, "-", "Unchanged"},
		"the field: a word that no licence has":           {field, active, "core;magic", seated, "core", "upserts core"},
		"the field: an inactive user gets nothing":        {field, inactive, "", unseated, "core", "Failed USER_INACTIVE ask-admin"},
		"the field: an inactive user keeps the seat":      {field, inactive, "core", seated, "core", "Unchanged"},
		"the field: an inactive user gets no more":        {field, inactive, "core", seated, "core;dialer", "Failed USER_INACTIVE ask-admin"},
		"the field: an inactive user loses the seat":      {field, inactive, "core;dialer", seated, "-", "removals"},
		"the field: an inactive user's field is cleared":  {field, inactive, "core", unseated, "-", "removals"},
		"seats: a user without one":                       {seats, active, "", unseated, "core", "upserts core"},
		"seats: a user without one asks for more":         {seats, active, "", unseated, "core;dialer", "upserts core;dialer"},
		"seats: a user with one":                          {seats, active, "", seated, "core", "Unchanged"},
		"seats: a user with one asks for more":            {seats, active, "", seated, "core;dialer", "Pending GROOVE_WORK_ORDER ask-admin"},
		"seats: all away":                                 {seats, active, "", seated, "-", "removals"},
		"seats: nothing is held":                          {seats, active, "", unseated, "-", "Unchanged"},
		"seats: an inactive user gets none":               {seats, inactive, "", unseated, "core", "Failed USER_INACTIVE ask-admin"},
		"seats: an inactive user loses it":                {seats, inactive, "", seated, "-", "removals"},
	} {
		t.Run(name, func(t *testing.T) {
			o := orgOf(c.byField, 5).user("a", c.active, c.holds, c.seated)
			d := decideAll(t, t.TempDir(), New(Options{Ceiling: MostThrottle}, o), "Username,licenses", `a,"`+c.asks+`"`)[0]
			if is := short(d); is != c.want {
				t.Errorf("%s (%s), want %s", is, d.Verdict.Reason, c.want)
			}
		})
	}
}

func TestSettingsThatTheOrgTells(t *testing.T) {
	for name, c := range map[string]struct {
		byField     bool
		holds, line string
		want        string
	}{
		"settings alone are for a human":                   {true, "core", ",,Admin,", "Skipped GROOVE_WORK_ORDER ask-admin"},
		"recording with the dialer that is asked for":      {true, "", "core;dialer,,,Enforced", "upserts core;dialer"},
		"recording without a dialer":                       {true, "core;dialer", "core,,,Enforced", "Failed GROOVE_BAD_SETTING fix-and-load"},
		"recording alone, the dialer is held":              {true, "core;dialer", ",,,Enforced", "Skipped GROOVE_WORK_ORDER ask-admin"},
		"recording alone, no dialer is held":               {true, "core", ",,,Enforced", "Failed GROOVE_BAD_SETTING fix-and-load"},
		"recording alone, and what is held cannot be seen": {false, "", ",,,Enforced", "Skipped GROOVE_WORK_ORDER ask-admin"},
		"more e-mails than the platform sends":             {true, "", "core,1801,,", "Failed GROOVE_BAD_SETTING fix-and-load"},
		"as many as it sends":                              {true, "", "core,1800,,", "upserts core"},
	} {
		o := orgOf(c.byField, 5).user("a", true, c.holds, c.holds != "")
		d := decideAll(t, t.TempDir(), New(Options{Ceiling: 1800}, o), "Username,licenses,email_throttle,role,call_recording", "a,"+c.line)[0]
		if is := short(d); is != c.want {
			t.Errorf("%s: %s (%s), want %s", name, is, d.Verdict.Reason, c.want)
		}
	}
}

func TestUsersWhomTheOrgDoesNotKnow(t *testing.T) {
	if is := short(decideAll(t, t.TempDir(), New(Options{}, orgOf(true, 5)), "Username,licenses", "a,core")[0]); is != "Failed USER_NOT_FOUND change-key" {
		t.Error(is)
	}
	if v := transform.Unfound(transform.Standing{Others: 2}, "Salesforce user"); v.Code != "USER_AMBIGUOUS" || !strings.HasPrefix(v.Reason, "3 Salesforce users") {
		t.Errorf("%+v", v)
	}
}

func TestTheLastLinesGetNoSeat(t *testing.T) {
	roster := []string{"a,core", "b,core", "c,core", "leaver,-"}
	for name, c := range map[string]struct {
		allowed int
		reclaim bool
		want    []string
	}{
		"one seat comes back":            {2, false, []string{"upserts core", "Failed GROOVE_NO_SEATS free-licences", "Failed GROOVE_NO_SEATS free-licences", "removals"}},
		"and that of an inactive user":   {2, true, []string{"upserts core", "upserts core", "Failed GROOVE_NO_SEATS free-licences", "removals"}},
		"the package tells no limit":     {0, false, []string{"upserts core", "upserts core", "upserts core", "removals"}},
		"more are used than are allowed": {1, false, []string{"Failed GROOVE_NO_SEATS free-licences", "Failed GROOVE_NO_SEATS free-licences", "Failed GROOVE_NO_SEATS free-licences", "removals"}},
	} {
		o := orgOf(true, c.allowed)
		for _, name := range []string{"a", "b", "c"} {
			o.user(name, true, "", false)
		}
		o.user("leaver", true, "core", true)
		o.Seats["stale"], o.Used = Seat{ID: "s", Inactive: true}, o.Used+1
		p := New(Options{Reclaim: c.reclaim, Ceiling: MostThrottle}, o)
		var is []string
		for _, d := range decideAll(t, t.TempDir(), p, "Username,licenses", roster...) {
			is = append(is, short(d))
		}
		if diff := cmp.Diff(c.want, is); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if extra := p.Extra(); len(extra) != map[bool]int{true: 1}[c.reclaim] || len(extra) == 1 && extra[0].ID != "stale" {
			t.Errorf("%s: %+v", name, extra)
		}
	}
}

func TestASeatIsTakenBackOfNoUserWhoIsInALineOrMayBeActive(t *testing.T) {
	o := orgOf(true, 9).user("inline", false, "", true).user("gone", false, "", true).user("active", true, "", true)
	delete(o.People, "gone")
	delete(o.People, "active")
	if extra := New(Options{Reclaim: true}, o).Extra(); len(extra) != 1 || extra[0].ID != "gone" {
		t.Errorf("%+v", extra)
	}
}

func TestWhatIsJudgedAfterwards(t *testing.T) {
	const field, seats = true, false
	found := func(active bool, request, group, status string) transform.Standing {
		return transform.Standing{ID: "id", Active: active, Request: request, Group: group, Status: status}
	}
	none := found(true, "", "", StatusNone)
	for name, c := range map[string]struct {
		byField       bool
		value         string
		before, after transform.Standing
		want          string
	}{
		"all is gone":                               {field, "", found(true, "core", "core", StatusSeat), none, "Removed settled"},
		"the seat is there still":                   {field, "", found(true, "core", "core", StatusSeat), found(true, byHand, Core, StatusSeat), "Pending GROOVE_UNVERIFIED wait"},
		"an inactive user's seat is there still":    {field, "", found(false, "core", "core", StatusSeat), found(false, Core, Core, StatusSeat), "Pending GROOVE_UNVERIFIED wait"},
		"the field was filled again":                {field, "", found(true, "core", "core", StatusSeat), found(true, "core", "core", StatusSeat), "Failed USER_CHANGED_MEANWHILE fix-and-load settled"},
		"the org shows the user no more":            {field, "", found(true, "core", "core", StatusSeat), transform.Standing{}, "Failed USER_CHANGED_MEANWHILE fix-and-load settled"},
		"no seat yet":                               {field, "core", none, found(true, "core", "core", StatusWaiting), "Pending GROOVE_UNVERIFIED wait"},
		"core has its seat":                         {field, "core", none, found(true, "core", "core", StatusSeat), "Created settled"},
		"core had its seat":                         {field, "core", found(true, byHand, Core, StatusSeat), found(true, "core", "core", StatusSeat), "Updated settled"},
		"of further licences nothing is seen":       {field, "core;dialer", none, found(true, "core;dialer", "core;dialer", StatusUnverified), "Pending GROOVE_UNVERIFIED wait settled"},
		"nor of one that was lost":                  {field, "core", found(true, "core;dialer", "core;dialer", StatusUnverified), found(true, "core", "core", StatusSeat), "Pending GROOVE_UNVERIFIED wait settled"},
		"a seat that was asked for is there":        {seats, "core", none, found(true, "core", "core", StatusSeat), "Created settled"},
		"a seat, and the rest is for a human":       {seats, "core;dialer", none, found(true, "core", "core", StatusSeat), "Pending GROOVE_WORK_ORDER ask-admin settled"},
		"a seat that was asked for is not there":    {seats, "core", none, none, "Failed USER_CHANGED_MEANWHILE fix-and-load settled"},
		"a seat that was to go is gone":             {seats, "", found(true, "core", "core", StatusSeat), none, "Removed settled"},
		"a seat that was to go is there still":      {seats, "", found(true, "core", "core", StatusSeat), found(true, "core", "core", StatusSeat), "Pending GROOVE_UNVERIFIED wait"},
		"an inactive user's field was not cleared":  {field, "", found(false, "core field core", "core", StatusSeat), found(false, "field core", "", StatusNone), "Failed USER_CHANGED_MEANWHILE fix-and-load settled"},
		"an inactive user has nothing any more":     {field, "", found(false, "core", "core", StatusSeat), found(false, "", "", StatusNone), "Removed settled"},
		"another set stands there":                  {field, "core", none, found(true, "core;sms", "core;sms", StatusUnverified), "Failed USER_CHANGED_MEANWHILE fix-and-load settled"},
		"the user was switched off and has no seat": {field, "core", none, found(false, "field core", "", StatusNone), "Failed USER_CHANGED_MEANWHILE fix-and-load settled"},
	} {
		v, settled := New(Options{}, &Org{ByField: c.byField}).Judge(transform.Change{User: "id", Value: c.value}, c.before, c.after)
		is := short(transform.Decision{Verdict: v})
		if settled {
			is += " settled"
		}
		if is != c.want {
			t.Errorf("%s: %s, want %s", name, is, c.want)
		}
	}
}

func TestHowAChangeReads(t *testing.T) {
	p := New(Options{Unverified: true}, &Org{})
	for _, c := range []struct {
		value, held string
		want        transform.Action
	}{
		{"core", "", transform.Assign}, {"core;dialer", "core", transform.Move}, {"core", "core;dialer", transform.Remove}, {"", "core", transform.Remove}, {"", "", transform.Remove},
	} {
		change := transform.Change{Value: c.value}
		if is := p.Action(change, transform.Standing{Group: c.held}); is != c.want || p.Shown(change) != c.value {
			t.Errorf("%q over %q: %s, want %s", c.value, c.held, is, c.want)
		}
	}
	if p.Holders() != -1 || New(Options{}, orgOf(true, 3).user("a", true, "core", true)).Holders() != 1 {
		t.Error("holders are those with a seat, and not known without a look")
	}
	if v := unverified("x"); !p.Trusted(v) || New(Options{}, &Org{}).Trusted(v) || p.Trusted(manual("x")) || !p.Ended(v) || p.Ended(transform.Failure("USER_INACTIVE", "", "")) {
		t.Error("trust is for what is unverified, where the config says so")
	}
}

func TestHowFarAStatusIsBelieved(t *testing.T) {
	seat := transform.Standing{ID: "id", Status: StatusSeat}
	for _, c := range []struct {
		value string
		v     transform.Verdict
		want  string
	}{
		{"core;dialer", manual("x"), StatusManual}, {"core", unverified("x"), StatusUnverified}, {"", unverified("x"), StatusSeat}, {"core", transform.Verdict{Word: transform.Created}, StatusSeat},
	} {
		if is := New(Options{}, &Org{}).Status(transform.Change{Value: c.value}, c.v, seat); is != c.want {
			t.Errorf("%+v: %s, want %s", c.v, is, c.want)
		}
	}
}

func TestWhatARosterMayAskFor(t *testing.T) {
	const header = "Username,licenses,core_license,dialer_license,role,email_throttle,teams"
	for line, want := range map[string]string{
		`a,"Flow Unlimited, core",,,,,`:      "core;flow_unlimited",
		`a,,Yes,on,,,`:                       "core;dialer",
		`a,,No,,,,`:                          "removal",
		`a,-,,,,,`:                           "removal",
		`a,,,,admin,,`:                       "",
		`a,dialer,,,,,`:                      "GROOVE_CORE_REQUIRED",
		`a,core;sms,,,,,`:                    "GROOVE_DIALER_REQUIRED",
		`a,core;magic,,,,,`:                  "GROOVE_UNKNOWN_LICENCE",
		`a,core,Yes,,,,`:                     "GROOVE_BAD_SETTING",
		`a,-,No,,,,`:                         "GROOVE_BAD_SETTING",
		`a,,perhaps,,,,`:                     "GROOVE_BAD_SETTING",
		`a,core,,,Emperor,,`:                 "GROOVE_BAD_SETTING",
		`a,core,,,,4501,`:                    "GROOVE_BAD_SETTING",
		`a,core,,,,0,`:                       "GROOVE_BAD_SETTING",
		`a,core;core;CORE License,,,,4500,B`: "core",
	} {
		path := filepath.Join(t.TempDir(), "roster.csv")
		if err := os.WriteFile(path, []byte(header+"\n"+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		roster, err := validate.Open(path, Spelling, validate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for l, err := range roster.Lines() {
			if err != nil {
				t.Fatal(err)
			}
			r, fault := roster.Check(l)
			is := string(r.Value())
			switch {
			case fault != nil:
				is = fault.Code
			case r.Removal():
				is = "removal"
			}
			if is != want {
				t.Errorf("%s: %s, want %s", line, is, want)
			}
		}
		_ = roster.Close()
	}
}

func TestHowSettingsAreSpelled(t *testing.T) {
	for _, c := range []struct{ setting, cell, want string }{
		{"teams", "B, A;B ;", "A, B"},
		{"role", "team-lead", "Team Lead"},
		{"flow_enabled", "OFF", "No"},
		{"email_throttle", "0200", "200"},
		{"call_recording", "enforced", "Enforced"},
		{"sync", "1", "Yes"},
		{"release_number", "yes", "Yes"},
		{"role", "Emperor", ""},
		{"email_throttle", "2e3", ""},
	} {
		for _, s := range Settings {
			if s.Name != c.setting {
				continue
			}
			if is, why := s.Spell(c.cell, MostThrottle); is != c.want || (why == "") != (c.want != "") {
				t.Errorf("%s %q: %q, %q, want %q", c.setting, c.cell, is, why, c.want)
			}
		}
	}
}

// Seats: never more are given than are free or come back, never to an inactive user, and a removal never asks for more than is held.
func TestSeatsThatAreGiven(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		set := rapid.SampledFrom([]string{"", "core", "core;dialer", "core;dialer;sms"})
		o, lines := orgOf(rapid.Bool().Draw(t, "by field"), rapid.IntRange(1, 10).Draw(t, "allowed")), []string{}
		for n := range rapid.IntRange(1, 12).Draw(t, "users") {
			name := fmt.Sprintf("u%d", n)
			o.user(name, rapid.Bool().Draw(t, "active"), set.Draw(t, "holds"), rapid.Bool().Draw(t, "seated"))
			asks := set.Draw(t, "asks")
			if asks == "" {
				asks = "-"
			}
			lines = append(lines, name+","+asks)
		}
		p := New(Options{Reclaim: rapid.Bool().Draw(t, "reclaim"), Ceiling: MostThrottle}, o)
		used := o.Used
		for _, d := range decideAll(t, folder, p, "Username,licenses", lines...) {
			who, asked := o.People[d.Change.User], SetOf(d.Change.Value)
			switch {
			case d.Job == transform.Upserts && !who.Active:
				t.Fatalf("%s is inactive and is given licences", who.ID)
			case d.Job == transform.Upserts && asked.Has(Core) && !o.Seated(who.ID):
				used++
			case d.Job == transform.Removals && !asked.Within(o.Held(who)):
				t.Fatalf("the removal of %s asks for %s over %s", who.ID, asked, o.Held(who))
			case d.Job == transform.Removals && !asked.Has(Core) && o.Seated(who.ID):
				used--
			}
		}
		if used -= len(p.Extra()); used > max(o.Allowed, o.Used) {
			t.Fatalf("%d seats used afterwards, %d are allowed and %d were used before", used, o.Allowed, o.Used)
		}
	})
}

func FuzzLicences(f *testing.F) {
	for _, text := range []string{"", "core", "core;dialer", "CORE, Flow Unlimited", "core;magic", " ; ,"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		set, unknown := Parse(text)
		if unknown != "" {
			if SetOf(text).String() != text {
				t.Errorf("%q holds an unknown word and is not kept whole", text)
			}
			return
		}
		again, unknown := Parse(set.String())
		if unknown != "" || again.String() != set.String() || !set.Within(All) {
			t.Errorf("%q reads as %q and then as %q", text, set, again)
		}
	})
}

func TestARemovalCutShortBetweenFieldAndSeatIsPartWay(t *testing.T) {
	before := transform.Standing{ID: "id", Request: "core field core;flow_unlimited", Group: "core"}
	for _, c := range []struct {
		name, value, now string
		partWay          bool
	}{
		{"the field is cleared, the seat is there", "", "core", true},
		{"nothing was done yet", "", "core field core;flow_unlimited", false},
		{"all was done", "", "", false},
		{"an assignment never is", "core", "core", false},
		{"others have put something else there", "", "core field dialer", false},
	} {
		now := transform.Standing{ID: "id", Request: c.now}
		if got := (&Policy{}).PartWay(transform.Change{User: "id", Value: c.value}, before, now); got != c.partWay {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
