package vonage

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rosterload/transform"
	"rosterload/validate"
	"rosterload/validate/validatetest"
)

const header = "Username,agent_id,action,phone,call_center,user_type,template_username"

// requests reads a roster, each time it is ranged over, with the standings of an org.
func requests(t validatetest.T, path string, o *Org) iter.Seq2[validate.Request, transform.Standing] {
	return func(yield func(validate.Request, transform.Standing) bool) {
		for r := range validatetest.Requests(t, path, Spelling) {
			if !yield(r, standingOf(o, string(r.Key()))) {
				return
			}
		}
	}
}

// standingOf finds a user by name, as a look does.
func standingOf(o *Org, key string) transform.Standing {
	u := transform.User{By: "Username", Key: key}
	for _, p := range o.People {
		if Fold(p.Username) == key {
			return o.Standing(u, p)
		}
	}
	return transform.Standing{User: u}
}

func decideAll(t validatetest.T, folder string, p *Policy, lines ...string) (all []transform.Decision) {
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

// short is a decision in a line: the job and what is sealed, or what is said.
func short(d transform.Decision) string {
	if d.Job != transform.None {
		return strings.TrimSpace(fmt.Sprintf("%s %s %s", d.Job, d.Change.Value, d.Own))
	}
	return strings.Join(strings.Fields(fmt.Sprintf("%s %s %s", d.Verdict.Word, d.Verdict.Code, d.Verdict.Next)), " ")
}

// well is a Salesforce user that lacks nothing.
func well(name string, change ...func(*Person)) Person {
	p := Person{ID: "id-" + name, Username: name + "@acme.example", Email: name + "@mail.example", Phone: "+44 20", CallCenter: "cc", Active: true}
	for _, c := range change {
		c(&p)
	}
	return p
}

func agentID(id string) func(*Person) { return func(p *Person) { p.AgentID = id } }

// orgOf holds these users, and knows who has an agent ID.
func orgOf(like Type, people ...Person) *Org {
	o := NewOrg(Template{Username: "template@acme.example", Type: like})
	o.Centers["cc"] = []string{"cc", "London", "lon"}
	for _, p := range people {
		o.People[p.ID] = p
		o.Take(p.AgentID, Holder{"Salesforce", p.Username})
	}
	return o
}

func account(name, id string, like Type, active bool) Account {
	return Account{UserID: "v-" + name, Username: name + "@acme.example", Email: name + "@mail.example", AgentID: id, Type: like, Active: active}
}

func TestWhatIsDecidedOfOneLine(t *testing.T) {
	unfinished := func(p *Person) { p.Unfinished = true }
	for name, c := range map[string]struct {
		like     Type // empty: an agent
		person   Person
		accounts []Account
		line     string // behind the username
		options  Options
		want     string
	}{
		"an agent ID is made up":                           {person: well("a"), options: Options{GenerateIDs: true, StartingID: 7}, want: "upserts 7 generated"},
		"no agent ID and none is made up":                  {person: well("a"), want: "Failed VCC_AGENT_ID_MISSING fix-and-load"},
		"Salesforce's agent ID is taken":                   {person: well("a", agentID("12")), want: "upserts 12"},
		"the roster's agent ID is taken":                   {person: well("a"), line: "12", want: "upserts 12"},
		"roster and Salesforce differ":                     {person: well("a", agentID("12")), line: "13", want: "Failed VCC_AGENT_ID_DIFFERS fix-and-load"},
		"another account holds the agent ID":               {person: well("a", agentID("12")), accounts: []Account{account("b", "012", Agent, false)}, want: "Failed VCC_AGENT_ID_IN_USE change-key"},
		"an inactive user is not made":                     {person: well("a", agentID("12"), func(p *Person) { p.Active = false }), want: "Failed USER_INACTIVE ask-admin"},
		"no telephone number":                              {person: well("a", agentID("12"), func(p *Person) { p.Phone = "" }), want: "Failed VCC_PHONE_MISSING fix-and-load"},
		"no call center":                                   {person: well("a", agentID("12"), func(p *Person) { p.CallCenter = "" }), want: "Failed VCC_CALL_CENTER_MISSING fix-and-load"},
		"no call center, and none is required":             {person: well("a", agentID("12"), func(p *Person) { p.CallCenter = "" }), options: Options{CenterOptional: true}, want: "upserts 12"},
		"the account is there and tied":                    {person: well("a", agentID("12")), accounts: []Account{account("A", "12", Agent, true)}, want: "Unchanged VCC_ALREADY_PROVISIONED"},
		"the account is there with another agent ID":       {person: well("a", agentID("12")), accounts: []Account{account("a", "13", Agent, true)}, want: "Failed VCC_USERNAME_EXISTS ignore-if-same-person"},
		"the account is archived":                          {person: well("a", agentID("12")), accounts: []Account{account("a", "12", Agent, false)}, want: "Failed VCC_USERNAME_EXISTS ignore-if-same-person"},
		"the account was begun and is finished":            {person: well("a", agentID("12"), unfinished), accounts: []Account{account("a", "12", Agent, true)}, want: "upserts 12"},
		"a telephone number in another spelling":           {person: well("a", agentID("12")), line: ",,+44-20", want: "upserts 12"},
		"another telephone number":                         {person: well("a", agentID("12")), line: ",,+44 21", want: "Failed VCC_STATEMENT_DIFFERS fix-and-load"},
		"the call center by its name":                      {person: well("a", agentID("12")), line: ",,,London", want: "upserts 12"},
		"another call center":                              {person: well("a", agentID("12")), line: ",,,Leeds", want: "Failed VCC_STATEMENT_DIFFERS fix-and-load"},
		"another type than the template's":                 {person: well("a", agentID("12")), line: ",,,,plain supervisor", want: "Failed VCC_STATEMENT_DIFFERS fix-and-load"},
		"another template":                                 {person: well("a", agentID("12")), line: ",,,,,b@acme.example", want: "Failed VCC_STATEMENT_DIFFERS fix-and-load"},
		"a plain supervisor takes no agent ID":             {like: PlainSupervisor, person: well("a"), want: "upserts (supervisor)"},
		"a plain supervisor with Salesforce's agent ID":    {like: PlainSupervisor, person: well("a", agentID("12")), want: "upserts (supervisor)"},
		"a plain supervisor with the roster's agent ID":    {like: PlainSupervisor, person: well("a"), line: "12", want: "Failed VCC_BAD_AGENT_ID fix-and-load"},
		"a plain supervisor who is there":                  {like: PlainSupervisor, person: well("a"), accounts: []Account{account("a", "", PlainSupervisor, true)}, want: "Unchanged VCC_ALREADY_PROVISIONED"},
		"a voice supervisor needs an agent ID":             {like: VoiceSupervisor, person: well("a"), want: "Failed VCC_AGENT_ID_MISSING fix-and-load"},
		"the word for an archive stands in Salesforce":     {person: well("a", agentID(Nothing)), want: "Failed VCC_BAD_AGENT_ID fix-and-load"},
		"the word for no agent ID stands in Salesforce":    {person: well("a", agentID(NoAgentID)), want: "Failed VCC_BAD_AGENT_ID fix-and-load"},
		"an account is archived":                           {person: well("a", agentID("12")), accounts: []Account{account("a", "012", Agent, true)}, line: ",archive", want: "removals"},
		"an inactive user's account is archived":           {person: well("a", func(p *Person) { p.Active = false }), accounts: []Account{account("a", "12", Agent, true)}, line: "#N/A", want: "removals"},
		"an archive of an account with another agent ID":   {person: well("a", agentID("13")), accounts: []Account{account("a", "12", Agent, true)}, line: "#N/A", want: "Failed VCC_AGENT_ID_DIFFERS fix-and-load"},
		"an archive of an account that is not there":       {person: well("a"), line: "#N/A", want: "Unchanged"},
		"an archive of an account that is archived":        {person: well("a"), accounts: []Account{account("a", "12", Agent, false)}, line: ",archive", want: "Unchanged"},
		"an archive of a user unknown to Salesforce":       {person: well("b"), line: "7,archive", want: "Failed USER_NOT_FOUND change-key"},
		"a creation of a user unknown to Salesforce":       {person: well("b"), line: "7", want: "Failed USER_NOT_FOUND change-key"},
		"no licence is left":                               {person: well("a", agentID("12")), options: Options{AgentLicences: new(int)}, want: "Failed VCC_NO_LICENCES free-licences"},
		"no licence is left, and overages are allowed":     {person: well("a", agentID("12")), options: Options{AgentLicences: new(int), AllowOverages: true}, want: "upserts 12"},
		"no licence is left, and a supervisor takes none":  {like: VoiceSupervisor, person: well("a", agentID("12")), options: Options{AgentLicences: new(int)}, want: "upserts 12"},
		"no licence is left, and one begun has its own":    {person: well("a", agentID("12"), unfinished), accounts: []Account{account("a", "12", Agent, true)}, options: Options{AgentLicences: new(int)}, want: "upserts 12"},
		"the starting ID may be anything below the first":  {person: well("a"), options: Options{GenerateIDs: true, StartingID: -3}, want: "upserts 1 generated"},
		"archived accounts keep their agent ID":            {person: well("a"), accounts: []Account{account("b", "1", Agent, false)}, options: Options{GenerateIDs: true}, want: "upserts 2 generated"},
		"an agent ID with zeros in front is taken as well": {person: well("a"), accounts: []Account{account("b", "001", Agent, true)}, options: Options{GenerateIDs: true}, want: "upserts 2 generated"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.like == "" {
				c.like = Agent
			}
			o := orgOf(c.like, c.person)
			for _, a := range c.accounts {
				o.Add(a)
			}
			d := decideAll(t, t.TempDir(), New(c.options, o), "a@acme.example,"+c.line+strings.Repeat(",", 5-strings.Count(c.line, ",")))[0]
			if is := short(d); is != c.want {
				t.Errorf("%s (%s), want %s", is, d.Verdict.Reason, c.want)
			}
		})
	}
}

func TestSeveralUsersOfOneKey(t *testing.T) {
	if v := transform.Unfound(transform.Standing{Others: 1}, "Salesforce user"); v.Code != "USER_AMBIGUOUS" || !strings.HasPrefix(v.Reason, "2 Salesforce users") {
		t.Errorf("%+v", v)
	}
}

func TestTwoLinesThatNameOneAgentID(t *testing.T) {
	p := New(Options{GenerateIDs: true, StartingID: 90}, orgOf(Agent, well("a"), well("b"), well("c")))
	var is []string
	for _, d := range decideAll(t, t.TempDir(), p, "c@acme.example,,,,,,", "a@acme.example,90,,,,,", "b@acme.example,090,,,,,") {
		is = append(is, short(d))
	}
	want := []string{"upserts 91 generated", "Failed VCC_AGENT_ID_IN_USE change-key", "Failed VCC_AGENT_ID_IN_USE change-key"}
	if diff := cmp.Diff(want, is); diff != "" {
		t.Error(diff)
	}
}

func TestAnArchiveFreesALicenceForALineAboveIt(t *testing.T) {
	o := orgOf(Agent, well("a", agentID("1")), well("b", agentID("2")), well("c", agentID("3")), well("sleeper", func(p *Person) { p.Active = false }))
	o.Add(account("c", "3", Agent, true))
	one := 1
	ds := decideAll(t, t.TempDir(), New(Options{AgentLicences: &one}, o), "sleeper@acme.example,9,,,,,", "a@acme.example,,,,,,", "b@acme.example,,,,,,", "c@acme.example,,archive,,,,")
	var is []string
	for _, d := range ds {
		is = append(is, short(d))
	}
	want := []string{"Failed USER_INACTIVE ask-admin", "upserts 1", "Failed VCC_NO_LICENCES free-licences", "removals"}
	if diff := cmp.Diff(want, is); diff != "" {
		t.Error(diff)
	}
	if ds[2].Verdict.Reason != "all 1 agent licences are in use; 1 too few for this roster" {
		t.Error(ds[2].Verdict.Reason)
	}
}

func TestWhatIsJudgedAfterwards(t *testing.T) {
	found := func(status, request, group string) transform.Standing {
		return transform.Standing{ID: "id", Status: status, Request: request, Group: group}
	}
	for name, c := range map[string]struct {
		value string
		after transform.Standing
		want  string
	}{
		"made":                                  {"7", found(StatusCreated, "7", "7"), "Created"},
		"made, and VCC drops the zeros":         {"007", found(StatusCreated, "7", "7"), "Created"},
		"a plain supervisor is made":            {NoAgentID, found(StatusCreated, NoAgentID, ""), "Created"},
		"half made":                             {"7", found(StatusIncomplete, "", "7"), "Failed VCC_INCOMPLETE fix-and-load"},
		"made with another agent ID":            {"7", found(StatusCreated, "8", "8"), "Failed USER_CHANGED_MEANWHILE fix-and-load"},
		"not made":                              {"7", found("", "", ""), "Failed USER_CHANGED_MEANWHILE fix-and-load"},
		"archived":                              {"", found(StatusArchived, "", ""), "Removed"},
		"gone from VCC":                         {"", found("", "", ""), "Removed"},
		"not archived":                          {"", found(StatusCreated, "7", "7"), "Failed USER_CHANGED_MEANWHILE fix-and-load"},
		"Salesforce shows the user no more":     {"", transform.Standing{}, "Failed USER_CHANGED_MEANWHILE fix-and-load"},
		"Salesforce shows the new user no more": {"7", transform.Standing{}, "Failed USER_CHANGED_MEANWHILE fix-and-load"},
	} {
		v, settled := New(Options{}, nil).Judge(transform.Change{User: "id", Value: c.value}, transform.Standing{}, c.after)
		if is := short(transform.Decision{Verdict: v}); is != c.want || !settled {
			t.Errorf("%s: %s, settled %v, want %s", name, is, settled, c.want)
		}
	}
}

func TestHowAChangeReads(t *testing.T) {
	p := New(Options{}, nil)
	for value, want := range map[string]string{"7": "create 7", NoAgentID: "create ", undrawn: "create ", "": "archive "} {
		c := transform.Change{User: "id", Value: value}
		if is := fmt.Sprintf("%s %s", p.Action(c, transform.Standing{}), p.Shown(c)); is != want {
			t.Errorf("%q: %q, want %q", value, is, want)
		}
	}
	if p.Holders() != -1 {
		t.Error("a policy of no look knows how many hold an account")
	}
	o := orgOf(Agent)
	o.Add(account("a", "1", Agent, true))
	o.Add(account("b", "2", Agent, false))
	if n := New(Options{}, o).Holders(); n != 1 {
		t.Errorf("%d holders", n)
	}
}

func TestWhatARosterMayNotName(t *testing.T) {
	for line, want := range map[string]string{
		"a@acme.example,(supervisor),":   "VCC_BAD_AGENT_ID",
		"a@acme.example,7 (generated),":  "VCC_BAD_AGENT_ID",
		"a@acme.example,,promote":        "VCC_BAD_ACTION",
		"a@acme.example,#N/A,create":     "VCC_BAD_ACTION",
		"a b@acme.example,7,":            "USER_BAD_ID",
		"a@acme.example,(supervisor) ,x": "VCC_BAD_ACTION",
	} {
		path := filepath.Join(t.TempDir(), "roster.csv")
		if err := os.WriteFile(path, []byte("Username,agent_id,action\n"+line+"\n"), 0o600); err != nil {
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
			if _, fault := roster.Check(l); fault == nil || fault.Code != want {
				t.Errorf("%s: %+v, want %s", line, fault, want)
			}
		}
		_ = roster.Close()
	}
}

// An agent ID is drawn once, is none that a system holds or the roster names, and no licence is given that is not free, nor to an inactive user.
func TestAgentIDsAndLicences(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		someID := rapid.Map(rapid.IntRange(1, 12), func(n int) string { return strings.Repeat("0", n%3) + strconv.Itoa(n) })
		o, lines := orgOf(Agent), []string{}
		for n := range rapid.IntRange(1, 12).Draw(t, "users") {
			p := well(strconv.Itoa(n), func(p *Person) {
				p.Active = rapid.Bool().Draw(t, "active")
				if rapid.IntRange(0, 3).Draw(t, "tied") == 0 {
					p.AgentID = someID.Draw(t, "in Salesforce")
				}
			})
			o.People[p.ID] = p
			o.Take(p.AgentID, Holder{"Salesforce", p.Username})
			if rapid.IntRange(0, 2).Draw(t, "account") == 0 {
				o.Add(account(strconv.Itoa(n), someID.Draw(t, "in VCC"), Agent, rapid.Bool().Draw(t, "account active")))
			}
			ask := rapid.SampledFrom([]string{",,", ",,", someID.Draw(t, "named") + ",,", ",archive,"}).Draw(t, "asks")
			lines = append(lines, p.Username+","+ask+",,,")
		}
		licences := rapid.IntRange(0, 8).Draw(t, "licences")
		p := New(Options{GenerateIDs: true, StartingID: rapid.IntRange(-1, 9).Draw(t, "start"), AgentLicences: &licences}, o)
		before, drawn := o.Agents, map[string]bool{}
		for _, d := range decideAll(t, folder, p, lines...) {
			who := o.People[d.Change.User]
			switch {
			case d.Job == transform.Removals:
				before--
			case d.Job == transform.Upserts && !who.Active:
				t.Fatalf("%s is inactive and is given a licence", who.Username)
			case d.Job == transform.Upserts:
				before++
			}
			if d.Own != Generated {
				continue
			}
			id := d.Change.Value
			switch {
			case drawn[id]:
				t.Fatalf("%s is drawn twice", id)
			case len(o.Taken[id]) > 0:
				t.Fatalf("%s is drawn and taken by %v", id, o.Taken[id])
			case slices.ContainsFunc(lines, func(l string) bool { return Canonical(strings.Split(l, ",")[1]) == id }):
				t.Fatalf("%s is drawn and named", id)
			}
			drawn[id] = true
		}
		if before > max(licences, o.Agents) {
			t.Fatalf("%d agents afterwards, of %d licences and %d agents before", before, licences, o.Agents)
		}
	})
}

func TestWhatARunHasSpentIsNotDrawnByALaterProcess(t *testing.T) {
	first := NewIDs(4, NewOrg(Template{}))
	first.Name("006")
	first.Draw()
	later := NewIDs(4, NewOrg(Template{}))
	later.Spend(first.Spent())
	if a, b := later.Draw(), later.Draw(); a != "5" || b != "7" {
		t.Errorf("drawn: %s, %s", a, b)
	}
}
