// Package vault loads Engage groups into Veeva Vault CRM: one field of user__sys, by id, in calls of at most 500 rows
// that are answered at once.
package vault

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/transport"
	"rosterload/transform"
	"rosterload/transform/engage"
	"rosterload/validate"
)

// The fields of user__sys. Only the request is ever written, and the status by Retry alone. The host token is a
// credential and has no name here. Source: Veeva, "Engage Group Management" (Vault CRM).
const (
	object       = "user__sys"
	requestField = "engage_group_request__v"
	statusField  = "engage_group_provisioning_status__v"
	groupField   = "engage_group__v"
	nothing      = "#N/A" // of the sealed file; Vault is sent JSON's null
	maxRows      = 500    // of one call (Vault API reference, Update Object Records)
)

var words = engage.Words{
	RequestSent: "request_sent__v", Retry: "retry_request__v", NoLicenses: "no_licenses_remaining__v",
	InvalidGroup: "invalid_group_name__v", RequestFailed: "request_failed__v", Success: "success__v",
}

// columns are Vault's names of the ways to name a user.
var columns = map[string]string{
	"Id": "id", "Username": "username__sys", "FederationIdentifier": "federated_id__sys",
	"Email": "email__sys",
}

// Settings is a target of kind vault in rosterload.yaml.
type Settings struct {
	config.Common `yaml:",inline"`
	URL           config.At[string] `yaml:"url"`
	Auth          Auth              `yaml:"auth"`
	APIVersion    config.At[string] `yaml:"api_version"`
}

// Unread names the common settings that say nothing here.
func (*Settings) Unread() []string { return []string{"min_api_calls_left"} }

// Auth is a user name and a password. Other ways in give sessions that Engage does not take.
type Auth struct {
	Username config.Secret `yaml:"username"`
	Password config.Secret `yaml:"password"`
}

// Connector is Engage groups on Vault.
var Connector = connector.Connector{
	Name:       "vault",
	Spelling:   engage.Spelling(userID, nothing, false),
	Settings:   func() any { return &Settings{} },
	Open:       open,
	Example:    example,
	RetryCodes: engage.RetryCodes(),
	Codes:      codes(),
	Worker:     engage.Worker,
	WorkerOff:  engage.WorkerOff,
	Stuck:      engage.Stuck,

	ChecksBesideLook: true,
}

// userID spells the id of a user, which is a number.
func userID(dst, cell []byte) ([]byte, *validate.Fault) {
	if !isUserID(string(cell)) {
		return dst, &validate.Fault{Code: "USER_BAD_ID", Reason: "a user's id is a number", Next: transform.ChangeKey}
	}
	return append(dst, cell...), nil
}

func isUserID(id string) bool {
	return id != "" && !strings.ContainsFunc(id, func(r rune) bool { return r < '0' || r > '9' })
}

var versionPattern = regexp.MustCompile(`^v\d{2}\.\d$`)

func open(_ context.Context, o connector.Opening) (connector.Target, error) {
	s := o.Settings.(*Settings)
	if s.URL.V == "" {
		return nil, s.URL.Complain("url is missing: https://acme-crm.veevavault.com")
	}
	if s.Auth.Username.Empty() || s.Auth.Password.Empty() {
		return nil, s.Complain("auth", "auth needs username and password")
	}
	if s.APIVersion.V != "" && !versionPattern.MatchString(s.APIVersion.V) {
		return nil, s.APIVersion.Complain("api_version %q is none such as %s", s.APIVersion.V, defaultVersion)
	}
	if err := transport.Plain(s.URL.V, s.Insecure); err != nil {
		return nil, s.URL.Complain("%v", err)
	}
	wire, err := newWire(s, o.Log)
	if err != nil {
		return nil, s.ComplainOf(err)
	}
	return &Target{wire: wire, settings: s, holders: unknown}, nil
}

// Target is one Vault with Engage.
type Target struct {
	wire     *wire
	settings *Settings
	holders  int // of a group in the whole Vault
	counted  bool
	length   int // characters of the request field, 0: not known yet
	who      who // as Org was told

	describing sync.Mutex // Ready and Look go side by side, and one call is enough for both
	request    *fieldInfo // nil: not known yet
}

// unknown is the number of holders before they are counted, or when the Vault does not let us count them.
const unknown = -1

// Limits says that a batch is one call, so that its end is known or unknown as a whole.
func (t *Target) Limits() transform.Limits {
	return transform.Limits{
		Bytes: 40 << 20, Rows: maxRows, AtOnce: 4, Headings: [2]string{"id", requestField},
		Nothing: nothing,
	}
}

// Org signs in, makes sure that this is the Vault that was asked for, and that its API may be used: a good sign-in
// proves neither.
func (t *Target) Org(ctx context.Context) (connector.Org, error) {
	me, err := t.wire.me(ctx)
	if err != nil {
		return connector.Org{}, err
	}
	t.who = me
	at := t.wire.at()
	return connector.Org{ID: fmt.Sprint(at.id), Name: at.name, As: t.settings.Auth.Username.Reveal()}, nil
}

// policy is Engage's, of what was seen of the Vault so far.
func (t *Target) policy() transform.Policy {
	return engage.Policy(engage.Options{
		Groups: t.settings.Groups, MaxValue: t.length, Words: words,
		Holders: t.holders,
	})
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

const example = `  # Engage groups of Veeva Vault CRM
  vault-prod:
    kind: vault
    url: https://acme-crm.veevavault.com       # the Vault's own address
    api_version: v26.2
    auth:                                      # an active business admin; Engage wants a session of its own
      username: env:VAULT_USER
      password: env:VAULT_PASSWORD
    # columns: {user: username__sys, group: Engage Group}   # known headings are recognised
    # blank: remove                            # a blank group: remove, ignore or reject
    # na: remove                               # #N/A: remove, or reject, since a failed VLOOKUP looks the same
    # max_removals: 20%                        # of the people who have a group; more stop the run
    # groups: [Cardio East, Cardio West]       # valid names: others are not sent, near ones are named
    # wait: 30m                                # patience with the Engage server
    # retry_for: 2m
    # poll: {status: 1s, status_most: 60s}
`
