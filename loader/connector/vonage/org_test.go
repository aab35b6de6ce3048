package vonage

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/connector/targettest"
	"rosterload/transform"
)

// vccUser is a user of the contact centre in the tests, and what the centre says of it.
type vccUser struct {
	id, name, agentID string // the username is name@acme.example
	role              string
	archived          bool
	lists             map[string]string // by the path below the user
}

// sfUser is a Salesforce user.
type sfUser struct {
	name, phone, agentID string
	inactive             bool
}

// centre is a contact centre and its Salesforce org in one server. It answers as the vendors' pages say, by the words of those pages.
type centre struct {
	*httptest.Server
	t       *testing.T
	mu      sync.Mutex
	vcc     []*vccUser
	people  map[string]*sfUser // by id
	perPage int
	base    int      // the number of the first page
	seen    []string // what was asked, queries by their object; of writes the body too
	// instead are further answers, by what was asked; one is used up by each call, the last is not. "404 {…}" has a status.
	instead map[string][]string
	hangUp  string            // what is done and not answered, once
	lies    map[string]string // answers of a proxy to what is done, by what was asked
}

const (
	ann = "0055f0000000001AAA"
	bob = "0055f0000000002AAA"
	cid = "0055f0000000003AAA"
)

// templateLists are what the template has, as VCC shows them.
func templateLists() map[string]string {
	return map[string]string{
		"skills":                        `{"agentSkills":[{"skillId":"s-1","skillName":"German","agentSkillLevel":"5"}]}`,
		"groups":                        `{"agentGroups":[{"groupId":"g-1","groupName":"Berlin"}]}`,
		"permissions/groups":            `{"groupPermissions":[]}`,
		"permissions/queues":            `{"queues":[{"queueId":"q-1","queuePermission":"Read"}]}`,
		"permissions/addresses":         `{"addressPermissions":[{"addressId":7,"addressName":"+4420"}]}`,
		"permissions/interactionPlans":  `{"interactionPlanPermission":[{"interactionPlanId":12345678901234567890,"level":"Read"}]}`,
		"permissions/accessPermissions": `[{"permissionKey":"reports","permissionLevel":"Yes"}]`,
	}
}

func noLists() map[string]string {
	return map[string]string{
		"skills": `{"agentSkills":[]}`, "groups": `{"agentGroups":[]}`, "permissions/groups": `{"groupPermissions":[]}`, "permissions/queues": `{"queues":[]}`,
		"permissions/addresses": `{"addressPermissions":[]}`, "permissions/interactionPlans": `{"interactionPlanPermission":[]}`, "permissions/accessPermissions": `[]`,
	}
}

// newCentre has a template and three Salesforce users: ann has no account, bob has one, cid has an archived one.
func newCentre(t *testing.T) *centre {
	c := &centre{
		t: t, perPage: 2, base: 1, instead: map[string][]string{},
		people: map[string]*sfUser{ann: {name: "ann", phone: "+44 20 1"}, bob: {name: "bob", phone: "+44 20 2", agentID: "12"}, cid: {name: "cid", phone: "+44 20 3", agentID: "13"}},
		vcc: []*vccUser{
			{id: "v-0", name: "template", agentID: "1", role: "Agent", lists: templateLists()},
			{id: "v-1", name: "bob", agentID: "12", role: "Agent", lists: noLists()},
			{id: "v-2", name: "cid", agentID: "13", role: "Agent", archived: true, lists: noLists()},
		},
	}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *centre) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	what, body := r.Method+" "+strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/services/data/v66.0/"), "/useradmin"), ""
	soql := r.URL.Query().Get("q")
	if soql != "" {
		what = "query " + regexp.MustCompile(`FROM (\w+)`).FindStringSubmatch(soql)[1]
	} else if r.Method != http.MethodGet {
		text, _ := io.ReadAll(r.Body)
		body = string(text)
	}
	if strings.HasPrefix(r.URL.Path, "/useradmin") && r.Header.Get("Accept") != "application/vnd.newvoicemedia.v4+json" {
		c.t.Errorf("%s without the API's version", what)
	}
	if r.URL.Path != "/Auth/connect/token" {
		c.seen = append(c.seen, strings.TrimSpace(what+" "+body))
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	if answers := c.instead[what]; len(answers) > 0 {
		c.instead[what] = answers[min(1, len(answers)-1):]
		if answers[0] != "" {
			answer(w, answers[0])
			return
		}
	}
	if lie, ok := c.lies[what]; ok {
		c.serve(httptest.NewRecorder(), r, what, soql, body)
		answer(w, lie)
		return
	}
	c.serve(w, r, what, soql, body)
	if c.hangUp != "" && c.hangUp == what {
		c.hangUp = ""
		panic(http.ErrAbortHandler)
	}
}

func answer(w http.ResponseWriter, text string) {
	if status, err := strconv.Atoi(text[:min(3, len(text))]); err == nil {
		w.WriteHeader(status)
		text = strings.TrimSpace(text[3:])
	}
	_, _ = io.WriteString(w, text)
}

func (c *centre) serve(w http.ResponseWriter, r *http.Request, what, soql, body string) {
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/useradmin/users"), "/")
	switch {
	case r.URL.Path == "/Auth/connect/token":
		answer(w, `{"access_token":"t","token_type":"Bearer","expires_in":7200}`)
	case soql != "":
		c.query(w, strings.TrimPrefix(what, "query "), soql)
	case what == "PATCH composite/sobjects":
		c.tie(w, body)
	case strings.HasSuffix(what, "/describe"):
		answer(w, `{"fields":[{"name":"Id"},{"name":"Phone"},{"name":"CallCenterId"},{"name":"NVMContactWorld__NVM_Agent_Id__c","updateable":true},{"name":"WhoId"}]}`)
	case what == "GET /users":
		c.page(w, r)
	case what == "POST /users":
		c.create(w, body)
	case strings.HasPrefix(what, "GET /users/by/username/"):
		c.show(w, func(u *vccUser) bool { return strings.EqualFold(u.name+"@acme.example", path[3]) })
	case strings.HasPrefix(what, "GET /users/by/agentDisplayId/"):
		c.show(w, func(u *vccUser) bool { return u.agentID == path[3] })
	case len(path) >= 2:
		c.one(w, r.Method, path[1], strings.Join(path[2:], "/"), body)
	default:
		answer(w, `404 {"message":"not found"}`)
	}
}

// JSON of a user as GET shows it.
func (u *vccUser) json() string {
	agent := fmt.Sprintf(`{"agentDisplayId":%q,"location":"GB","webrtc":true,"telephonyAddress":{"telephoneAddress":"+1","telephonyExtension":"9","outboundTelephonyRegion":"region-1"},`+
		`"associatedUsers":[{"username":"x"}]}`, u.agentID)
	return fmt.Sprintf(`{"userId":%q,"username":"%s@acme.example","name":"The %s","email":"%s@mail.example","active":%v,"locked":false,`+
		`"userAccountConfiguration":{"role":%q,"actAsAgent":false,"chargeable":true,"agentConfiguration":%s}}`, u.id, u.name, u.name, u.name, !u.archived, u.role, agent)
}

func (c *centre) show(w http.ResponseWriter, which func(*vccUser) bool) {
	if i := slices.IndexFunc(c.vcc, which); i >= 0 {
		answer(w, c.vcc[i].json())
		return
	}
	answer(w, `404 {"message":"User not found"}`)
}

// usersPage is a page of users as VCC gives it.
func usersPage(number, total int, users ...string) string {
	return fmt.Sprintf(`{"meta":{"page":%d,"count":%d,"pageCount":9,"totalCount":%d},"users":[%s]}`, number, len(users), total, strings.Join(users, ","))
}

func (c *centre) page(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("include") != "All" {
		c.t.Errorf("archived users are left out: %s", r.URL.RawQuery)
	}
	number := c.base
	if n, err := strconv.Atoi(r.URL.Query().Get("page")); err == nil {
		number = n
	}
	from := min(len(c.vcc), (number-c.base)*c.perPage)
	var users []string
	for _, u := range c.vcc[from:min(len(c.vcc), from+c.perPage)] {
		users = append(users, u.json())
	}
	answer(w, usersPage(number, len(c.vcc), users...))
}

func (c *centre) create(w http.ResponseWriter, body string) {
	var ask struct {
		Username string
		Config   struct {
			Role  string
			Agent struct{ AgentDisplayID string } `json:"agentConfiguration"`
		} `json:"userAccountConfiguration"`
	}
	if err := json.Unmarshal([]byte(body), &ask); err != nil {
		c.t.Error(err)
	}
	u := &vccUser{id: fmt.Sprintf("v-%d", len(c.vcc)), name: strings.TrimSuffix(ask.Username, "@acme.example"), role: ask.Config.Role, agentID: ask.Config.Agent.AgentDisplayID, lists: noLists()}
	c.vcc = append(c.vcc, u)
	answer(w, "201 "+u.json())
}

// puts are the keys under which a list is written, and under which it is shown.
var puts = map[string][2]string{
	"skills": {"agentSkills", "agentSkills"}, "groups": {"agentGroups", "agentGroups"}, "permissions/groups": {"groupPermissions", "groupPermissions"},
	"permissions/queues": {"queues", "queues"}, "permissions/addresses": {"addressPermissions", "addressPermissions"},
	"permissions/interactionPlans": {"interactionPlanPermissions", "interactionPlanPermission"},
}

// one serves one user: its lists, and the PATCH that archives.
func (c *centre) one(w http.ResponseWriter, method, id, list, body string) {
	i := slices.IndexFunc(c.vcc, func(u *vccUser) bool { return u.id == id })
	switch key, isList := puts[list]; {
	case i < 0:
		answer(w, `404 {"message":"not found"}`)
	case method == http.MethodGet:
		answer(w, c.vcc[i].lists[list])
	case list == "permissions/accessPermissions" && method == http.MethodPatch:
		c.vcc[i].lists[list] = body
		answer(w, "204")
	case isList && method == http.MethodPut:
		var under map[string]json.RawMessage
		if json.Unmarshal([]byte(body), &under) != nil || under[key[0]] == nil {
			c.t.Errorf("PUT of %s: %s", list, body)
		}
		c.vcc[i].lists[list] = fmt.Sprintf(`{%q:%s}`, key[1], under[key[0]])
		answer(w, "204")
	case list == "" && method == http.MethodPatch:
		if body != `{"active":false}` {
			c.t.Errorf("PATCH of a user: %s", body)
		}
		c.vcc[i].archived = true
		answer(w, "204")
	default:
		c.t.Errorf("%s %s", method, list)
	}
}

// found is the answer of a query.
func found(records ...string) string {
	return fmt.Sprintf(`{"totalSize":%d,"done":true,"records":[%s]}`, len(records), strings.Join(records, ","))
}

func (u *sfUser) json(id string) string {
	agentID := "null"
	if u.agentID != "" {
		agentID = strconv.Quote(u.agentID)
	}
	return fmt.Sprintf(`{"Id":%q,"Username":"%s@acme.example","Name":"The %s","Email":"%s@mail.example","Phone":%q,"CallCenterId":"04v1","IsActive":%v,"NVMContactWorld__NVM_Agent_Id__c":%s,"FederationIdentifier":null,"Profile":null}`,
		id, u.name, u.name, u.name, u.phone, !u.inactive, agentID)
}

func (c *centre) query(w http.ResponseWriter, object, soql string) {
	var records []string
	switch object {
	case "CallCenter":
		records = append(records, `{"Id":"04v1","Name":"London","InternalName":"lon"}`)
	case "User":
		for _, id := range slices.Sorted(maps.Keys(c.people)) {
			u := c.people[id]
			all := strings.HasSuffix(soql, "!= null") && u.agentID != ""
			if all || strings.Contains(soql, "'"+id+"'") || strings.Contains(soql, "'"+u.name+"@") || u.agentID != "" && strings.HasSuffix(soql, "= '"+u.agentID+"'") {
				records = append(records, u.json(id))
			}
		}
	}
	answer(w, found(records...))
}

// tie writes agent IDs into Salesforce, and nothing else.
func (c *centre) tie(w http.ResponseWriter, body string) {
	var ask struct{ Records []map[string]any }
	if err := json.Unmarshal([]byte(body), &ask); err != nil {
		c.t.Error(err)
	}
	var answers []string
	for _, r := range ask.Records {
		id := r["id"].(string)
		if len(r) != 3 || c.people[id].agentID != "" {
			c.t.Errorf("written to %s: %v", id, r)
		}
		c.people[id].agentID = r["NVMContactWorld__NVM_Agent_Id__c"].(string)
		answers = append(answers, fmt.Sprintf(`{"id":%q,"success":true,"errors":[]}`, id))
	}
	answer(w, "["+strings.Join(answers, ",")+"]")
}

// writes are the calls that change something.
func (c *centre) writes(prefixes ...string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.seen), func(s string) bool {
		isWrite := !strings.HasPrefix(s, "GET") && !strings.HasPrefix(s, "query")
		return !isWrite || len(prefixes) > 0 && !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
	})
}

func (c *centre) settings() string {
	return "    url: " + c.URL + "/useradmin\n    token_url: " + c.URL + "/Auth/connect/token\n    auth: {client_id: me, client_secret: mine}\n    salesforce: prod\n    retry_for: 300ms\n"
}

func (c *centre) open(settings string, flags map[string]string) (*Target, error) {
	opened, err := targettest.Open(c.t, &Connector, settings, flags, c.URL)
	target, _ := opened.(*Target)
	return target, err
}

// target is one of a new process, whose run is planned on the template.
func (c *centre) target(further ...string) *Target {
	c.t.Helper()
	t, err := c.open(c.settings()+"    template: template@acme.example\n"+strings.Join(further, ""), nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return t
}

// ready is one that has its template.
func (c *centre) ready(further ...string) *Target {
	c.t.Helper()
	t := c.target(further...)
	if err := t.needTemplate(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	return t
}

// outcomes are all that a target said, steps included.
type outcomes []connector.Outcome

func (all outcomes) lines() (lines []string) {
	for _, o := range all {
		line := targettest.Line(o.User, string(o.State), o.Code, o.Ref, o.Reason)
		if o.Transient {
			line += " transient"
		}
		lines = append(lines, line)
	}
	return lines
}

// past hands outcomes to a later process.
func (all outcomes) past(yield func(connector.Outcome, error) bool) {
	for _, o := range all {
		if !yield(o, nil) {
			return
		}
	}
}

// submit sends changes, "id,value,origin" each.
func submit(t *testing.T, target *Target, job transform.Job, rows ...string) (all outcomes, err error) {
	t.Helper()
	return targettest.Submit(t, target, targettest.Batch(t, job, target.Limits(), "Id,agent_id,origin", rows...))
}
