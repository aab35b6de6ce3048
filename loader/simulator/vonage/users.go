package vonage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"rosterload/loader/simulator/front"
	"rosterload/loader/simulator/salesforce"
)

// Columns of the users' CSV that make, or show, an account in VCC.
const (
	agentField   = "NVMContactWorld__NVM_Agent_Id__c"
	roleColumn   = "vcc_role"
	idColumn     = "vcc_agent_id"
	activeColumn = "vcc_active"
)

var userFields = []salesforce.Field{
	{Name: "Phone", Kind: "phone", Length: 40, Editable: true},
	{Name: "CallCenterId", Kind: "reference", Length: 18, Editable: true},
	{Name: agentField, Kind: "string", Length: 80, Editable: true, Securable: true},
	{Name: "Profile.UserLicense.LicenseDefinitionKey", Kind: "string"},
	{Name: roleColumn},
	{Name: idColumn},
	{Name: activeColumn},
}

// Account is a VCC user to begin with.
type Account struct {
	Username, Email, Role, AgentID string
	ActsAsAgent, Active            bool
}

// The users that others may be made like.
const (
	TemplateAgent      = "template.agent@acme.example"
	TemplateVoice      = "template.voice@acme.example"
	TemplateSupervisor = "template.supervisor@acme.example"
)

func (s *Server) addTemplates() {
	s.Add(Account{Username: TemplateAgent, Role: "Agent", AgentID: "1", Active: true})
	s.Add(Account{Username: TemplateVoice, Role: "Supervisor", ActsAsAgent: true, AgentID: "2", Active: true})
	s.Add(Account{Username: TemplateSupervisor, Role: "Supervisor", Active: true})
	for i, a := range s.accounts[len(s.accounts)-3:] {
		a.Lists["skills"] = json.RawMessage(fmt.Sprintf(`[{"skillId":"skill-1","skillName":"Sales","agentSkillLevel":%d},{"skillId":"skill-2","skillName":"French","agentSkillLevel":3}]`, i+5))
		a.Lists["groups"] = json.RawMessage(`[{"groupId":"group-1","groupName":"Field"}]`)
		a.Lists["permissions/groups"] = json.RawMessage(`[{"groupId":"group-1","groupPermission":"Read"}]`)
		a.Lists["permissions/queues"] = json.RawMessage(`[{"queueId":"queue-1","queuePermission":"Write"}]`)
		a.Lists["permissions/addresses"] = json.RawMessage(`[{"addressId":"address-1","addressName":"+442071838750"}]`)
		a.Lists["permissions/interactionPlans"] = json.RawMessage(`[{"interactionPlanId":"plan-1","permission":"Read"}]`)
		a.Lists["permissions/accessPermissions"] = json.RawMessage(`[{"permissionKey":"Reports","permissionLevel":"Yes"},{"permissionKey":"Callbacks","permissionLevel":"Modify"}]`)
	}
}

// Add takes an account in, as if it had always been there.
func (s *Server) Add(a Account) {
	config := map[string]any{"role": a.Role, "actAsAgent": a.ActsAsAgent}
	agent := map[string]any{
		"location": "GB", "callParking": true, "webrtc": false,
		"telephonyAddress": map[string]any{
			"telephoneAddress":        "+442071838750",
			"outboundTelephonyRegion": "11111111-1111-4111-8111-111111111111",
		},
	}
	if a.AgentID != "" {
		agent["agentDisplayId"] = a.AgentID
	}
	if a.Role == "Agent" || a.ActsAsAgent {
		config["agentConfiguration"] = agent
	}
	email := a.Email
	if email == "" {
		email = strings.ReplaceAll(a.Username, "@acme", "@mail")
	}
	s.accounts = append(s.accounts, &account{
		UserID: fmt.Sprintf("00000000-0000-4000-8000-%012d", len(s.accounts)+1), Username: a.Username, Name: a.Username,
		Email:  email,
		Active: a.Active, Config: config, Role: a.Role, Lists: map[string]json.RawMessage{},
	})
}

// addFrom makes the account that the columns of a Salesforce user ask for.
func (s *Server) addFrom(username, id string) {
	role := s.org.Values(roleColumn)[id]
	if role == "" || s.named(username) != nil {
		return
	}
	s.Add(Account{
		Username: username, Role: role, AgentID: s.org.Values(idColumn)[id],
		Active: s.org.Values(activeColumn)[id] != "false",
	})
}

// fillUsers gives made-up users what a contact centre needs of them.
func (s *Server) fillUsers(count int) {
	if count == 0 {
		return
	}
	for username, id := range s.org.Users() {
		if strings.HasPrefix(username, "user") {
			s.org.Set(id, "Phone", "+4420718387"+username[9:11])
			s.org.Set(id, "CallCenterId", callCenter)
		}
	}
}

// judgeSalesforce looks at what is written there: the agent ID alone may be, and only where it is blank.
func (s *Server) judgeSalesforce(r *http.Request) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || salesforce.Secret(front.Clean(r.URL.Path)) {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var ask struct {
		Records []map[string]any `json:"records"`
	}
	if json.Unmarshal(body, &ask) != nil || len(ask.Records) == 0 {
		s.Violate("%s %s writes something to Salesforce that is no agent ID", r.Method, r.URL.Path)
		return
	}
	held := s.org.Values(agentField)
	for _, rec := range ask.Records {
		id := fmt.Sprint(rec["id"])
		for name, value := range rec {
			switch {
			case name == "attributes" || strings.EqualFold(name, "id"):
			case !strings.EqualFold(name, agentField):
				s.Violate("%s of Salesforce user %s is written", name, id)
			case held[id] != "" && held[id] != value:
				s.Violate("agent ID %s of Salesforce user %s is overwritten by %v", held[id], id, value)
			}
		}
	}
}

// Shown is a VCC user as it is now, for tests that compare.
type Shown struct {
	Account
	Lists map[string]string // by the path of each, without names
}

// Shown shows a user.
func (s *Server) Shown(username string) (Shown, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.named(username)
	if a == nil {
		return Shown{}, false
	}
	shown := Shown{
		Account{a.Username, a.Email, a.Role, a.AgentID(), a.Config["actAsAgent"] == true, a.Active},
		map[string]string{},
	}
	for name, list := range a.Lists {
		var items []map[string]any
		_ = json.Unmarshal(list, &items)
		for _, i := range items {
			delete(i, "skillName")
			delete(i, "groupName")
		}
		text, _ := json.Marshal(items)
		shown.Lists[name] = string(text)
	}
	return shown, true
}

// Edit is an admin who changes one of a user's lists.
func (s *Server) Edit(username, list, items string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.named(username).Lists[list] = json.RawMessage(items)
}
