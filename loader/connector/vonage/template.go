package vonage

import (
	"context"
	"fmt"
	"maps"

	"rosterload/loader/config"
	policy "rosterload/transform/vonage"
)

// template is everything that new users share with the template user, read once a run and sealed with it.
type template struct {
	Username string            `json:"username"`
	Role     string            `json:"role"`
	AsAgent  bool              `json:"act_as_agent"`
	Account  object            `json:"user_account_configuration"` // less what is personal
	Agent    object            `json:"agent_configuration,omitempty"`
	Beside   bool              `json:"agent_configuration_stands_beside,omitempty"`
	Rights   map[string][]item `json:"rights"` // by the path of each right; one that VCC does not show is not there
}

func (t *template) kind() policy.Type { return policy.TypeOf(t.Role, t.AsAgent) }

// personal members are never copied from the template.
var personal = []string{
	"agentDisplayId", "associatedUsers", "chargeable", "locked", "ssoExternalId", "lastLoginTime",
	"userId", "agentConfiguration",
}

// personalPhone are those of the telephony address.
var personalPhone = []string{"telephoneAddress", "telephonyExtension", "selectedCallbackNumberId"}

// needTemplate reads the template unless it was restored with the run, or read before.
func (t *Target) needTemplate(ctx context.Context) error {
	if t.template != nil {
		return nil
	}
	read, err := t.readTemplate(ctx)
	if err != nil {
		return err
	}
	t.template = read
	return nil
}

// templateAsSeen is what the policy knows of the template; nothing while there is none.
func (t *Target) templateAsSeen() policy.Template {
	if t.template == nil {
		return policy.Template{}
	}
	return policy.Template{Username: t.template.Username, Type: t.template.kind()}
}

func (t *Target) readTemplate(ctx context.Context) (*template, error) {
	complain := func(format string, args ...any) error {
		return t.settings.Template.Complain("template %s: "+format, append([]any{t.templateName}, args...)...)
	}
	if t.templateName == "" {
		return nil, &config.Error{Text: "no template: name an existing VCC user under template:, or with --template"}
	}
	a, there, err := t.wire.byUsername(ctx, t.templateName)
	switch {
	case err != nil:
		return nil, fmt.Errorf("template: %w", err)
	case !there:
		return nil, complain("VCC knows no user of this name")
	case !a.Active:
		return nil, complain("the user is archived")
	case a.Type == policy.Other:
		return nil, complain("its role is %s; only an Agent or a Supervisor can be a template", a.role)
	case a.Type.NeedsID() && a.agent == nil:
		return nil, complain("VCC shows no agentConfiguration of this %s", a.Type)
	}
	read := &template{
		Username: a.Username, Role: a.role, AsAgent: a.config.text("actAsAgent") == "true",
		Account: without(a.config, personal), Beside: a.beside,
	}
	if a.agent != nil {
		read.Agent = without(a.agent, personal)
		if phone := a.agent.object("telephonyAddress"); phone != nil {
			read.Agent.set("telephonyAddress", without(phone, personalPhone))
		}
	}
	read.Rights, err = t.wire.rightsOf(ctx, a.UserID)
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	return read, nil
}

// without is a copy that lacks some members.
func without(o object, names []string) object {
	rest := maps.Clone(o)
	for _, n := range names {
		delete(rest, n)
	}
	return rest
}
