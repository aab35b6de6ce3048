package groove

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"rosterload/loader/simulator"
)

const (
	v     = "/services/data/v66.0"
	field = "Groove_Assigned_Licenses__c"
)

// talk is a program by other people that talks to an org with Groove.
type talk struct {
	*testing.T
	org   *Server
	url   string
	token string
	clock time.Time
}

// roster has a seat, a full set of licences, nothing, and an inactive user who still holds a seat.
const roster = "Username,IsActive,groove_seat," + field + "\nann@acme.example,true,yes,core\nbob@acme.example,true,yes,core;dialer;sms\ncid@acme.example,true,,\nold@acme.example,false,yes,core\n"

func converse(t *testing.T, seats int, faults string) *talk {
	t.Helper()
	c := &talk{T: t, clock: time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC)}
	org, err := New(simulator.Options{UsersFrom: strings.NewReader(roster), Licences: &seats, Delay: time.Minute, Now: func() time.Time { return c.clock }})
	if err != nil {
		t.Fatal(err)
	}
	if err := org.SetFaults([]byte(faults)); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	c.org, c.url = org, server.URL
	var grant struct {
		Token string `json:"access_token"`
	}
	_, text := c.ask("POST", "/services/oauth2/token", "grant_type=client_credentials&client_id=me&client_secret=planted-4711")
	_ = json.Unmarshal([]byte(text), &grant)
	c.token = grant.Token
	return c
}

func (c *talk) ask(method, path, body string) (int, string) {
	c.Helper()
	r, err := http.NewRequest(method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func (c *talk) query(soql string) []map[string]any {
	c.Helper()
	_, text := c.ask("GET", v+"/query?q="+url.QueryEscape(soql), "")
	var page struct{ Records []map[string]any }
	if err := json.Unmarshal([]byte(text), &page); err != nil {
		c.Fatalf("%s: %s", soql, text)
	}
	return page.Records
}

func (c *talk) id(username string) string {
	c.Helper()
	return c.query("SELECT Id FROM User WHERE Username = '" + username + "'")[0]["Id"].(string)
}

// insert asks for a seat and answers the error, "" for none.
func (c *talk) insert(user string) string {
	c.Helper()
	_, text := c.ask("POST", v+"/composite/sobjects", `{"allOrNone":false,"records":[{"attributes":{"type":"UserPackageLicense"},"PackageLicenseId":"0505f0000000001AAA","UserId":"`+user+`"}]}`)
	return code(c.T, text)
}

// assign writes the field and answers the error, "" for none.
func (c *talk) assign(user, set string) string {
	c.Helper()
	value, _ := json.Marshal(set)
	if set == "" {
		value = []byte("null")
	}
	_, text := c.ask("PATCH", v+"/composite/sobjects", `{"records":[{"attributes":{"type":"User"},"id":"`+user+`","`+field+`":`+string(value)+`}]}`)
	return code(c.T, text)
}

func code(t *testing.T, text string) string {
	t.Helper()
	var answers []struct {
		Success   bool
		ErrorCode string
		Errors    []struct{ StatusCode string }
	}
	if err := json.Unmarshal([]byte(text), &answers); err != nil || len(answers) != 1 {
		t.Fatalf("%s: %v", text, err)
	}
	if len(answers[0].Errors) > 0 {
		return answers[0].Errors[0].StatusCode
	}
	return answers[0].ErrorCode
}

func TestSeatsAreGivenAndTakenByRows(t *testing.T) {
	c := converse(t, 4, "")
	pack := c.query("SELECT Id, AllowedLicenses, UsedLicenses, Status, ExpirationDate FROM PackageLicense WHERE NamespacePrefix = 'DaScoopComposer'")
	if len(pack) != 1 || pack[0]["AllowedLicenses"] != 4.0 || pack[0]["UsedLicenses"] != 3.0 || pack[0]["Status"] != "Active" {
		t.Fatalf("%v", pack)
	}
	stale := c.query("SELECT Id, UserId, User.Username FROM UserPackageLicense WHERE PackageLicense.NamespacePrefix = 'DaScoopComposer' AND User.IsActive = false")
	if len(stale) != 1 || stale[0]["User"].(map[string]any)["Username"] != "old@acme.example" {
		t.Fatalf("%v", stale)
	}
	cid := c.id("cid@acme.example")
	for n, want := range []string{"", "DUPLICATE_VALUE"} {
		if is := c.insert(cid[:15]); is != want {
			t.Errorf("insert %d: %q", n+1, is)
		}
	}
	for n, want := range []string{"", "ENTITY_IS_DELETED"} {
		if _, text := c.ask("DELETE", v+"/composite/sobjects?ids="+strings.ToLower(stale[0]["Id"].(string)), ""); code(t, text) != want {
			t.Errorf("delete %d: %s", n+1, text)
		}
	}
	if is := strings.Join(c.org.Seats(), " "); is != "ann@acme.example bob@acme.example cid@acme.example" {
		t.Error(is)
	}
	if broken := c.org.Violations(); len(broken) != 0 {
		t.Errorf("an honest program is accused: %v", broken)
	}
}

func TestSeatsThatCannotBeGiven(t *testing.T) {
	for story, x := range map[string]struct {
		faults, user, want string
		violations         int
	}{
		"no seat is left":         {"", "cid@acme.example", "LICENSE_LIMIT_EXCEEDED", 1},
		"the error is another":    {"switches: {full_code: LIMIT}", "cid@acme.example", "LIMIT", 1},
		"the user is inactive":    {"", "old@acme.example", "INACTIVE_OWNER_OR_USER", 1},
		"the caller has no right": {"switches: {no_seat_right: true}", "cid@acme.example", "INSUFFICIENT_ACCESS_OR_READONLY", 0},
		"the user has a seat":     {"", "ann@acme.example", "DUPLICATE_VALUE", 0},
		"there is no such user":   {"", "", "INVALID_CROSS_REFERENCE_KEY", 0},
	} {
		c := converse(t, 3, x.faults)
		id := "005000000000001AAA"
		if x.user != "" {
			id = c.id(x.user)
		}
		if is := c.insert(id); is != x.want || len(c.org.Violations()) != x.violations {
			t.Errorf("%s: %s %v", story, is, c.org.Violations())
		}
	}
}

func TestWithoutASessionNoSeatMoves(t *testing.T) {
	c := converse(t, 9, "")
	cid := c.id("cid@acme.example")
	c.ask("POST", "/services/oauth2/revoke", "token="+url.QueryEscape(c.token))
	if is := c.insert(cid); is != "INVALID_SESSION_ID" {
		t.Error(is)
	}
	if status, _ := c.ask("DELETE", v+"/composite/sobjects?ids=x", ""); status != 401 || len(c.org.Seats()) != 3 {
		t.Errorf("%d %v", status, c.org.Seats())
	}
	for _, asked := range c.org.Requests() {
		if strings.Contains(asked.Body+asked.Query, "4711") || strings.Contains(asked.Body+asked.Query, c.token) {
			t.Errorf("a credential is kept of %s: %s", asked.Path, asked.Body)
		}
	}
}

func TestTheFieldMovesSeatsInGroovesOwnTime(t *testing.T) {
	c := converse(t, 4, "")
	ann, cid := c.id("ann@acme.example"), c.id("cid@acme.example")
	for user, set := range map[string]string{ann: "", cid: "core;dialer"} {
		if is := c.assign(user, set); is != "" {
			t.Error(is)
		}
	}
	if is := strings.Join(c.org.Seats(), " "); is != "ann@acme.example bob@acme.example old@acme.example" {
		t.Errorf("at once: %s", is)
	}
	c.clock = c.clock.Add(time.Hour)
	if is := strings.Join(c.org.Seats(), " "); is != "bob@acme.example cid@acme.example old@acme.example" {
		t.Errorf("an hour later: %s", is)
	}
	if _, page := c.ask("GET", "/_sim/groove.csv", ""); !strings.Contains(page, "cid,,"+cid+",Yes,No,Yes,No,,,Standard,Yes,Yes,Optional,Invited") {
		t.Error(page)
	}
}

func TestTheFieldIsCheckedByItsRule(t *testing.T) {
	for set, want := range map[string]string{
		"dialer": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "core;fax": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "core;sms": "", "": "",
	} {
		c := converse(t, 9, "")
		if is := c.assign(c.id("bob@acme.example"), set); is != want {
			t.Errorf("%q: %s", set, is)
		}
		if accused := len(c.org.Violations()) > 0; accused != (set == "dialer") {
			t.Errorf("%q: %v", set, c.org.Violations())
		}
	}
	c := converse(t, 9, "switches: {no_rule: true}")
	if is := c.assign(c.id("bob@acme.example"), "dialer"); is != "" || len(c.org.Violations()) != 1 {
		t.Errorf("without the rule: %s %v", is, c.org.Violations())
	}
}

func TestEachSwitchChangesWhatIsSeen(t *testing.T) {
	for faults, look := range map[string]func(c *talk) bool{
		"switches: {package_status: Expired}": func(c *talk) bool { return c.query("SELECT Status FROM PackageLicense")[0]["Status"] == "Expired" },
		"switches: {no_package: true}":        func(c *talk) bool { return len(c.query("SELECT Id FROM PackageLicense")) == 0 },
		"switches: {deaf_groove: true}": func(c *talk) bool {
			c.assign(c.id("ann@acme.example"), "")
			c.clock = c.clock.Add(time.Hour)
			return len(c.org.Seats()) == 3
		},
		"switches: {follow_inactive: true}": func(c *talk) bool {
			c.assign(c.id("old@acme.example"), "")
			c.clock = c.clock.Add(time.Hour)
			return len(c.org.Seats()) == 2
		},
		"calls: [{on: 'POST */composite/sobjects', status: 503}]": func(c *talk) bool {
			status, _ := c.ask("POST", v+"/composite/sobjects", "{}")
			return status == 503
		},
	} {
		if c := converse(t, 9, faults); !look(c) {
			t.Errorf("%s changes nothing", faults)
		}
	}
}

func TestWhatAnAdminDoesByHand(t *testing.T) {
	c := converse(t, 3, "")
	for path, want := range map[string]struct {
		body   string
		status int
	}{
		"/_sim/groove/ann@acme.example": {`{"Role":"Admin","Teams":"EMEA"}`, 204},
		"/_sim/groove/bob@acme.example": {`{"Shoe Size":"9"}`, 400},
		"/_sim/groove/cid@acme.example": {`{"Core License":"Yes"}`, 400}, // no seat is left
		"/_sim/groove/who@acme.example": {`{}`, 400},
	} {
		if status, text := c.ask("POST", path, want.body); status != want.status {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	if status, text := c.ask("POST", "/_sim/licences", `{"licences": 7}`); status != 204 {
		t.Errorf("seats are bought: %d %s", status, text)
	}
	if status, text := c.ask("POST", "/_sim/groove/cid@acme.example", `{"Core License":"Yes"}`); status != 204 {
		t.Errorf("with more seats: %d %s", status, text)
	}
	if status, _ := c.ask("POST", "/_sim/licences", `{"seats": 7}`); status != 400 {
		t.Errorf("%d", status)
	}
	if _, page := c.ask("GET", "/", ""); !strings.Contains(page, "4 seats used of 7") {
		t.Errorf("%.300s", page)
	}
}

func TestAnotherFieldOfAUserIsAViolation(t *testing.T) {
	c := converse(t, 9, "")
	ann := c.id("ann@acme.example")
	c.ask("PATCH", v+"/composite/sobjects", `{"records":[{"id":"`+ann+`","Email":"x@mail.example"}]}`)
	c.ask("PATCH", v+"/sobjects/User/"+ann, `{"`+field+`":"core"}`)
	if is := c.org.Violations(); len(is) != 2 {
		t.Errorf("%v", is)
	}
}

func TestAnOrgThatIsKeptBeginsWhereItEnded(t *testing.T) {
	c := converse(t, 9, "")
	c.assign(c.id("cid@acme.example"), "core;sms")
	c.clock = c.clock.Add(time.Hour)
	c.org.Seats()
	var kept strings.Builder
	if err := c.org.Save(&kept); err != nil {
		t.Fatal(err)
	}
	again, err := New(simulator.Options{UsersFrom: strings.NewReader(kept.String())})
	if err != nil {
		t.Fatal(err)
	}
	if is := strings.Join(again.Seats(), " "); is != "ann@acme.example bob@acme.example cid@acme.example old@acme.example" {
		t.Error(is)
	}
}
