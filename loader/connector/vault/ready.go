package vault

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"rosterload/loader/connector"
	"rosterload/transform"
)

// KeepAlive tells the Vault that its session is still needed: Engage may need it until it has answered.
func (t *Target) KeepAlive(ctx context.Context) error {
	_, err := ask[envelope](ctx, t.wire, call{method: http.MethodPost, path: "keep-alive", again: true})
	return err
}

// me asks who we are. It is the first call with a session, and so the proof that the API may be used.
func (w *wire) me(ctx context.Context) (who, error) {
	type answer struct {
		envelope
		Users []struct {
			User who `json:"user"`
		} `json:"users"`
	}
	a, err := ask[answer](ctx, w, call{method: http.MethodGet, path: "objects/users/me", again: true})
	if err != nil || len(a.Users) == 0 {
		return who{}, err
	}
	return a.Users[0].User, nil
}

type who struct {
	Name    string `json:"user_name__v"`
	Active  *bool  `json:"active__v"`
	Profile string `json:"security_profile__v"`
}

// fieldInfo is what metadata say of a field to us.
type fieldInfo struct {
	Name      string `json:"name"`
	Editable  *bool  `json:"editable"` // for the calling user
	Required  bool   `json:"required"`
	MaxLength int    `json:"max_length"`
}

func (w *wire) field(ctx context.Context, name string) (fieldInfo, error) {
	type answer struct {
		envelope
		Field fieldInfo `json:"field"`
	}
	a, err := ask[answer](ctx, w,
		call{method: http.MethodGet, path: "metadata/vobjects/" + object + "/fields/" + name, again: true})
	return a.Field, err
}

// Ready asks everything that can be known before a load. What the Vault does not let us ask is "not checked", never a
// failure.
func (t *Target) Ready(ctx context.Context, _ iter.Seq[transform.User], found func(connector.Finding) error) error {
	return connector.SideBySide(t.checkVersion, t.checkWho, t.checkField(requestField), t.checkField(statusField),
		t.checkRights).Tell(ctx, found)
}

// asked turns Vault's plain no into a finding; an org that cannot be reached stays an error.
func asked(check string, err error) ([]connector.Finding, error) {
	if !isType(err, "INSUFFICIENT_ACCESS", "MALFORMED_URL",
		"METHOD_NOT_SUPPORTED", "INVALID_DATA", "INVALID_FILTER", "OPERATION_NOT_ALLOWED", "ATTRIBUTE_NOT_SUPPORTED") {
		return nil, err
	}
	return []connector.Finding{{
		Mark: connector.NotChecked, Check: check,
		Saw: "the Vault does not let us ask: " + err.Error(),
	}}, nil
}

func (t *Target) checkVersion(ctx context.Context) ([]connector.Finding, error) {
	const check = "API version"
	type answer struct {
		envelope
		Values map[string]string `json:"values"`
	}
	a, err := ask[answer](ctx, t.wire, call{method: http.MethodGet, path: "/api/", again: true})
	if err != nil {
		return asked(check, err)
	}
	if _, served := a.Values[t.wire.version]; !served && len(a.Values) > 0 {
		return []connector.Finding{{
			Mark: connector.Fail, Check: check, Saw: t.wire.version + " is not served",
			Cure: "set api_version to one of the Vault's",
		}}, nil
	}
	return []connector.Finding{{Mark: connector.Pass, Check: check, Saw: t.wire.version + " is served"}}, nil
}

func (t *Target) checkWho(ctx context.Context) ([]connector.Finding, error) {
	const check = "user"
	me := t.who
	if me.Name == "" { // Org has asked already, as a rule
		var err error
		if me, err = t.wire.me(ctx); err != nil {
			return asked(check, err)
		}
	}
	f := connector.Finding{Mark: connector.Pass, Check: check, Saw: strings.TrimSpace(me.Name + " " + me.Profile)}
	switch {
	case me.Active != nil && !*me.Active:
		f.Mark, f.Rights, f.Saw, f.Cure = connector.Fail, true, me.Name+" is inactive",
			"activate the user, or sign in as another"
	case me.Profile != "" && !strings.Contains(me.Profile, "admin") && !strings.Contains(me.Profile, "owner"):
		f.Mark, f.Saw, f.Cure = connector.Warn, me.Name+" has the profile "+me.Profile+
			"; Engage wants an active business admin", "sign in as a business admin"
	}
	return []connector.Finding{f}, nil
}

// checkField looks at a field that we write.
func (t *Target) checkField(name string) connector.Check {
	return func(ctx context.Context) ([]connector.Finding, error) {
		ask := func(ctx context.Context) (fieldInfo, error) { return t.wire.field(ctx, name) }
		if name == requestField {
			ask = t.describe
		}
		f, err := ask(ctx)
		if err != nil {
			return asked(name, err)
		}
		return []connector.Finding{t.fieldFinding(name, f)}, nil
	}
}

// describe asks once for what the request field is like.
func (t *Target) describe(ctx context.Context) (fieldInfo, error) {
	t.describing.Lock()
	defer t.describing.Unlock()
	if t.request == nil {
		f, err := t.wire.field(ctx, requestField)
		if err != nil {
			return fieldInfo{}, err
		}
		t.request = &f
	}
	return *t.request, nil
}

func (t *Target) fieldFinding(name string, f fieldInfo) connector.Finding {
	longest := 0
	for _, g := range t.settings.Groups {
		longest = max(longest, len([]rune(g)))
	}
	isRequest := name == requestField
	switch {
	case f.Editable != nil && !*f.Editable && isRequest:
		return connector.Finding{
			Mark: connector.Fail, Rights: true, Check: name, Saw: "read-only for us",
			Cure: "give the user edit access to the field",
		}
	case f.Editable != nil && !*f.Editable:
		return connector.Finding{
			Mark: connector.Warn, Check: name, Saw: "read-only for us: no retry is possible",
			Cure: "give the user edit access to the field",
		}
	case isRequest && f.Required:
		return connector.Finding{
			Mark: connector.Fail, Rights: true, Check: name,
			Saw: "it must not be empty, so no user could be removed", Cure: "make the field optional",
		}
	case isRequest && f.MaxLength > 0 && longest > f.MaxLength:
		return connector.Finding{
			Mark: connector.Fail, Rights: true, Check: name,
			Saw:  fmt.Sprintf("holds %d characters, a name under groups: has %d", f.MaxLength, longest),
			Cure: "shorten the group's name",
		}
	}
	return connector.Finding{Mark: connector.Pass, Check: name, Saw: "editable"}
}

func (t *Target) checkRights(ctx context.Context) ([]connector.Finding, error) {
	const check = "edit right on " + object
	type answer struct {
		envelope
		Data []struct {
			Permissions map[string]bool `json:"permissions"`
		} `json:"data"`
	}
	path := "objects/users/me/permissions?filter=" + url.QueryEscape("name__v::object."+object+".object_actions")
	a, err := ask[answer](ctx, t.wire, call{method: http.MethodGet, path: path, again: true})
	if err != nil {
		return asked(check, err)
	}
	if len(a.Data) == 0 {
		return []connector.Finding{{Mark: connector.NotChecked, Check: check, Saw: "the Vault does not say"}}, nil
	}
	if edit, said := a.Data[0].Permissions["edit"]; said && !edit {
		return []connector.Finding{{
			Mark: connector.Fail, Rights: true, Check: check, Saw: "not granted",
			Cure: "give it in the user's permission set",
		}}, nil
	}
	return []connector.Finding{{Mark: connector.Pass, Check: check, Saw: "granted"}}, nil
}
