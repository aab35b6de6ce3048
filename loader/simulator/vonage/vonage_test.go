package vonage

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rosterload/loader/simulator"
)

const (
	api  = "/useradmin/users"
	form = "application/x-www-form-urlencoded"
)

// talk is a program by other people that talks to an account.
type talk struct {
	*testing.T
	org   *Server
	url   string
	token string
}

const roster = "Username,Email,Phone,vcc_role,vcc_agent_id,vcc_active\nann@acme.example,ann@mail.example,+442071838750,,,\n" +
	"bob@acme.example,bob@mail.example,+442071838751,Agent,5,true\ncid@acme.example,cid@mail.example,,Agent,6,false\n"

func converse(t *testing.T, o simulator.Options, faults string) *talk {
	t.Helper()
	o.UsersFrom = strings.NewReader(roster)
	org, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := org.SetFaults([]byte(faults)); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	c := &talk{T: t, org: org, url: server.URL}
	_, text := c.ask("POST", "/Auth/connect/token", "grant_type=client_credentials&client_id=me&client_secret=planted-4711&scope=users:read+users:write", "Content-Type", form)
	var grant struct {
		Token string `json:"access_token"`
		Life  int    `json:"expires_in"`
	}
	if err := json.Unmarshal([]byte(text), &grant); err == nil && grant.Token != "" && grant.Life != 7200 {
		t.Errorf("%s", text)
	}
	c.token = grant.Token
	return c
}

func (c *talk) ask(method, path, body string, headers ...string) (int, string) {
	c.Helper()
	resp := c.raw(method, path, body, headers...)
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func (c *talk) raw(method, path, body string, headers ...string) *http.Response {
	c.Helper()
	r, err := http.NewRequest(method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Accept", "application/vnd.newvoicemedia.v4+json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	return resp
}

func (c *talk) object(method, path, body string) map[string]any {
	c.Helper()
	_, text := c.ask(method, path, body)
	var o map[string]any
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		c.Fatalf("%s %s: %v: %s", method, path, err, text)
	}
	return o
}

// agent is a create as a program sends it.
func agent(username, id string) string {
	return fmt.Sprintf(`{"username":%q,"name":"A Name","email":"a@mail.example","userAccountConfiguration":{"role":"Agent","agentConfiguration":{"agentDisplayId":%q,"location":"GB",`+
		`"telephonyAddress":{"telephoneAddress":"+442071838750","outboundTelephonyRegion":"11111111-1111-4111-8111-111111111111"}}}}`, username, id)
}

func TestAUserIsMadeGivenListsAndArchived(t *testing.T) {
	c := converse(t, simulator.Options{}, "")
	status, text := c.ask("POST", api, agent("ann@acme.example", "7"))
	if status != 201 || !strings.Contains(text, `"userId"`) {
		t.Fatalf("%d %s", status, text)
	}
	ann := c.object("GET", api+"/by/username/ANN%40acme.example", "")
	id := ann["userId"].(string)
	if same := c.object("GET", api+"/by/agentDisplayId/007", ""); same["userId"] != id {
		t.Errorf("agent IDs are numbers: %v", same)
	}
	for path, body := range map[string]string{
		"/skills": `{"agentSkills":[{"skillId":"skill-1","agentSkillLevel":5}]}`, "/groups": `[{"groupId":"group-1"}]`,
		"/permissions/interactionPlans": `{"interactionPlanPermissions":[{"interactionPlanId":"plan-1","permission":"Read"}]}`,
	} {
		if status, text := c.ask("PUT", api+"/"+id+path, body); status != 204 {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	if _, text := c.ask("GET", api+"/"+id+"/skills", ""); !strings.Contains(text, `"agentSkillLevel":"5"`) {
		t.Errorf("GET spells a level as text: %s", text)
	}
	if _, text := c.ask("GET", api+"/"+id+"/permissions/interactionPlans", ""); !strings.Contains(text, `"interactionPlanPermission":[`) {
		t.Errorf("the key of the answer is singular: %s", text)
	}
	if status, _ := c.ask("PATCH", api+"/"+id+"/permissions/accessPermissions", `[{"permissionKey":"Reports","permissionLevel":"Yes"}]`); status != 204 {
		t.Errorf("%d", status)
	}
	if status, _ := c.ask("PATCH", api+"/"+id, `{"active":false}`); status != 204 {
		t.Errorf("%d", status)
	}
	if shown, there := c.org.Shown("ann@acme.example"); !there || shown.Active || shown.AgentID != "7" || shown.Lists["groups"] != `[{"groupId":"group-1"}]` {
		t.Errorf("%+v", shown)
	}
	if len(c.org.Violations()) != 0 {
		t.Errorf("an honest program is accused: %v", c.org.Violations())
	}
}

func TestWhatACreateIsRefusedFor(t *testing.T) {
	for story, x := range map[string]struct{ faults, body, want string }{
		"no JSON":                      {"", "{", "not valid JSON"},
		"a name is missing":            {"", `{"username":"x"}`, "are required"},
		"an agent without an ID":       {"", agent("x@acme.example", ""), "required for agents"},
		"the username is there":        {"", agent("bob@acme.example", "9"), "already exists"},
		"the agent ID is there":        {"", agent("x@acme.example", "5"), "Agent ID '5' is already in use"},
		"an archived user holds it":    {"", agent("x@acme.example", "6"), "Agent ID '6' is already in use"},
		"it may be given again":        {"switches: {reuse_archived: true}", agent("x@acme.example", "6"), ""},
		"no licence is left":           {"switches: {agent_licences: 1}", agent("x@acme.example", "9"), "licenses is exceeded"},
		"another program was faster":   {"switches: {second_writer: ['9']}", agent("x@acme.example", "9"), "already in use"},
		"the token may only read":      {"switches: {scope: 'users:read'}", agent("x@acme.example", "9"), "lacks the scope"},
		"the error has another shape":  {"switches: {error_shape: error}", "{", `"error":{"code":400,"message":`},
		"or yet another":               {"switches: {error_shape: status}", "{", `{"statusCode":400,"error":"Bad Request","message":`},
		"the platform answers nothing": {"switches: {post_status: 200, post_body: empty}", agent("x@acme.example", "9"), ""},
	} {
		c := converse(t, simulator.Options{}, x.faults)
		status, text := c.ask("POST", api, x.body)
		if ok := x.want == "" && status < 300 || x.want != "" && status >= 400 && strings.Contains(text, x.want); !ok {
			t.Errorf("%s: %d %s", story, status, text)
		}
	}
}

func TestPagesOfUsers(t *testing.T) {
	for base := range 2 {
		c := converse(t, simulator.Options{}, fmt.Sprintf("switches: {page_base: %d}", base))
		var names []string
		for page := base; ; page++ {
			list := c.object("GET", fmt.Sprintf("%s?include=All&limit=2&page=%d", api, page), "")
			users := list["users"].([]any)
			if len(users) == 0 {
				break
			}
			for _, u := range users {
				names = append(names, u.(map[string]any)["username"].(string))
			}
			if meta := list["meta"].(map[string]any); meta["totalCount"] != 5.0 || meta["pageCount"] != 3.0 || meta["page"] != float64(page) {
				t.Errorf("%v", meta)
			}
		}
		if len(names) != 5 || names[0] != "bob@acme.example" {
			t.Errorf("from page %d: %v", base, names)
		}
	}
	c := converse(t, simulator.Options{}, "")
	for which, want := range map[string]int{"Active": 4, "Archived": 1, "All": 5, "": 4} {
		if is := c.object("GET", api+"?include="+which, "")["users"].([]any); len(is) != want {
			t.Errorf("%s: %d", which, len(is))
		}
	}
	if status, _ := c.ask("GET", api+"?limit=5001", ""); status != 400 {
		t.Errorf("%d", status)
	}
}

func TestWhoIsLetIn(t *testing.T) {
	c := converse(t, simulator.Options{ClientID: "me", ClientSecret: "planted-4711"}, "")
	for body, want := range map[string]string{
		"grant_type=password&client_id=me":                                                       "unsupported_grant_type",
		"grant_type=client_credentials&client_id=you&client_secret=planted-4711":                 "invalid_client",
		"grant_type=client_credentials&client_id=me&client_secret=wrong":                         "invalid_client",
		"grant_type=client_credentials&client_id=me&client_secret=planted-4711&scope=users:own":  "invalid_scope",
		"grant_type=client_credentials&client_id=me&client_secret=planted-4711&scope=users:read": "",
	} {
		if status, text := c.ask("POST", "/auth/Connect/token", body, "Content-Type", form); (status == 200) != (want == "") || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
	for accept, want := range map[string]string{"application/json": "missing from the Accept header", "application/vnd.newvoicemedia.v3+json": "Invalid api-version"} {
		if status, text := c.ask("GET", api, "", "Accept", accept); status != 400 || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s", accept, status, text)
		}
	}
	c.org.EndSessions()
	if status, _ := c.ask("GET", api, ""); status != 401 {
		t.Errorf("a dead token: %d", status)
	}
	for _, asked := range c.org.Requests() {
		if strings.Contains(asked.Body+asked.Query, "4711") {
			t.Errorf("a secret is kept of %s", asked.Path)
		}
	}
	c = converse(t, simulator.Options{}, "switches: {token_calls: 2}")
	for n, want := range []int{200, 200, 401} {
		if status, _ := c.ask("GET", api, ""); status != want {
			t.Errorf("call %d: %d", n+1, status)
		}
	}
}

func TestAWrongVerbIsAnsweredWithThoseThatAreAllowed(t *testing.T) {
	c := converse(t, simulator.Options{}, "")
	for call, want := range map[string]string{
		"DELETE " + api: "GET, HEAD, POST", "PUT " + api + "/1": "DELETE, GET, HEAD, PATCH", "PATCH " + api + "/1/skills": "GET, HEAD, PUT",
		"PUT " + api + "/1/permissions/accessPermissions": "GET, HEAD, PATCH", "GET /Auth/connect/token": "POST", "POST " + api + "/by/username/x": "GET, HEAD",
	} {
		method, path, _ := strings.Cut(call, " ")
		resp := c.raw(method, path, "")
		var why struct{ Message string }
		_ = json.NewDecoder(resp.Body).Decode(&why)
		_ = resp.Body.Close()
		if resp.StatusCode != 405 || resp.Header.Get("Allow") != want || why.Message == "" {
			t.Errorf("%s: %d %q %q", call, resp.StatusCode, resp.Header.Get("Allow"), why.Message)
		}
	}
	for _, path := range []string{"/useradmin", api + "/unknown", api + "/by/username/unknown", api + "/unknown/skills", api + "/1/shoes"} {
		if status, text := c.ask("GET", path, ""); status != 404 || !strings.Contains(text, `"message"`) {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
}

func TestItJudges(t *testing.T) {
	bob := func(c *talk) string {
		return c.object("GET", api+"/by/username/bob@acme.example", "")["userId"].(string)
	}
	sales := func(c *talk, body string) {
		grant := c.object("POST", "/services/oauth2/token", "grant_type=client_credentials&client_id=me")
		c.ask("PATCH", "/services/data/v66.0/composite/sobjects", body, "Authorization", "Bearer "+grant["access_token"].(string), "Content-Type", "application/json")
	}
	id := func(c *talk, name string) string { return c.org.Org().Users()[name] }
	for story, do := range map[string]func(c *talk){
		"a user is deleted":             func(c *talk) { c.ask("DELETE", api+"/"+bob(c), "") },
		"a user is renamed":             func(c *talk) { c.ask("PATCH", api+"/"+bob(c), `{"name":"Rob"}`) },
		"another's skills are replaced": func(c *talk) { c.ask("PUT", api+"/"+bob(c)+"/skills", `[]`) },
		"a create is sent twice": func(c *talk) {
			c.ask("POST", api, agent("x@acme.example", "9"))
			c.ask("POST", api, agent("x@acme.example", "9"))
		},
		"another Salesforce field":     func(c *talk) { sales(c, `{"records":[{"id":"`+id(c, "ann@acme.example")+`","Phone":"1"}]}`) },
		"something else in Salesforce": func(c *talk) { sales(c, `{"state":"UploadComplete"}`) },
		"an agent ID that was there goes": func(c *talk) {
			c.org.Org().Set(id(c, "ann@acme.example"), agentField, "3")
			sales(c, `{"records":[{"id":"`+id(c, "ann@acme.example")+`","`+agentField+`":"4"}]}`)
		},
	} {
		c := converse(t, simulator.Options{}, "")
		if do(c); len(c.org.Violations()) != 1 {
			t.Errorf("%s: %v", story, c.org.Violations())
		}
	}
	c := converse(t, simulator.Options{}, "")
	sales(c, `{"records":[{"attributes":{"type":"User"},"id":"`+id(c, "ann@acme.example")+`","`+agentField+`":"4"}]}`)
	if c.org.Org().Values(agentField)[id(c, "ann@acme.example")] != "4" || len(c.org.Violations()) != 0 {
		t.Errorf("a blank agent ID is filled: %v", c.org.Violations())
	}
}

func TestListsAreRefusedInAWrongForm(t *testing.T) {
	c := converse(t, simulator.Options{}, "switches: {no_groups: true}")
	c.ask("POST", api, agent("ann@acme.example", "7"))
	id := c.object("GET", api+"/by/username/ann@acme.example", "")["userId"].(string)
	for body, want := range map[string]string{
		`{"skills":[]}`: "agentSkills is required", `"x"`: "holds no list", `[{"skillId":"s","agentSkillLevel":"5"}]`: "must be a number",
	} {
		if status, text := c.ask("PUT", api+"/"+id+"/skills", body); status != 400 || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
	if status, _ := c.ask("GET", api+"/"+id+"/groups", ""); status != 404 {
		t.Errorf("%d", status)
	}
	if _, text := c.ask("GET", api+"/"+id+"/permissions/queues", ""); strings.TrimSpace(text) != `{"queues":[]}` {
		t.Errorf("%s", text)
	}
}

func TestTheOrgIsReadyForAContactCentre(t *testing.T) {
	c := converse(t, simulator.Options{}, "")
	c.org.Assign(c.org.Org().Users()["ann@acme.example"], AgentSet)
	grant := c.object("POST", "/services/oauth2/token", "grant_type=client_credentials&client_id=me")
	for soql, want := range map[string]int{
		"SELECT+Id,Name,InternalName+FROM+CallCenter":                                                        1,
		"SELECT+Id,Label+FROM+PermissionSet+WHERE+NamespacePrefix='NVMContactWorld'":                         3,
		"SELECT+AssigneeId,PermissionSet.Label+FROM+PermissionSetAssignment":                                 1,
		"SELECT+Field+FROM+FieldPermissions+WHERE+SobjectType='Task'+AND+PermissionsEdit=true":               6,
		"SELECT+PermissionsRead+FROM+ObjectPermissions+WHERE+SobjectType='Task'":                             1,
		"SELECT+Id,Profile.UserLicense.LicenseDefinitionKey,Phone+FROM+User+WHERE+Username='x@acme.example'": 0,
	} {
		_, text := c.ask("GET", "/services/data/v66.0/query?q="+soql, "", "Authorization", "Bearer "+grant["access_token"].(string))
		if !strings.Contains(text, fmt.Sprintf(`"totalSize":%d,`, want)) {
			t.Errorf("%s: %s", soql, text)
		}
	}
	if _, text := c.ask("GET", "/services/data/v66.0/query?q=SELECT+Nothing+FROM+CallCenter", "", "Authorization", "Bearer "+grant["access_token"].(string)); !strings.Contains(text, "INVALID_FIELD") {
		t.Errorf("%s", text)
	}
}

func TestAnAccountThatIsKeptBeginsWhereItEnded(t *testing.T) {
	c := converse(t, simulator.Options{}, "")
	c.ask("POST", api, agent("ann@acme.example", "7"))
	var kept strings.Builder
	if err := c.org.Save(&kept); err != nil {
		t.Fatal(err)
	}
	again, err := New(simulator.Options{UsersFrom: strings.NewReader(kept.String())})
	if err != nil {
		t.Fatal(err)
	}
	if ann, there := again.Shown("ann@acme.example"); !there || ann.AgentID != "7" || !ann.Active {
		t.Errorf("%+v", ann)
	}
	if _, text := c.ask("GET", "/_sim/accounts", ""); strings.Count(text, `"userId"`) != 6 {
		t.Errorf("%s", text)
	}
}
