package all_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader"
	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/connector/salesforce"
	"rosterload/loader/connector/vonage"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/simulator"
	pretend "rosterload/loader/simulator/vonage"
)

// centre is a pretend contact centre with its Salesforce org, a folder for rosters and a home.
type centre struct {
	org      *pretend.Server
	server   *httptest.Server
	folder   string
	settings func(*vonage.Settings)
}

const centreHeader = "Username,Email,IsActive,Phone,CallCenterId,NVMContactWorld__NVM_Agent_Id__c,vcc_role,vcc_agent_id,vcc_active\n"

// centreUser is a line of the Salesforce users; all share the call center.
func centreUser(name, phone, id, vcc string) string {
	return fmt.Sprintf("%s@acme.example,%s@mail.example,true,%s,04v5f0000000001AAA,%s,%s\n", name, name, phone, id, vcc)
}

// newAccount makes a pretend account with these Salesforce users.
func newAccount(t *testing.T, users string) *pretend.Server {
	t.Helper()
	org, err := pretend.New(simulator.Options{UsersFrom: strings.NewReader(centreHeader + users), Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	return org
}

func newCentre(t *testing.T, users string, settings func(*vonage.Settings)) *centre {
	t.Helper()
	c := &centre{org: newAccount(t, users), folder: t.TempDir(), settings: settings}
	c.server = httptest.NewServer(c.org)
	t.Cleanup(c.server.Close)
	return c
}

// vonageSettings are those of a pretend account at this address.
func vonageSettings(address string) *vonage.Settings {
	at := func(v string) config.At[string] { return config.At[string]{V: v} }
	s := &vonage.Settings{URL: at(address + "/useradmin"), TokenURL: at(address + "/Auth/connect/token"), Salesforce: at("prod"), Template: at(pretend.TemplateAgent)}
	s.Auth.ClientID, s.Auth.ClientSecret = config.NewSecret("me"), config.NewSecret("mine")
	s.RetryFor = config.Duration(2e9)
	s.GenerateAgentIDs, s.CallsPerSecond = true, 1000
	return s
}

// open makes a target as a new process would.
func (c *centre) open(t *testing.T, flags map[string]string) (connector.Target, error) {
	t.Helper()
	s := vonageSettings(c.server.URL)
	if c.settings != nil {
		c.settings(s)
	}
	return vonage.Connector.Open(context.Background(), connector.Opening{Settings: s, Flags: flags, Other: hostAt(c.server.URL)})
}

// hostAt opens the pretend Salesforce org at this address, whatever it is called.
func hostAt(address string) func(string) (connector.Target, error) {
	return func(string) (connector.Target, error) {
		return salesforce.Connector.Open(context.Background(), connector.Opening{Settings: salesforceSettings(address)})
	}
}

// options are those of a new process.
func (c *centre) options(t *testing.T) loader.Options {
	t.Helper()
	return loader.Options{
		Home: filepath.Join(c.folder, "home"), Connector: vonage.Connector, Name: "centre",
		Open:  func(_ context.Context, flags map[string]string) (connector.Target, error) { return c.open(t, flags) },
		Flags: run.Flags{MaxRemovals: "100%", Wait: 1e9, Poll: run.Poll{Job: 1e6, Status: 1e6}},
	}
}

// load carries a roster and resumes until the run is over.
func (c *centre) load(t *testing.T, roster string) *results.Summary {
	t.Helper()
	path := filepath.Join(c.folder, "roster.csv")
	if err := os.WriteFile(path, []byte(roster), 0o600); err != nil {
		t.Fatal(err)
	}
	before, _, _ := run.List(filepath.Join(c.folder, "home"))
	s, err := loader.Load(context.Background(), c.options(t), path)
	for tries := 0; s == nil || !s.Final; tries++ {
		if tries == 6 {
			t.Fatalf("the run does not come to its end: %v", err)
		}
		runs, _, _ := run.List(filepath.Join(c.folder, "home"))
		if len(runs) == len(before) {
			s, err = loader.Load(context.Background(), c.options(t), path)
			continue
		}
		s, err = loader.Carry(context.Background(), c.options(t), runs[len(runs)-1].ID)
	}
	if broken := c.org.Violations(); len(broken) > 0 {
		t.Errorf("broken promises: %v", broken)
	}
	return s
}

// answers is the results file in short.
func answers(t *testing.T, s *results.Summary) []string {
	t.Helper()
	var lines []string
	for r, err := range results.Read(s.Files.Results) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, vonageLine(r))
	}
	return lines
}

// vonageLine is a row of the results in short: result, code, requested, status.
func vonageLine(r results.Row) string {
	return strings.Join(strings.Fields(fmt.Sprintf("%d %s %s %s %s", r.Row, r.Result, r.ReasonCode, r.Requested, r.ProvisioningStatus)), " ")
}

// The picture of "Creating VCC user accounts for existing Salesforce users": three are made, one has no telephone, one is there already.
const picture = "Username\nann@acme.example\nbob@acme.example\ncid@acme.example\ndot@acme.example\neve@acme.example\n"

func pictured() string {
	return centreUser("ann", "+4420", "", ",,") + centreUser("bob", "", "", ",,") + centreUser("cid", "+4421", "", ",,") +
		centreUser("dot", "+4422", "", "Agent,44,true") + centreUser("eve", "+4423", "", ",,") + centreUser("old", "+4424", "3", ",,")
}

func TestThePictureOfTheVendorsPage(t *testing.T) {
	c := newCentre(t, pictured(), nil)
	s := c.load(t, picture)
	want := []string{"1 Created 4 created", "2 Failed VCC_PHONE_MISSING", "3 Created 5 created", "4 Failed VCC_USERNAME_EXISTS 44 created", "5 Created 6 created"}
	want[3] = "4 Failed VCC_USERNAME_EXISTS created"
	if diff := cmp.Diff(want, answers(t, s)); diff != "" {
		t.Error(diff)
	}
	if s.Exit != run.ExitFailedRows {
		t.Errorf("exit %d", s.Exit)
	}
	c.checkLikeTemplate(t, map[string]string{"ann@acme.example": "4", "cid@acme.example": "5", "eve@acme.example": "6"})
	posts := c.posts()
	again := c.load(t, picture)
	want = []string{"1 Unchanged VCC_ALREADY_PROVISIONED 4 created", "2 Failed VCC_PHONE_MISSING", "3 Unchanged VCC_ALREADY_PROVISIONED 5 created", "4 Failed VCC_USERNAME_EXISTS created", "5 Unchanged VCC_ALREADY_PROVISIONED 6 created"}
	if diff := cmp.Diff(want, answers(t, again)); diff != "" {
		t.Error(diff)
	}
	if c.posts() != posts {
		t.Error("the same load again has made a user")
	}
}

// posts counts the creates that were asked for.
func (c *centre) posts() (n int) {
	for _, r := range c.org.Requests() {
		if r.Method == http.MethodPost && r.Path == "/useradmin/users" {
			n++
		}
	}
	return n
}

// made is how many creates were carried out.
func (c *centre) made() (n int) {
	for name := range c.org.Org().Users() {
		if _, there := c.org.Shown(name); there {
			n++
		}
	}
	return n
}

// checkLikeTemplate holds users against the template and their agent IDs in both systems.
func (c *centre) checkLikeTemplate(t *testing.T, ids map[string]string) {
	t.Helper()
	like, _ := c.org.Shown(pretend.TemplateAgent)
	inSalesforce := map[string]string{}
	values := c.org.Org().Values("NVMContactWorld__NVM_Agent_Id__c")
	for name, id := range c.org.Org().Users() {
		inSalesforce[name] = values[id]
	}
	for name, id := range ids {
		is, there := c.org.Shown(name)
		if !there || is.AgentID != id || inSalesforce[name] != id {
			t.Errorf("%s has agent ID %q in VCC and %q in Salesforce, want %s", name, is.AgentID, inSalesforce[name], id)
		}
		if diff := cmp.Diff(like.Lists, is.Lists); diff != "" {
			t.Errorf("%s is not like the template:\n%s", name, diff)
		}
	}
}

func TestAPlainSupervisorTakesNoAgentID(t *testing.T) {
	c := newCentre(t, pictured(), func(s *vonage.Settings) { s.Template.V = pretend.TemplateSupervisor })
	s := c.load(t, "Username,agent_id\nann@acme.example,\ncid@acme.example,77\n")
	if diff := cmp.Diff([]string{"1 Created created", "2 Failed VCC_BAD_AGENT_ID"}, answers(t, s)); diff != "" {
		t.Error(diff)
	}
	if is, there := c.org.Shown("ann@acme.example"); !there || is.AgentID != "" {
		t.Errorf("made as %+v", is)
	}
}

func TestEachRowOfTheResultsTable(t *testing.T) {
	users := pictured() + centreUser("sleeper", "+44", "", ",,") + centreUser("nocenter", "+44", "", ",,") + centreUser("twin1", "+44", "", ",,") + centreUser("twin2", "+44", "", ",,") +
		centreUser("archived", "+44", "50", "Agent,50,false") + centreUser("leaver", "+44", "60", "Agent,60,true") + centreUser("given", "+44", "70", ",,") + centreUser("other", "+44", "80", ",,")
	users = strings.Replace(users, "sleeper@mail.example,true", "sleeper@mail.example,false", 1)
	users = strings.Replace(users, "nocenter@mail.example,true,+44,04v5f0000000001AAA", "nocenter@mail.example,true,+44,", 1)
	c := newCentre(t, users, nil)
	s := c.load(t, `Username,agent_id,action,phone
nobody@acme.example,,,
sleeper@acme.example,,create,
nocenter@acme.example,,,
twin1@acme.example,90,,
twin2@acme.example,090,,
archived@acme.example,,,
leaver@acme.example,,archive,
given@acme.example,70,,
other@acme.example,81,,
ann@acme.example,44,,
cid@acme.example,,promote,
eve@acme.example,,,+99
old@acme.example,#N/A,,
bo b@acme.example,,,
`)
	want := []string{
		"1 Failed USER_NOT_FOUND", "2 Failed USER_INACTIVE", "3 Failed VCC_CALL_CENTER_MISSING", "4 Failed VCC_AGENT_ID_IN_USE 90", "5 Failed VCC_AGENT_ID_IN_USE 090",
		"6 Failed VCC_USERNAME_EXISTS 50 archived", "7 Removed archived", "8 Created 70 created", "9 Failed VCC_AGENT_ID_DIFFERS 81", "10 Failed VCC_AGENT_ID_IN_USE 44",
		"11 Failed VCC_BAD_ACTION", "12 Failed VCC_STATEMENT_DIFFERS", "13 Unchanged", "14 Failed USER_BAD_ID",
	}
	if diff := cmp.Diff(want, answers(t, s)); diff != "" {
		t.Error(diff)
	}
	if len(s.Jobs) != 2 || s.Jobs[0].Job != "removals" {
		t.Errorf("archiving is no job of its own, and over first: %+v", s.Jobs)
	}
	if is, _ := c.org.Shown("leaver@acme.example"); is.Active || is.AgentID != "60" {
		t.Errorf("archived as %+v", is)
	}
}

func TestTheLastLinesGetNoLicenceUnlessAnArchiveFreesOne(t *testing.T) {
	three := 3 // the template's, dot's, and one more
	c := newCentre(t, pictured(), func(s *vonage.Settings) { s.AgentLicences = &three })
	if err := c.org.SetFaults([]byte("switches: {agent_licences: 3}")); err != nil {
		t.Fatal(err)
	}
	s := c.load(t, "Username,action\nann@acme.example,\ncid@acme.example,\neve@acme.example,\ndot@acme.example,archive\n")
	want := []string{"1 Created 4 created", "2 Created 5 created", "3 Failed VCC_NO_LICENCES", "4 Removed archived"}
	if diff := cmp.Diff(want, answers(t, s)); diff != "" {
		t.Error(diff)
	}
}

func TestAnIDThatIsTakenMeanwhileIsDrawnAgain(t *testing.T) {
	c := newCentre(t, pictured(), nil)
	path := filepath.Join(c.folder, "roster.csv")
	if err := os.WriteFile(path, []byte("Username\nann@acme.example\ncid@acme.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	planned, err := loader.Plan(context.Background(), c.options(t), path)
	if err != nil {
		t.Fatal(err)
	}
	c.org.Add(pretend.Account{Username: "stranger@acme.example", Role: "Agent", AgentID: "4", Active: true})
	s, err := loader.Carry(context.Background(), c.options(t), planned.Run)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1 Created 6 created", "2 Created 5 created"}, answers(t, s)); diff != "" {
		t.Error(diff)
	}
}

func TestATemplateThatIsNoneStopsTheRunAsASettingDoes(t *testing.T) {
	for template, says := range map[string]string{"nobody@acme.example": "no user of this name", "": "no template", "dot@acme.example": ""} {
		c := newCentre(t, pictured(), func(s *vonage.Settings) { s.Template.V = template })
		path := filepath.Join(c.folder, "roster.csv")
		if err := os.WriteFile(path, []byte(picture), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := loader.Load(context.Background(), c.options(t), path)
		if says != "" && (!strings.Contains(err.Error(), says) || loader.ExitCode(err) != run.ExitUsage) {
			t.Errorf("template %q: %v", template, err)
		}
	}
}
