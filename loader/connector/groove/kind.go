// Package groove gives and takes Groove licences: by a field of the Salesforce user that Groove reads, or by the
// package's seats. What has no interface becomes a work order for a human.
package groove

import (
	"cmp"
	"context"
	"strings"

	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
	policy "rosterload/transform/groove"
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

// Unread names the common settings that say nothing here.
func (*Settings) Unread() []string { return []string{"groups", "min_api_calls_left"} }

// Connector is Groove licences.
var Connector = connector.Connector{
	Name: "groove", Spelling: policy.Spelling, Settings: func() any { return &Settings{} }, Open: open,
	Example: example,
	Codes:   policy.Codes,
}

// hostOrg is a target in which the Salesforce users live.
type hostOrg interface {
	sforce.Holder
	connector.Target
}

func open(_ context.Context, o connector.Opening) (connector.Target, error) {
	s := o.Settings.(*Settings)
	for _, c := range []struct {
		at    config.At[string]
		words []string
	}{
		{s.Reclaim, []string{"inactive", "off"}},
		{s.Unverified, []string{"pending", "ok"}},
		{s.Mail, []string{"google", "microsoft"}},
	} {
		if c.at.V != "" && c.at.V != c.words[0] && c.at.V != c.words[1] {
			return nil, c.at.Complain("%q is neither %s nor %s", c.at.V, c.words[0], c.words[1])
		}
	}
	if s.Salesforce.V == "" {
		return nil, s.Salesforce.Complain("salesforce is missing: the target where the users live")
	}
	other, err := o.Other(s.Salesforce.V)
	if err != nil {
		return nil, s.Salesforce.ComplainOf(err)
	}
	host, ok := other.(hostOrg)
	if !ok {
		return nil, s.Salesforce.Complain("target %s is no Salesforce org", s.Salesforce.V)
	}
	return &Target{
		settings: s, host: host, org: host.Wire(), people: map[string]person{},
		stale: map[string]policy.Seat{}, past: map[string]policy.Past{},
	}, nil
}

// Target is Groove in one Salesforce org.
type Target struct {
	settings *Settings
	host     hostOrg
	told     connector.Org          // which one that is, without an id until Org has asked
	org      *sforce.Client         // of the host org
	carriers *carriers              // what the run rests on; nil until they are chosen or restored
	people   map[string]person      // users that were looked at, or restored, by Salesforce id: attachments name them
	stale    map[string]policy.Seat // seats of inactive users that were seen, or restored: attachments name those that are gone by then
	past     map[string]policy.Past // what earlier runs have left, by Salesforce id
}

// options are the policy's.
func (s *Settings) options() policy.Options {
	return policy.Options{Ceiling: s.ceiling(), Reclaim: s.Reclaim.V == "inactive", Unverified: s.Unverified.V == "ok"}
}

// ceiling is how many Flow e-mails a day may be asked for. Source: Groove, "Email Throttling".
func (s *Settings) ceiling() int {
	if s.Mail.V == "google" {
		return 1800
	}
	return policy.MostThrottle
}

// namespace of the package. Source: Groove, "Deploying Groove at scale".
func (s *Settings) namespace() string { return cmp.Or(s.Package, "DaScoopComposer") }

// Limits are those of sObject collections: 200 records a call. One batch at a time, as each counts the seats that are
// left.
func (t *Target) Limits() transform.Limits {
	return transform.Limits{
		Bytes: 1 << 20, Rows: sforce.MaxCollection, AtOnce: 1,
		Headings: [2]string{"Id", "licenses"}, Nothing: policy.Nothing,
	}
}

// Org is Groove in the Salesforce org, which has a name and runs of its own.
func (t *Target) Org(ctx context.Context) (connector.Org, error) {
	org, err := t.host.Org(ctx)
	if err == nil {
		t.told = org
	}
	org.ID, org.Name = "groove-"+org.ID, strings.TrimSpace("Groove in "+org.Name)
	return org, err
}

// HostOrg is the Salesforce org: a load of licences holds its lock, too. Org has asked already, as a rule.
func (t *Target) HostOrg(ctx context.Context) (connector.Org, error) {
	if t.told.ID != "" {
		return t.told, nil
	}
	return t.host.Org(ctx)
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
