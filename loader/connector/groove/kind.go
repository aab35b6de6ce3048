// Package groove gives and takes Groove licences: by a field of the Salesforce user that Groove reads, or by the package's seats. What has no
// interface becomes a work order for a human.
package groove

import (
	"context"
	"fmt"
	"strings"

	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
	"rosterload/validate"
)

const (
	usualField   = "Groove_Assigned_Licenses__c"
	usualPackage = "DaScoopComposer"
	nothing      = "#N/A"
)

// Settings is a target of kind groove in rosterload.yaml.
type Settings struct {
	config.Common `yaml:",inline"`
	Salesforce    config.At[string] `yaml:"salesforce"`
	Field         string            `yaml:"field"`
	Reclaim       config.At[string] `yaml:"reclaim"`
	Unverified    config.At[string] `yaml:"unverified"`
	Mail          config.At[string] `yaml:"mail"`
	Package       string            `yaml:"package"`
}

// Connector is Groove licences.
var Connector = connector.Connector{Name: "groove", Spelling: rules, Settings: func() any { return &Settings{} }, Open: open, Example: example}

var rules = validate.Spelling{
	Users: []validate.UserColumn{
		{By: "Id", Headings: []string{"Id", "Salesforce ID", "User ID"}, Key: validate.SalesforceID("005")},
		{By: "Username", Headings: []string{"salesforce_username", "Username", "User Name", "User"}, Key: validate.FoldKey},
		{By: "Email", Headings: []string{"Email", "E-mail"}, Key: validate.FoldKey},
	},
	Values:          []string{"licenses", "licences", usualField},
	Nothing:         []string{nothing, "-"},
	Blank:           validate.Ignore,
	ValueOptional:   true,
	Statements:      statements(),
	StatementsAlone: true,
	Interpret:       wish,
}

func open(_ context.Context, settings any, other func(string) (any, error)) (connector.Target, error) {
	s := settings.(*Settings)
	for _, c := range []struct {
		at    config.At[string]
		words []string
	}{{s.Reclaim, []string{"inactive", "off"}}, {s.Unverified, []string{"pending", "ok"}}, {s.Mail, []string{"google", "microsoft"}}} {
		if c.at.V != "" && c.at.V != c.words[0] && c.at.V != c.words[1] {
			return nil, c.at.Complain("%q is neither %s nor %s", c.at.V, c.words[0], c.words[1])
		}
	}
	if s.Salesforce.V == "" {
		return nil, s.Salesforce.Complain("salesforce is missing: the target where the users live")
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
	return &Target{settings: s, landlord: holder, org: holder.Wire(), people: map[string]person{}, ids: map[string]string{}, known: map[string]seat{}}, nil
}

// Target is Groove in one Salesforce org.
type Target struct {
	settings *Settings
	landlord connector.Target
	org      *sforce.Client
	ground   *ground           // the carriers, chosen once a run
	seats    *seats            // as of the last look
	people   map[string]person // by Salesforce id
	ids      map[string]string // of people, by the key that was asked for
	known    map[string]seat   // every seat that was ever seen, by Salesforce id: those that are gone by now have a name still
	clerk    *clerk            // while results are written
	lines    []wanted          // the roster, while a run is planned
	policy   *policy
}

// ceiling is how many Flow e-mails a day may be asked for. Source: Groove, "Email Throttling".
func (s *Settings) ceiling() int {
	if s.Mail.V == "google" {
		return 1800
	}
	return 4500
}

// Limits are those of sObject collections: 200 records a call.
func (t *Target) Limits() transform.Limits {
	return transform.Limits{Bytes: 1 << 20, Rows: sforce.MaxCollection, AtOnce: 1, Headings: [2]string{"Id", "licenses"}, Nothing: nothing}
}

// Org is Groove in the Salesforce org, which has a name and runs of its own.
func (t *Target) Org(ctx context.Context) (connector.Org, error) {
	org, err := t.landlord.Org(ctx)
	org.ID, org.Name = "groove-"+org.ID, strings.TrimSpace("Groove in "+org.Name)
	return org, err
}

// Landlord is the Salesforce org: a load of licences holds its lock, too.
func (t *Target) Landlord(ctx context.Context) (connector.Org, error) { return t.landlord.Org(ctx) }

func failed(code, next, format string, args ...any) transform.Verdict {
	return transform.Verdict{Word: transform.Failed, Code: code, Next: next, Reason: fmt.Sprintf(format, args...)}
}

const example = `  # Groove licences of Salesforce users
  groove:
    kind: groove
    salesforce: prod                           # the target where the users live
    # field: auto                              # Groove_Assigned_Licenses__c where the org has it; off, or another API name
    # reclaim: off                             # inactive: take the seats of inactive users back in the removal job
    # unverified: pending                      # ok: rows that rest on trust alone do not make the exit 8
    # mail: google                             # or microsoft: the ceiling of e-mails a day
    # package: DaScoopComposer
`
