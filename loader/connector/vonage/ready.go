package vonage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
)

// Package permission sets of Vonage Contact Center are found by namespace and label. Source: Vonage, "Setting up VCC users in Salesforce".
const namespace = "NVMContactWorld"

const (
	read = "read"
	edit = "edit"
)

// taskFields are the fields of Task that every VCC user needs, and how. Source: the same page.
var taskFields = map[string]string{
	"WhoId": edit, "WhatId": edit, "CallObject": read, "CallType": read, "CallDurationInSeconds": read, "Description": edit,
	"Type": edit, "Status": edit, "ReminderDateTime": edit, "OwnerId": edit, "Subject": edit, "ActivityDate": edit,
}

// Ready looks at the account, at Salesforce, at the API user, and at each user of a roster. What cannot be read is never a pass.
func (t *Target) Ready(ctx context.Context, users iter.Seq[transform.User], found func(connector.Finding) error) error {
	c := &checker{Target: t, found: found}
	for _, look := range []func(context.Context) error{c.checkAccount, c.checkTemplate, c.checkSalesforce, c.checkLicences, c.checkAPIUser} {
		if err := look(ctx); err != nil {
			return err
		}
	}
	if users == nil {
		return nil
	}
	return c.checkPeople(ctx, users)
}

// InspectsPeople says that Ready goes through every user of the roster itself.
func (*Target) InspectsPeople() {}

// checker says each finding as it is made.
type checker struct {
	*Target
	found   func(connector.Finding) error
	rights  *rightsOf
	subject string
	kind    string
}

func (c *checker) say(mark connector.Mark, check, saw, cure string) error {
	return c.found(connector.Finding{Mark: mark, Subject: c.subject, Type: c.kind, Check: check, Saw: saw, Cure: cure})
}

func (c *checker) right(check, saw, cure string) error {
	return c.found(connector.Finding{Mark: connector.Fail, Check: check, Saw: saw, Cure: cure, Rights: true})
}

func (c *checker) checkAccount(ctx context.Context) error {
	if err := c.wire.signIn(ctx); err != nil {
		return err
	}
	if err := c.survey(ctx); err != nil {
		if statusOf(err) == 403 {
			return c.right("VCC scope users:read", saidOf(err), "give the API client the scopes users:read and users:write")
		}
		return err
	}
	for _, f := range []struct {
		mark       connector.Mark
		check, saw string
	}{
		{connector.Pass, "VCC token, API version 4 and scope users:read", fmt.Sprintf("%d users read, %d of them active", len(c.world.accounts), c.world.active)},
		{connector.NotChecked, "VCC scope users:write", "it can only be tried by writing"},
		{connector.NotChecked, "SCIM as a second writer", "no interface tells; when it is on, it makes and archives users too"},
	} {
		if err := c.say(f.mark, f.check, f.saw, ""); err != nil {
			return err
		}
	}
	return nil
}

// checkTemplate reads the template unless the run has one already.
func (c *checker) checkTemplate(ctx context.Context) error {
	if c.template == nil {
		read, err := c.readTemplate(ctx)
		var settings *config.Error
		if errors.As(err, &settings) {
			return c.say(connector.Fail, "template", settings.Text, "name an existing, active agent or supervisor under template:")
		}
		if err != nil {
			return err
		}
		c.template = read
	}
	return c.say(connector.Pass, "template", fmt.Sprintf("%s, %s", c.template.Username, c.template.kind()), "")
}

func (c *checker) checkSalesforce(ctx context.Context) error {
	fields, err := c.org.Describe(ctx, "User")
	if err != nil {
		if sforce.IsStatus(err, 404) || sforce.IsStatus(err, 400) {
			return c.say(connector.NotChecked, "fields of User", "Salesforce does not describe User to us", "")
		}
		return err
	}
	f, there := fields[agentField]
	switch {
	case !there:
		err = c.right(agentField, "not there for us", "install the VCC package, and give our user read and edit rights on the field")
	case !f.Updateable:
		err = c.right(agentField, "read-only for us", "give our user edit rights on the field")
	default:
		err = c.say(connector.Pass, agentField, "can be read and written", "")
	}
	if err != nil {
		return err
	}
	for _, name := range []string{"Phone", "CallCenterId"} {
		if _, there := fields[name]; !there {
			err = c.right(name, "not there for us", "give our user read access to the field")
		} else {
			err = c.say(connector.Pass, name, "can be read", "")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) checkLicences(context.Context) error {
	const check = "agent licences"
	if c.settings.AgentLicences == nil {
		return c.say(connector.NotChecked, check, fmt.Sprintf("%d in use; no interface tells how many there are: set agent_licences", c.world.agents), "")
	}
	saw := fmt.Sprintf("%d of %d in use", c.world.agents, *c.settings.AgentLicences)
	if c.world.agents >= *c.settings.AgentLicences && !c.settings.AllowOverages {
		return c.say(connector.Warn, check, saw, "archive somebody, or buy more: no agent can be made now")
	}
	return c.say(connector.Pass, check, saw, "")
}

// checkPeople looks at each user of the roster, in its order.
func (c *checker) checkPeople(ctx context.Context, users iter.Seq[transform.User]) error {
	standings := map[string][]transform.Standing{}
	if err := c.Look(ctx, users, func(s transform.Standing) error {
		standings[s.User.Key] = append(standings[s.User.Key], s)
		return nil
	}); err != nil {
		return err
	}
	var ids []string
	for _, all := range standings {
		for _, s := range all {
			ids = append(ids, s.ID)
		}
	}
	var err error
	if c.rights, err = c.readRights(ctx, ids); err != nil {
		return err
	}
	for u := range users {
		c.subject, c.kind = u.Key, c.typeWanted()
		if err := c.checkPerson(transform.Choose(standings[u.Key])); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) typeWanted() string {
	if c.template == nil {
		return ""
	}
	return string(c.template.kind())
}

func (c *checker) checkPerson(s transform.Standing) error {
	if !s.Found() {
		v := nobody(s)
		return c.say(connector.Fail, "Salesforce user", v.Reason, "correct the roster")
	}
	p := c.people[s.ID]
	for _, look := range []func(person) error{c.checkActive, c.checkPhone, c.checkCenter, c.checkID, c.checkMatch, c.checkPackageSet, c.checkCustomSet, c.checkTask} {
		if err := look(p); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) checkActive(p person) error {
	if !p.Active {
		return c.say(connector.Fail, "Salesforce user", "inactive", "activate the user")
	}
	return c.say(connector.Pass, "Salesforce user", "found, active", "")
}

func (c *checker) checkPhone(p person) error {
	if p.Phone == "" {
		return c.say(connector.Fail, "Phone", "blank", "fill Phone in Salesforce")
	}
	return c.say(connector.Pass, "Phone", p.Phone, "")
}

func (c *checker) checkCenter(p person) error {
	switch required := c.settings.CallCenterRequired == nil || *c.settings.CallCenterRequired; {
	case p.CallCenter == "" && required:
		return c.say(connector.Fail, "Call Center", "none", "give the Salesforce user a call center")
	case p.CallCenter == "":
		return c.say(connector.Warn, "Call Center", "none; call_center_required is false", "")
	}
	return c.say(connector.Pass, "Call Center", strings.Join(c.world.centers[p.CallCenter], " / "), "")
}

func (c *checker) checkID(p person) error {
	const check = "agent ID"
	if c.template == nil || !c.template.kind().needsID() {
		return nil
	}
	switch others := c.world.others(p.AgentID, p); {
	case p.AgentID == "" && c.settings.GenerateAgentIDs:
		return c.say(connector.Warn, check, "blank; one will be generated", "")
	case p.AgentID == "":
		return c.say(connector.Fail, check, "blank", "set it, or generate_agent_ids: true")
	case len(others) > 0:
		return c.say(connector.Fail, check, fmt.Sprintf("%s is in use by %s in %s", p.AgentID, others[0].username, others[0].system), "give one of them another agent ID")
	}
	return c.say(connector.Pass, check, p.AgentID, "")
}

func (c *checker) checkMatch(p person) error {
	const check = "VCC user"
	a, there := c.world.accounts[strings.ToLower(p.Username)]
	switch {
	case !there:
		return c.say(connector.Warn, check, "none; a load will make one", "")
	case !a.Active || p.AgentID != "" && canonical(a.AgentID) != canonical(p.AgentID):
		return c.say(connector.Fail, check, a.standing(), "the username belongs to somebody else, or to somebody archived: change one of them")
	}
	return c.say(connector.Pass, check, a.standing(), "")
}

func (c *checker) checkPackageSet(p person) error {
	label := cmp.Or(c.settings.Readiness.AgentSet, "ContactWorld Agent")
	if c.template != nil && c.template.Role == "Supervisor" {
		label = cmp.Or(c.settings.Readiness.SupervisorSet, "ContactWorld Supervisor")
	}
	return c.checkSet(p.ID, label)
}

func (c *checker) checkSet(id, label string) error {
	check := "permission set " + label
	switch {
	case !c.rights.readable:
		return c.say(connector.NotChecked, check, "Salesforce does not show us permission sets", "")
	case !c.rights.holds(id, func(s set) bool { return s.namespace == namespace && strings.EqualFold(s.label, label) }):
		return c.say(connector.Warn, check, "not assigned", "assign it, or grant the same rights another way")
	}
	return c.say(connector.Pass, check, "assigned", "")
}

func (c *checker) checkCustomSet(p person) error {
	const check = "a set with Task fields"
	switch {
	case !c.rights.readable:
		return c.say(connector.NotChecked, check, "Salesforce does not show us permission sets", "")
	case !c.rights.holds(p.ID, func(s set) bool { return s.namespace == "" && !s.ofProfile && len(s.fields) > 0 }):
		return c.say(connector.Warn, check, "none of your own is assigned", "make a permission set with the Task fields and assign it, or grant them by profile")
	}
	return c.say(connector.Pass, check, "assigned", "")
}

// checkTask compares the effective access over all sets and the profile with what the vendor asks for.
func (c *checker) checkTask(p person) error {
	wanted := c.settings.Readiness.TaskFields
	if len(wanted) == 0 {
		wanted = taskFields
	}
	for _, field := range slices.Sorted(maps.Keys(wanted)) {
		check, want := "Task."+field, wanted[field]
		have, known := c.rights.task(p.ID, field)
		var err error
		switch {
		case !known:
			err = c.say(connector.NotChecked, check, "Salesforce does not show us this access", "")
		case have == edit || have == want:
			err = c.say(connector.Pass, check, have, "")
		default:
			err = c.say(connector.Fail, check, fmt.Sprintf("has %s, needs %s", cmp.Or(have, "none"), want), "grant "+want+" access in a permission set")
		}
		if err != nil {
			return err
		}
	}
	return nil
}
