// Package vonage makes Vonage Contact Center users of Salesforce users, like a template user and tied to them by an agent ID, and archives
// them. One change is a saga of calls in two systems; creating is not idempotent, so that each step is on disk before the next begins.
package vonage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/loader/transport"
	"rosterload/transform"
	"rosterload/validate"
)

// agentField ties a Salesforce user to his VCC user. It is the one field of Salesforce that is ever written, and only where it is blank.
const agentField = "NVMContactWorld__NVM_Agent_Id__c"

// Settings is a target of kind vonage in rosterload.yaml.
type Settings struct {
	config.Common      `yaml:",inline"`
	URL                config.At[string] `yaml:"url"`
	TokenURL           config.At[string] `yaml:"token_url"`
	Auth               Auth              `yaml:"auth"`
	Salesforce         config.At[string] `yaml:"salesforce"`
	Template           config.At[string] `yaml:"template"`
	GenerateAgentIDs   bool              `yaml:"generate_agent_ids"`
	StartingID         config.At[int]    `yaml:"starting_id"`
	AgentLicences      *int              `yaml:"agent_licences"`
	AllowOverages      bool              `yaml:"allow_overages"`
	CallCenterRequired *bool             `yaml:"call_center_required"`
	Scopes             string            `yaml:"scopes"`
	PageBase           config.At[string] `yaml:"page_base"`
	CallsPerSecond     int               `yaml:"calls_per_second"`
	Readiness          Readiness         `yaml:"readiness"`
}

// Auth is a client of the VCC APIs.
type Auth struct {
	ClientID     config.Secret `yaml:"client_id"`
	ClientSecret config.Secret `yaml:"client_secret"`
}

// Readiness is what `check` expects of Salesforce users. Empty settings are the vendor's.
type Readiness struct {
	AgentSet             string            `yaml:"agent_set"`
	SupervisorSet        string            `yaml:"supervisor_set"`
	APISet               string            `yaml:"api_set"`
	TaskFields           map[string]string `yaml:"task_fields"` // field: read, or edit
	APIUser              string            `yaml:"api_user"`
	DataConnectorInserts bool              `yaml:"data_connector_inserts"`
}

// Connector is VCC users.
var Connector = connector.Connector{
	Name: "vonage", Spelling: rules, Settings: func() any { return &Settings{} }, Open: open, Example: example,
}

var rules = validate.Spelling{
	Users: []validate.UserColumn{
		{By: "Id", Headings: []string{"Id", "Salesforce ID", "User ID"}, Key: validate.SalesforceID("005")},
		{By: "Username", Headings: []string{"salesforce_username", "Username", "User Name", "User"}, Key: usernameKey},
		{By: "FederationIdentifier", Headings: []string{"FederationIdentifier", "Federation Identifier"}, Key: validate.TextKey},
		{By: "Email", Headings: []string{"Email", "E-mail"}, Key: validate.FoldKey},
	},
	Values:        []string{"agent_id", "NVM Agent Id", agentField},
	Nothing:       []string{"#N/A"},
	Blank:         validate.Keep,
	ValueOptional: true,
	Statements: []validate.Statement{
		{Name: "action", Headings: []string{"action"}},
		{Name: "phone", Headings: []string{"phone"}},
		{Name: "call_center", Headings: []string{"call_center", "CallCenter", "CallCenterId"}},
		{Name: "user_type", Headings: []string{"user_type"}},
		{Name: "template_username", Headings: []string{"template_username"}},
	},
	Interpret: wish,
}

// usernameKey: VCC has no usernames with blanks inside.
func usernameKey(dst, cell []byte) ([]byte, *validate.Fault) {
	if strings.ContainsAny(string(cell), " \t") {
		return dst, &validate.Fault{Code: "USER_BAD_ID", Next: transform.ChangeKey, Reason: "a username holds no blanks"}
	}
	return validate.FoldKey(dst, cell)
}

// wish reads the action and the agent ID together.
func wish(w validate.ValueCells) (value []byte, removal bool, f *validate.Fault) {
	bad := func(code, format string, args ...any) ([]byte, bool, *validate.Fault) {
		return w.Value, false, &validate.Fault{Code: code, Next: transform.FixAndLoad, Reason: fmt.Sprintf(format, args...)}
	}
	switch action := strings.ToLower(w.Said("action")); {
	case action != "" && action != "create" && action != "archive":
		return bad("VCC_BAD_ACTION", "action %q is neither create nor archive", w.Said("action"))
	case action == "archive":
		return w.Value, true, nil
	case w.Nothing && action == "create":
		return bad("VCC_BAD_ACTION", "the agent ID asks to archive and the action to create")
	case w.Nothing:
		return w.Value, true, nil
	case strings.ContainsAny(string(w.Value), " \t"):
		return bad("VCC_BAD_AGENT_ID", "agent ID %q holds blanks", w.Value)
	}
	return w.Value, false, nil
}

func open(_ context.Context, settings any, other func(string) (any, error)) (connector.Target, error) {
	s := settings.(*Settings)
	switch {
	case s.URL.V == "":
		return nil, s.URL.Complain("url is missing: https://emea.api.newvoicemedia.com/useradmin")
	case s.TokenURL.V == "":
		return nil, s.TokenURL.Complain("token_url is missing: https://emea.newvoicemedia.com/Auth/connect/token")
	case s.Auth.ClientID.Empty() || s.Auth.ClientSecret.Empty():
		return nil, s.URL.Complain("auth needs client_id and client_secret")
	case s.Salesforce.V == "":
		return nil, s.Salesforce.Complain("salesforce is missing: the target where the Salesforce users live")
	case s.StartingID.Line > 0 && s.StartingID.V < 1:
		return nil, s.StartingID.Complain("starting_id %d is less than 1", s.StartingID.V)
	case s.PageBase.V != "" && s.PageBase.V != "auto" && s.PageBase.V != "0" && s.PageBase.V != "1":
		return nil, s.PageBase.Complain("page_base %q is none of auto, 0, 1", s.PageBase.V)
	}
	for _, at := range []config.At[string]{s.URL, s.TokenURL} {
		if err := transport.Plain(at.V, s.Insecure); err != nil {
			return nil, at.Complain("%v", err)
		}
	}
	landlord, err := other(s.Salesforce.V)
	if err != nil {
		return nil, err
	}
	holder, ok := landlord.(interface {
		sforce.Holder
		connector.Target
	})
	if !ok {
		return nil, s.Salesforce.Complain("target %s is no Salesforce org", s.Salesforce.V)
	}
	wire, err := newWire(s)
	if err != nil {
		return nil, s.URL.Complain("%v", err)
	}
	return newTarget(s, wire, holder, holder.Wire()), nil
}

func newTarget(s *Settings, w *wire, landlord connector.Target, org *sforce.Client) *Target {
	t := &Target{wire: w, settings: s, landlord: landlord, org: org, start: s.StartingID.V, templateName: s.Template.V}
	t.people, t.ids, t.ours, t.sealed = map[string]person{}, map[string]string{}, map[string]made{}, map[string]bool{}
	return t
}

// Target is one VCC account and the Salesforce org in which its people live.
type Target struct {
	wire         *wire
	settings     *Settings
	landlord     connector.Target
	org          *sforce.Client
	templateName string
	start        int

	template *template         // what the run rests on
	world    *world            // what both systems hold, as of the last look
	people   map[string]person // Salesforce users looked at, by id
	ids      map[string]string // their ids, by the key that was asked for
	sealed   map[string]bool   // agent IDs in batches that were submitted
	mu       sync.Mutex        // guards ours and sealed while batches are under way side by side
	ours     map[string]made   // what runs of this home have made, by Salesforce id
	foreseen *foreseen         // the roster, while a run is planned
	policy   *policy
}

// Tune takes --template and --starting-id.
func (t *Target) Tune(flags map[string]string) error {
	if name := flags["template"]; name != "" {
		t.templateName = name
	}
	if start := flags["starting-id"]; start != "" {
		n, err := strconv.Atoi(start)
		if err != nil || n < 1 {
			return &config.Error{Text: fmt.Sprintf("--starting-id %q is no whole number from 1", start)}
		}
		t.start = n
	}
	return nil
}

// Limits has few users a batch, so that several are made side by side; 200 records is what one collections call to Salesforce may hold.
func (t *Target) Limits() transform.Limits {
	return transform.Limits{Bytes: 1 << 20, Rows: 50, AtOnce: 4, Headings: [2]string{"Id", "agent_id"}, Nothing: "#N/A"}
}

// Org signs in. VCC names no account, so the address and the client do.
func (t *Target) Org(ctx context.Context) (connector.Org, error) {
	if err := t.wire.signIn(ctx); err != nil {
		return connector.Org{}, err
	}
	host := t.settings.URL.V
	if u, err := url.Parse(host); err == nil {
		host = u.Host
	}
	sum := sha256.Sum256([]byte(t.settings.Auth.ClientID.Reveal()))
	id := "vcc-" + strings.ReplaceAll(host, ":", "-") + "-" + hex.EncodeToString(sum[:4])
	return connector.Org{ID: id, Name: "Vonage Contact Center at " + host, As: "API client"}, nil
}

// Landlord is the Salesforce org: a load of contact-centre users holds its lock, too.
func (t *Target) Landlord(ctx context.Context) (connector.Org, error) { return t.landlord.Org(ctx) }

const example = `  # Vonage Contact Center users, made of Salesforce users like a template user
  contact-centre:
    kind: vonage
    url: https://emea.api.newvoicemedia.com/useradmin
    token_url: https://emea.newvoicemedia.com/Auth/connect/token
    auth: {client_id: env:VCC_ID, client_secret: env:VCC_SECRET}
    salesforce: prod                           # the target where the Salesforce users live
    template: template.agent@acme.example      # an existing VCC user whose settings the new ones share
    # generate_agent_ids: true                 # fill blank agent IDs, from starting_id, stepping over those in use
    # starting_id: 1
    # agent_licences: 120                      # no interface tells how many there are
    # allow_overages: false                    # more agents than licences cost money
    # call_center_required: true
    # scopes: users:read users:write
    # page_base: auto                          # or 0, or 1: the number of the first page of users
    # calls_per_second: 50                     # of all workers together; the vendor asks for fair use and names no figure
    # readiness: {api_user: api.user@acme.example, data_connector_inserts: false}
`
