package groove

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"rosterload/loader/connector/targettest"
	"rosterload/transform"
	"rosterload/validate"
	"rosterload/validate/validatetest"
)

// user is a Salesforce user of the org in the tests.
type user struct {
	name   string // the username is name@acme.example
	active bool
	field  string // Groove_Assigned_Licenses__c
	seat   string // id of the row in UserPackageLicense
}

// org is a Salesforce org with Groove's package, as the facts have it. Salesforce answers a query, a describe and a collections call as the REST
// guide says.
type org struct {
	*httptest.Server
	t       *testing.T
	mu      sync.Mutex
	users   map[string]*user // by id
	allowed int
	nextID  int
	seen    []string // what was asked, queries by their object; of writes the body too
	// instead are further answers, by what was asked; one is used up by each call, the last is not.
	instead map[string][]string
}

const (
	ann = "0055f0000000001AAA"
	bob = "0055f0000000002AAA"
	cid = "0055f0000000003AAA"
)

func newOrg(t *testing.T, users map[string]*user) *org {
	o := &org{t: t, users: users, allowed: 10, instead: map[string][]string{}}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	return o
}

func (o *org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	what, body := r.Method+" "+strings.TrimPrefix(r.URL.Path, "/services/data/v66.0/"), ""
	soql := r.URL.Query().Get("q")
	switch {
	case soql != "":
		what = "query " + regexp.MustCompile(`FROM (\w+)`).FindStringSubmatch(soql)[1]
	case r.Method != http.MethodGet:
		text, _ := io.ReadAll(r.Body)
		if body = string(text); r.Method == http.MethodDelete {
			body = r.URL.Query().Get("ids")
		}
	}
	o.seen = append(o.seen, strings.TrimSpace(what+" "+body))
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	if answers := o.instead[what]; len(answers) > 0 {
		o.instead[what] = answers[min(1, len(answers)-1):]
		if answers[0] != "" {
			_, _ = io.WriteString(w, answers[0])
			return
		}
	}
	switch what {
	case "GET sobjects/User/describe":
		_, _ = io.WriteString(w, `{"name":"User","fields":[{"name":"Id","updateable":false},`+licenceField+`]}`)
	case "GET sobjects/UserPackageLicense/describe":
		_, _ = io.WriteString(w, `{"name":"UserPackageLicense","createable":true,"deletable":true,"fields":[{"name":"Id"}]}`)
	case "query User", "query PackageLicense", "query UserPackageLicense":
		o.query(w, what, soql)
	case "PATCH composite/sobjects":
		o.update(w, body)
	case "POST composite/sobjects":
		o.insert(w, body)
	case "DELETE composite/sobjects":
		o.remove(w, body)
	default:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]`)
	}
}

const licenceField = `{"name":"Groove_Assigned_Licenses__c","type":"multipicklist","updateable":true,"picklistValues":[` +
	`{"value":"core","active":true},{"value":"flow_unlimited","active":true},{"value":"dialer","active":true},{"value":"sms","active":true},{"value":"conversation_intelligence","active":true}]}`

func (o *org) query(w io.Writer, what, soql string) {
	records := []string{}
	switch what {
	case "query PackageLicense":
		records = append(records, fmt.Sprintf(`{"Id":"0505f0000000001AAA","AllowedLicenses":%d,"UsedLicenses":%d,"Status":"Active"}`, o.allowed, o.used()))
	case "query UserPackageLicense":
		for _, id := range slices.Sorted(maps.Keys(o.users)) {
			if u := o.users[id]; u.seat != "" {
				records = append(records, fmt.Sprintf(`{"Id":%q,"UserId":%q,"User":{"Username":"%s@acme.example","IsActive":%v}}`, u.seat, id, u.name, u.active))
			}
		}
	default:
		for _, id := range slices.Sorted(maps.Keys(o.users)) {
			if record := userRecord(id, o.users[id]); strings.Contains(soql, "'"+id+"'") || strings.Contains(soql, "'"+o.users[id].name+"@") {
				records = append(records, record)
			}
		}
	}
	_, _ = io.WriteString(w, found(records...))
}

// found is the answer of a query.
func found(records ...string) string {
	return fmt.Sprintf(`{"totalSize":%d,"done":true,"records":[%s]}`, len(records), strings.Join(records, ","))
}

func userRecord(id string, u *user) string {
	field := "null"
	if u.field != "" {
		field = `"` + u.field + `"`
	}
	return fmt.Sprintf(`{"Id":%q,"Username":"%s@acme.example","Email":"%s@mail.example","Name":"The %s","IsActive":%v,"Groove_Assigned_Licenses__c":%s}`, id, u.name, u.name, u.name, u.active, field)
}

func (o *org) used() (n int) {
	for _, u := range o.users {
		if u.seat != "" {
			n++
		}
	}
	return n
}

func (o *org) update(w io.Writer, body string) {
	var ask struct {
		Records []struct {
			ID    string  `json:"id"`
			Field *string `json:"Groove_Assigned_Licenses__c"`
		} `json:"records"`
	}
	if err := json.Unmarshal([]byte(body), &ask); err != nil {
		o.t.Error(err)
	}
	var answers []string
	for _, r := range ask.Records {
		o.users[r.ID].field = ""
		if r.Field != nil {
			o.users[r.ID].field = *r.Field
		}
		answers = append(answers, fmt.Sprintf(`{"id":%q,"success":true,"errors":[]}`, r.ID))
	}
	_, _ = io.WriteString(w, "["+strings.Join(answers, ",")+"]")
}

func (o *org) insert(w io.Writer, body string) {
	var ask struct {
		Records []struct {
			Attributes struct{ Type string }
			UserID     string `json:"UserId"`
			Package    string `json:"PackageLicenseId"`
		} `json:"records"`
	}
	if err := json.Unmarshal([]byte(body), &ask); err != nil {
		o.t.Error(err)
	}
	var answers []string
	for _, r := range ask.Records {
		if r.Attributes.Type != "UserPackageLicense" || r.Package != "0505f0000000001AAA" {
			o.t.Errorf("inserted: %s", body)
		}
		o.nextID++
		o.users[r.UserID].seat = fmt.Sprintf("0515f00000009%02dAAA", o.nextID)
		answers = append(answers, fmt.Sprintf(`{"id":%q,"success":true,"errors":[]}`, o.users[r.UserID].seat))
	}
	_, _ = io.WriteString(w, "["+strings.Join(answers, ",")+"]")
}

func (o *org) remove(w io.Writer, ids string) {
	var answers []string
	for _, id := range strings.Split(ids, ",") {
		for _, u := range o.users {
			if u.seat == id {
				u.seat = ""
			}
		}
		answers = append(answers, fmt.Sprintf(`{"id":%q,"success":true,"errors":[]}`, id))
	}
	_, _ = io.WriteString(w, "["+strings.Join(answers, ",")+"]")
}

// writes are the calls that change something.
func (o *org) writes() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(o.seen), func(s string) bool { return strings.HasPrefix(s, "GET") || strings.HasPrefix(s, "query") })
}

func (o *org) asked() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.seen)
}

func (o *org) open(settings string) (*Target, error) {
	opened, err := targettest.Open(o.t, &Connector, settings, nil, o.URL)
	target, _ := opened.(*Target)
	return target, err
}

func (o *org) target(settings string) *Target {
	o.t.Helper()
	t, err := o.open("    salesforce: prod\n" + settings)
	if err != nil {
		o.t.Fatal(err)
	}
	return t
}

// submit sends changes, "id,value" each, and answers the outcomes, a line each.
func submit(t *testing.T, target *Target, job transform.Job, rows ...string) ([]string, error) {
	t.Helper()
	said, err := targettest.Submit(t, target, targettest.Batch(t, job, target.Limits(), "Id,licenses", rows...))
	var lines []string
	for _, out := range said {
		lines = append(lines, targettest.Line(out.User, string(out.State), out.Code, out.Fields, out.Reason))
	}
	slices.Sort(lines)
	return lines, err
}

// requests are the lines of a roster.
func requests(t *testing.T, text string) iter.Seq[validate.Request] {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roster.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return validatetest.Requests(t, path, Connector.Spelling)
}
