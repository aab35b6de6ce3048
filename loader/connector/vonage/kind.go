// Package vonage makes Vonage Contact Center (VCC) users of Salesforce users, like a template user and tied to them by
// an agent ID, and archives them. One user is made in several calls to two systems; the call that creates must not be
// sent twice, so that each step is on disk before the next begins.
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
	policy "rosterload/transform/vonage"
)

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

// Unread names the common settings that say nothing here.
func (*Settings) Unread() []string { return []string{"groups", "min_api_calls_left"} }

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

// The flags of this connector.
const (
	flagTemplate   = "template"
	flagStartingID = "starting-id"
)

// Connector is VCC users.
var Connector = connector.Connector{
	Name: "vonage", Spelling: policy.Spelling, Settings: func() any { return &Settings{} }, Open: open,
	Example: example,
	Flags: []connector.Flag{
		{Name: flagTemplate, Usage: "the VCC user whose settings new users share"},
		{Name: flagStartingID, Usage: "the first agent ID to try when they are generated"},
	},
	Codes:        policy.Codes,
	ChecksPeople: true,
}

// hostOrg is a target in which the Salesforce users live.
type hostOrg interface {
	sforce.Holder
	connector.Target
}

func open(_ context.Context, o connector.Opening) (connector.Target, error) {
	s := o.Settings.(*Settings)
	if err := s.complaint(); err != nil {
		return nil, err
	}
	t := &Target{
		settings: s, start: s.StartingID.V, templateName: s.Template.V, made: map[string]made{},
		spent: map[string]bool{},
	}
	if err := t.take(o.Flags); err != nil {
		return nil, err
	}
	other, err := o.Other(s.Salesforce.V)
	if err != nil {
		return nil, s.Salesforce.ComplainOf(err)
	}
	host, ok := other.(hostOrg)
	if !ok {
		return nil, s.Salesforce.Complain("target %s is no Salesforce org", s.Salesforce.V)
	}
	t.host, t.org = host, host.Wire()
	if t.wire, err = newWire(s, o.Log); err != nil {
		return nil, s.ComplainOf(err)
	}
	return t, nil
}

// complaint is the first thing that is wrong with the settings.
func (s *Settings) complaint() error {
	switch {
	case s.URL.V == "":
		return s.URL.Complain("url is missing: https://emea.api.newvoicemedia.com/useradmin")
	case s.TokenURL.V == "":
		return s.TokenURL.Complain("token_url is missing: https://emea.newvoicemedia.com/Auth/connect/token")
	case s.Auth.ClientID.Empty() || s.Auth.ClientSecret.Empty():
		return s.Complain("auth", "auth needs client_id and client_secret")
	case s.Salesforce.V == "":
		return s.Salesforce.Complain("salesforce is missing: the target where the Salesforce users live")
	case s.StartingID.Line > 0 && s.StartingID.V < 1:
		return s.StartingID.Complain("starting_id %d is less than 1", s.StartingID.V)
	case s.PageBase.V != "" && s.PageBase.V != "auto" && s.PageBase.V != "0" && s.PageBase.V != "1":
		return s.PageBase.Complain("page_base %q is none of auto, 0, 1", s.PageBase.V)
	}
	for field, right := range s.Readiness.TaskFields {
		if right != "read" && right != "edit" {
			return s.Complain("readiness.task_fields."+field, "task_fields: %s is %q, which is neither read nor edit",
				field, right)
		}
	}
	for _, at := range []config.At[string]{s.URL, s.TokenURL} {
		if err := transport.Plain(at.V, s.Insecure); err != nil {
			return at.Complain("%v", err)
		}
	}
	return nil
}

// take lets flags go before settings.
func (t *Target) take(flags map[string]string) error {
	if name := flags[flagTemplate]; name != "" {
		t.templateName = name
	}
	if start := flags[flagStartingID]; start != "" {
		n, err := strconv.Atoi(start)
		if err != nil || n < 1 {
			return &config.Error{Text: fmt.Sprintf("--%s %q is no whole number from 1", flagStartingID, start)}
		}
		t.start = n
	}
	return nil
}

// Target is one VCC account and the Salesforce org in which its people live.
type Target struct {
	wire         *wire
	settings     *Settings
	host         hostOrg
	org          *sforce.Client // of the host org
	templateName string
	start        int            // the first agent ID that is tried
	template     *template      // what the run rests on; nil until it is read or restored
	planned      *policy.Policy // of the last look; a run is planned on it

	mu    sync.Mutex      // guards the two below while batches are under way side by side
	made  map[string]made // what runs of this home have made, by Salesforce id
	spent map[string]bool // agent IDs that the run named, drew or sealed
}

// Limits has few users a batch, so that several are made side by side; 200 records is what one collections call to
// Salesforce may hold.
func (t *Target) Limits() transform.Limits {
	return transform.Limits{
		Bytes: 1 << 20, Rows: 50, AtOnce: 4, Headings: [2]string{"Id", "agent_id"}, Nothing: policy.Nothing,
		Own: "origin", SplitValue: splitValue,
	}
}

// splitValue reads a value of a sealed file of version 1, where an agent ID that was made up is "7 (generated)".
func splitValue(value string) (id, origin string) {
	if id, isGenerated := strings.CutSuffix(value, " (generated)"); isGenerated {
		return id, policy.Generated
	}
	return value, ""
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

// HostOrg is the Salesforce org: a load of contact-centre users holds its lock, too.
func (t *Target) HostOrg(ctx context.Context) (connector.Org, error) { return t.host.Org(ctx) }

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
