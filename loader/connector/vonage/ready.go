package vonage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"

	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
	policy "rosterload/transform/vonage"
)

// Package permission sets of Vonage Contact Center are found by namespace and label. Source: Vonage, "Setting up VCC
// users in Salesforce".
const namespace = "NVMContactWorld"

const (
	read = "read"
	edit = "edit"
)

// taskFields are the fields of Task that every VCC user needs, and how. Source: the same page.
var taskFields = map[string]string{
	"WhoId": edit, "WhatId": edit, "CallObject": read, "CallType": read, "CallDurationInSeconds": read,
	"Description": edit,
	"Type":        edit, "Status": edit, "ReminderDateTime": edit, "OwnerId": edit, "Subject": edit,
	"ActivityDate": edit,
}

// Ready looks at the account, at Salesforce, at the API user, and at each user of a roster. What cannot be read is
// never a pass.
func (t *Target) Ready(ctx context.Context, users iter.Seq[transform.User], found func(connector.Finding) error) error {
	c := &checker{Target: t, found: found}
	if err := cmp.Or(c.checkAccount(ctx), c.unheard); err != nil {
		return err
	}
	checks := []func(context.Context) error{c.checkTemplate, c.checkSalesforce, c.checkLicences, c.checkAPIUser}
	if c.seen == nil { // VCC shows us nothing
		checks, users = []func(context.Context) error{c.checkSalesforce, c.checkAPIUser}, nil
	}
	for _, check := range checks {
		if err := cmp.Or(check(ctx), c.unheard); err != nil {
			return err
		}
	}
	if users == nil {
		return nil
	}
	return cmp.Or(c.checkPeople(ctx, users), c.unheard)
}

// checker says each finding as it is made.
type checker struct {
	*Target
	found   func(connector.Finding) error
	unheard error       // what found answered first; nothing is said behind it
	seen    *policy.Org // nil: VCC does not show us its users
	access  *access
	subject string
	kind    string
}

func (c *checker) tell(f connector.Finding) {
	if c.unheard == nil {
		c.unheard = c.found(f)
	}
}

func (c *checker) say(mark connector.Mark, check, saw, cure string) {
	c.tell(connector.Finding{Mark: mark, Subject: c.subject, Type: c.kind, Check: check, Saw: saw, Cure: cure})
}

// right is a failure of our own rights.
func (c *checker) right(check, saw, cure string) {
	c.tell(connector.Finding{Mark: connector.Fail, Check: check, Saw: saw, Cure: cure, Rights: true})
}

func (c *checker) checkAccount(ctx context.Context) error {
	if err := c.wire.signIn(ctx); err != nil {
		return err
	}
	org, err := c.survey(ctx)
	if statusOf(err) == http.StatusForbidden {
		c.right("VCC scope users:read", saidOf(err), "give the API client the scopes users:read and users:write")
		return nil
	}
	if err != nil {
		return err
	}
	c.seen = org
	c.say(connector.Pass, "VCC token, API version 4 and scope users:read",
		fmt.Sprintf("%d users read, %d of them active", len(org.Accounts), org.Active), "")
	c.say(connector.NotChecked, "VCC scope users:write", "it can only be tried by writing", "")
	c.say(connector.NotChecked, "SCIM as a second writer",
		"no interface tells; when it is on, it makes and archives users too", "")
	return nil
}

// checkTemplate reads the template unless the run has one already.
func (c *checker) checkTemplate(ctx context.Context) error {
	err := c.needTemplate(ctx)
	var settings *config.Error
	switch {
	case errors.As(err, &settings):
		c.tell(connector.Finding{
			Mark: connector.Fail, Check: "template", Saw: settings.Text,
			Cure: "name an existing, active agent or supervisor under template:", Setting: true,
		})
		return nil
	case err != nil:
		return err
	}
	c.say(connector.Pass, "template", fmt.Sprintf("%s, %s", c.template.Username, c.template.kind()), "")
	return nil
}

func (c *checker) checkSalesforce(ctx context.Context) error {
	fields, err := c.org.Describe(ctx, "User")
	if sforce.IsStatus(err, http.StatusNotFound) || sforce.IsStatus(err, http.StatusBadRequest) {
		c.say(connector.NotChecked, "fields of User", "Salesforce does not describe User to us", "")
		return nil
	}
	if err != nil {
		return err
	}
	f, there := fields[policy.AgentField]
	switch {
	case !there:
		c.right(policy.AgentField, "not there for us",
			"install the VCC package, and give our user read and edit rights on the field")
	case !f.Updateable:
		c.right(policy.AgentField, "read-only for us", "give our user edit rights on the field")
	default:
		c.say(connector.Pass, policy.AgentField, "can be read and written", "")
	}
	for _, name := range []string{"Phone", "CallCenterId"} {
		if _, there := fields[name]; !there {
			c.right(name, "not there for us", "give our user read access to the field")
		} else {
			c.say(connector.Pass, name, "can be read", "")
		}
	}
	return nil
}

func (c *checker) checkLicences(context.Context) error {
	const check = "agent licences"
	most, used := c.settings.AgentLicences, c.seen.Agents
	switch {
	case most == nil:
		c.say(connector.NotChecked, check, fmt.Sprintf("%d in use; no interface tells how many there are: set agent_licences", used), "")
	case used >= *most && !c.settings.AllowOverages:
		c.say(connector.Warn, check, fmt.Sprintf("%d of %d in use", used, *most),
			"archive an agent, or buy more: no agent can be made now")
	default:
		c.say(connector.Pass, check, fmt.Sprintf("%d of %d in use", used, *most), "")
	}
	return nil
}

// checkPeople looks at each user of the roster, in its order.
func (c *checker) checkPeople(ctx context.Context, users iter.Seq[transform.User]) error {
	by, keys := "Id", []string{}
	for u := range users {
		by, keys = u.By, append(keys, u.Key)
	}
	if len(keys) == 0 {
		return nil
	}
	standings, ids := map[string][]transform.Standing{}, []string{}
	err := c.lookAt(ctx, c.seen, by, keys, func(s transform.Standing) error {
		standings[s.User.Key] = append(standings[s.User.Key], s)
		ids = append(ids, s.ID)
		return nil
	})
	if err != nil {
		return err
	}
	if c.access, err = c.readAccess(ctx, ids); err != nil {
		return err
	}
	if c.template != nil {
		c.kind = string(c.template.kind())
	}
	for _, key := range keys {
		c.subject = key
		c.checkPerson(transform.Choose(standings[key]))
	}
	return nil
}

func (c *checker) checkPerson(s transform.Standing) {
	if !s.Found() {
		c.say(connector.Fail, "Salesforce user", transform.Unfound(s, "Salesforce user").Reason, "correct the roster")
		return
	}
	p := c.seen.People[s.ID]
	for _, check := range []func(policy.Person){c.checkActive, c.checkPhone, c.checkCenter, c.checkID, c.checkMatch, c.checkPackageSet, c.checkCustomSet, c.checkTask} {
		check(p)
	}
}

func (c *checker) checkActive(p policy.Person) {
	if !p.Active {
		c.say(connector.Fail, "Salesforce user", "inactive", "activate the user")
		return
	}
	c.say(connector.Pass, "Salesforce user", "found, active", "")
}

func (c *checker) checkPhone(p policy.Person) {
	if p.Phone == "" {
		c.say(connector.Fail, "Phone", "blank", "fill Phone in Salesforce")
		return
	}
	c.say(connector.Pass, "Phone", p.Phone, "")
}

func (c *checker) checkCenter(p policy.Person) {
	switch {
	case p.CallCenter != "":
		c.say(connector.Pass, "Call Center", strings.Join(c.seen.Centers[p.CallCenter], " / "), "")
	case c.options().CenterOptional:
		c.say(connector.Warn, "Call Center", "none; call_center_required is false", "")
	default:
		c.say(connector.Fail, "Call Center", "none", "give the Salesforce user a call center")
	}
}

func (c *checker) checkID(p policy.Person) {
	const check = "agent ID"
	if c.template == nil || !c.template.kind().NeedsID() {
		return
	}
	switch others := c.seen.Others(p.AgentID, p.Username); {
	case p.AgentID == "" && c.settings.GenerateAgentIDs:
		c.say(connector.Warn, check, "blank; one will be generated", "")
	case p.AgentID == "":
		c.say(connector.Fail, check, "blank", "set it, or generate_agent_ids: true")
	case len(others) > 0:
		c.say(connector.Fail, check, fmt.Sprintf("%s is in use by %s in %s", p.AgentID, others[0].Username,
			others[0].System), "give one of them another agent ID")
	default:
		c.say(connector.Pass, check, p.AgentID, "")
	}
}

func (c *checker) checkMatch(p policy.Person) {
	const check = "VCC user"
	a, there := c.seen.AccountOf(p)
	switch {
	case !there:
		c.say(connector.Warn, check, "none; a load will make one", "")
	case !a.Active || p.AgentID != "" && policy.Canonical(a.AgentID) != policy.Canonical(p.AgentID):
		c.say(connector.Fail, check, a.String(),
			"the account is archived or belongs to another person: change one of the usernames")
	default:
		c.say(connector.Pass, check, a.String(), "")
	}
}

func (c *checker) checkPackageSet(p policy.Person) {
	label := cmp.Or(c.settings.Readiness.AgentSet, "ContactWorld Agent")
	if c.template != nil && c.template.kind() != policy.Agent {
		label = cmp.Or(c.settings.Readiness.SupervisorSet, "ContactWorld Supervisor")
	}
	c.checkSet(p.ID, label)
}

// checkSet looks for a permission set of the package.
func (c *checker) checkSet(id, label string) {
	check := "permission set " + label
	switch {
	case !c.access.readable:
		c.say(connector.NotChecked, check, "Salesforce does not show us permission sets", "")
	case !c.access.holds(id, func(s set) bool { return s.namespace == namespace && strings.EqualFold(s.label, label) }):
		c.say(connector.Warn, check, "not assigned", "assign it, or grant the same rights another way")
	default:
		c.say(connector.Pass, check, "assigned", "")
	}
}

func (c *checker) checkCustomSet(p policy.Person) {
	const check = "a set with Task fields"
	switch {
	case !c.access.readable:
		c.say(connector.NotChecked, check, "Salesforce does not show us permission sets", "")
	case !c.access.holds(p.ID, func(s set) bool { return s.namespace == "" && !s.ofProfile && len(s.fields) > 0 }):
		c.say(connector.Warn, check, "none of your own is assigned",
			"make a permission set with the Task fields and assign it, or grant them by profile")
	default:
		c.say(connector.Pass, check, "assigned", "")
	}
}

// checkTask compares the effective access over all sets and the profile with what the vendor asks for.
func (c *checker) checkTask(p policy.Person) {
	needed := c.settings.Readiness.TaskFields
	if len(needed) == 0 {
		needed = taskFields
	}
	for _, field := range slices.Sorted(maps.Keys(needed)) {
		check, needs := "Task."+field, needed[field]
		has, known := c.access.task(p.ID, field)
		switch {
		case !known:
			c.say(connector.NotChecked, check, "Salesforce does not show us this access", "")
		case has == edit || has == needs:
			c.say(connector.Pass, check, has, "")
		default:
			c.say(connector.Fail, check, fmt.Sprintf("has %s, needs %s", cmp.Or(has, "none"), needs),
				"grant "+needs+" access in a permission set")
		}
	}
}
