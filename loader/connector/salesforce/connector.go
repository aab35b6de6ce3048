// Package salesforce loads Engage groups into Veeva CRM on Salesforce: one field of User, by Bulk API 2.0 or sObject
// collections.
package salesforce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/loader/transport"
	"rosterload/transform"
	"rosterload/transform/engage"
	"rosterload/validate"
)

// The fields of User. Only the request is ever written, and the status by Retry alone. The host token is a credential:
// describe is asked whether it is there, and no query ever names it. Source: Veeva, "Engage Group Management".
const (
	object       = "User"
	idPrefix     = "005" // of the ids of its records
	requestField = "Engage_Group_Request_vod__c"
	statusField  = "Engage_Group_Provisioning_Status_vod__c"
	groupField   = "Engage_Group_vod__c"
	hostIDField  = "Remote_Meeting_Host_Id_vod__c"
	hostToken    = "Remote_Meeting_Host_Token_vod__c"
	nothing      = "#N/A" // Bulk API's word for null; an empty cell leaves the field as it is
)

var words = engage.Words{
	RequestSent: "Request_Sent_vod", Retry: "Retry_Request_vod", NoLicenses: "No_Licenses_Remaining_vod",
	InvalidGroup: "Invalid_Group_Name_vod", RequestFailed: "Request_Failed_vod", Success: "Success_vod",
}

// Settings is a target of kind salesforce in rosterload.yaml.
type Settings struct {
	config.Common `yaml:",inline"`
	URL           config.At[string] `yaml:"url"`
	Auth          sforce.Auth       `yaml:"auth"`
	API           config.At[string] `yaml:"api"`
	APIVersion    config.At[string] `yaml:"api_version"`
}

// Connector is Engage groups on Salesforce.
var Connector = connector.Connector{
	Name:       "salesforce",
	Spelling:   engage.Spelling(validate.SalesforceID(idPrefix), nothing, true),
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

func open(_ context.Context, o connector.Opening) (connector.Target, error) {
	s := o.Settings.(*Settings)
	switch {
	case s.URL.V == "":
		return nil, s.URL.Complain("url is missing: the org's My Domain address, such as https://acme.my.salesforce.com")
	case s.API.V != "" && s.API.V != "bulk" && s.API.V != "collections":
		return nil, s.API.Complain("api %q is neither bulk nor collections", s.API.V)
	}
	if err := transport.Plain(s.URL.V, s.Insecure); err != nil {
		return nil, s.URL.Complain("%v", err)
	}
	wire, err := sforce.New(sforce.Options{
		URL: s.URL.V, Version: s.APIVersion.V, Auth: s.Auth, CAFile: s.CAFile, Insecure: s.Insecure,
		RetryFor: s.RetryFor.Duration(), MinCallsLeft: s.MinAPICallsLeft, Log: o.Log,
	})
	if err != nil {
		return nil, s.ComplainOf(err)
	}
	return &Target{wire: wire, settings: s, collections: s.API.V == "collections", holders: unknown}, nil
}

// Target is one Salesforce org with Engage.
type Target struct {
	wire        *sforce.Client
	settings    *Settings
	collections bool
	who         sforce.Identity
	holders     int // of a group in the whole org
	counted     bool
	length      int // characters of the request field, 0: not known yet

	describing sync.Mutex // Ready and Look go side by side, and one call is enough for both
	described  bool
	fields     map[string]sforce.Field // ours of User
	unseen     error                   // the org's plain no to describing it
}

// unknown is the number of holders before they are counted, or when the org does not let us count them.
const unknown = -1

// Wire lets connectors whose users live in this org share the connection.
func (t *Target) Wire() *sforce.Client { return t.wire }

// Limits of Bulk API 2.0: 100 MB a job (Bulk API 2.0 guide, Upload Job Data). Few jobs of many rows beat many of few:
// the org cuts them into batches of its own.
func (t *Target) Limits() transform.Limits {
	l := transform.Limits{
		Bytes: 95 << 20, Rows: 3_000_000, AtOnce: 4, Headings: [2]string{"Id", requestField},
		Nothing: nothing,
	}
	if t.collections {
		l.PerCall = sforce.MaxCollection
	}
	return l
}

// Org signs in and tells which org this is.
func (t *Target) Org(ctx context.Context) (connector.Org, error) {
	var name connector.Org
	var asking sync.WaitGroup
	asking.Go(func() { name = t.named(ctx) })
	who, err := t.wire.Whoami(ctx)
	asking.Wait()
	if err != nil && !sforce.IsStatus(err, http.StatusNotFound) { // an org that does not say who we are may still say which one it is
		return connector.Org{}, err
	}
	t.who = who
	org := connector.Org{ID: cmp.Or(who.OrgID, name.ID), As: who.Username, Name: name.Name, Sandbox: name.Sandbox}
	if org.ID == "" {
		return org, fmt.Errorf("the org does not say its id: %w", errors.Join(err, connector.ErrDenied))
	}
	return org, nil
}

// named is the org's name and kind. Without View Setup they are not ours to see; the id is all that a run needs.
func (t *Target) named(ctx context.Context) (org connector.Org) {
	_ = t.wire.Query(ctx, []string{"Id", "Name", "IsSandbox"}, "SELECT Id, Name, IsSandbox FROM Organization",
		func(row []string) error {
			org = connector.Org{ID: row[0], Name: row[1], Sandbox: row[2] == "true"}
			return nil
		})
	return org
}

// describe asks once what the org says of the fields of User that are ours. One that is not there, or not ours to see,
// is left out.
func (t *Target) describe(ctx context.Context) (map[string]sforce.Field, error) {
	t.describing.Lock()
	defer t.describing.Unlock()
	if t.described {
		return t.fields, t.unseen
	}
	all, err := t.wire.Describe(ctx, object)
	if err != nil && !isAnswer(err) {
		return nil, err
	}
	t.described, t.unseen, t.fields = true, err, map[string]sforce.Field{}
	for _, name := range []string{requestField, groupField, statusField, hostIDField, hostToken} {
		if f, there := all[name]; there {
			t.fields[name] = f
		}
	}
	return t.fields, t.unseen
}

// policy is Engage's, of what was seen of the org so far.
func (t *Target) policy() transform.Policy {
	return engage.Policy(engage.Options{
		Groups: t.settings.Groups, MaxValue: t.length, Words: words,
		Holders: t.holders,
	})
}

const example = `  # Engage groups of Veeva CRM on Salesforce
  prod:
    kind: salesforce
    url: https://acme.my.salesforce.com        # the org's My Domain address
    auth:                                      # one of three ways to sign in
      client_id: env:SF_CLIENT_ID
      client_secret: env:SF_CLIENT_SECRET
      # jwt: {username: loader@acme.example, client_id: env:SF_CLIENT_ID, key: file:/etc/rosterload/key.pem}
      # access_token: env:SF_ACCESS_TOKEN
    # api: bulk                                # or collections: 200 rows a call, answered at once, for small nights
    # api_version: v66.0
    # columns: {user: Username, group: Engage Group}   # known headings are recognised
    # username_suffix: .full                   # a sandbox adds its name to each username
    # blank: remove                            # a blank group: remove, ignore or reject
    # na: remove                               # #N/A: remove, or reject, since a failed VLOOKUP looks the same
    # max_removals: 20%                        # of the people who have a group; more stop the run
    # max_failed: 5%                           # so many failed rows, or such a share, are still exit 0
    # groups: [Cardio East, Cardio West]       # valid names: others are not sent, near ones are named
    # wait: 30m                                # patience with the Engage server
    # min_api_calls_left: 1000                 # stop before the org's day is eaten up
    # retry_for: 2m                            # patience with one call
    # ca_file: /etc/ssl/proxy.pem              # a further authority; HTTPS_PROXY is honoured
    # poll: {job: 200ms, job_most: 30s, status: 1s, status_most: 60s}
`
