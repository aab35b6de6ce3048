package salesforce

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
)

// Ready asks the org everything that can be known before a load. What it does not let us ask is "not checked", never a
// failure. The checks are calls that need nothing of each other and go out side by side; their findings come in one
// order.
func (t *Target) Ready(ctx context.Context, _ iter.Seq[transform.User], found func(connector.Finding) error) error {
	who, err := t.checkWho(ctx) // first: the others compare with who we are
	before := t.wire.Day()
	return connector.SideBySide(
		t.checkVersion,
		func(context.Context) ([]connector.Finding, error) { return who, err },
		connector.OneByOne(
			connector.SideBySide(t.checkFields, t.checkRights),
			func(ctx context.Context) ([]connector.Finding, error) { return t.checkCalls(ctx, before) }),
		t.checkNeighbours,
	).Tell(ctx, found)
}

// asked turns what an org does not let us ask into a finding; an org that cannot be reached stays an error.
func asked(check string, err error) ([]connector.Finding, error) {
	if !isAnswer(err) {
		return nil, err
	}
	return []connector.Finding{{
		Mark: connector.NotChecked, Check: check,
		Saw: "the org does not let us ask: " + err.Error(),
	}}, nil
}

// isAnswer: a day without calls left is no answer to what was asked.
func isAnswer(err error) bool {
	answered := sforce.IsStatus(err, 400) || sforce.IsStatus(err, 403) || sforce.IsStatus(err, 404)
	return answered && !sforce.IsCode(err, "REQUEST_LIMIT_EXCEEDED")
}

// checkVersion asks for the org's versions only while none of its answers has shown that ours is one of them.
func (t *Target) checkVersion(ctx context.Context) ([]connector.Finding, error) {
	const check = "API version"
	served := []connector.Finding{{Mark: connector.Pass, Check: check, Saw: t.wire.Version() + " is served"}}
	if t.wire.Served() {
		return served, nil
	}
	versions, err := t.wire.Versions(ctx)
	if err != nil {
		return asked(check, err)
	}
	mine := strings.TrimPrefix(t.wire.Version(), "v")
	if len(versions) > 0 && !slices.Contains(versions, mine) {
		return []connector.Finding{{
			Mark: connector.Fail, Check: check,
			Saw: t.wire.Version() + " is not served; the org serves " + versions[0] + " to " +
				versions[len(versions)-1],
			Cure: "set api_version: v" + versions[len(versions)-1],
		}}, nil
	}
	return served, nil
}

func (t *Target) checkWho(ctx context.Context) ([]connector.Finding, error) {
	const check = "user"
	if t.who.UserID == "" { // Org has asked already, as a rule
		who, err := t.wire.Whoami(ctx)
		if err != nil {
			return asked(check, err)
		}
		t.who = who
	}
	var all []connector.Finding
	switch who := t.who; {
	case who.Active != nil && !*who.Active:
		all = append(all, connector.Finding{
			Mark: connector.Fail, Rights: true, Check: check,
			Saw: who.Username + " is inactive", Cure: "activate the user, or sign in as another",
		})
	case who.Integration, slices.Contains([]string{"AutomatedProcess", "CloudIntegrationUser"}, who.UserType):
		all = append(all, connector.Finding{
			Mark: connector.Warn, Check: check,
			Saw:  who.Username + " is an integration user; Veeva wants an active, valid admin with a session",
			Cure: "sign in as an ordinary admin user",
		})
	default:
		all = append(all, connector.Finding{
			Mark: connector.Pass, Check: check,
			Saw: who.Username + " (" + orUnknown(who.UserType) + ")",
		})
	}
	if t.wire.LooksLikeJWT(ctx) {
		all = append(all, connector.Finding{
			Mark: connector.Warn, Check: "session",
			Saw:  "the token is a JWT and no session id: triggers that need a session will fail",
			Cure: "switch JWT-based access tokens off in the app",
		})
	}
	return all, nil
}

func orUnknown(text string) string {
	if text == "" {
		return "type unknown"
	}
	return text
}

// checkFields looks at the five fields. The request must be ours to write, status and group ours to read; the vendor
// wants edit rights on all of them, because the answers come back in our name.
func (t *Target) checkFields(ctx context.Context) ([]connector.Finding, error) {
	fields, err := t.describe(ctx)
	if err != nil {
		return asked("fields of User", err)
	}
	all := []connector.Finding{t.checkRequest(fields)}
	for _, name := range []string{groupField, statusField} {
		f, there := fields[name]
		switch {
		case !there:
			all = append(all, connector.Finding{
				Mark: connector.Fail, Rights: true, Check: name,
				Saw: "not there, or not ours to read", Cure: "give the user read and edit access to the field",
			})
		case !f.Updateable:
			all = append(all, noEdit(name))
		default:
			all = append(all, connector.Finding{Mark: connector.Pass, Check: name, Saw: "readable and editable"})
		}
	}
	for _, name := range hostFields {
		if f, there := fields[name]; there && f.Updateable {
			all = append(all, connector.Finding{Mark: connector.Pass, Check: name, Saw: "editable"})
		} else {
			all = append(all, noEdit(name))
		}
	}
	return all, nil
}

// hostFields are looked up in describe and never read: one of them is a credential.
var hostFields = []string{hostIDField, hostToken}

func noEdit(name string) connector.Finding {
	return connector.Finding{
		Mark: connector.Warn, Check: name,
		Saw:  "no edit right: Veeva asks for it, and without it this field may not come back filled",
		Cure: "give the user edit access to the field",
	}
}

func (t *Target) checkRequest(fields map[string]sforce.Field) connector.Finding {
	f, there := fields[requestField]
	bad := func(saw, cure string) connector.Finding {
		return connector.Finding{Mark: connector.Fail, Rights: true, Check: requestField, Saw: saw, Cure: cure}
	}
	longest := 0
	for _, g := range t.settings.Groups {
		longest = max(longest, len([]rune(g)))
	}
	switch {
	case !there:
		return bad("not there, or not ours to read",
			"set up Engage group management, and give the user read and edit access to the field")
	case !f.Updateable:
		return bad("read-only for us", "give the user edit access to the field")
	case !f.Nillable:
		return bad("it must not be empty, so no user could be removed", "make the field optional")
	case f.Length > 0 && longest > f.Length:
		return bad(fmt.Sprintf("holds %d characters, a name under groups: has %d", f.Length, longest),
			"shorten the group's name")
	}
	return connector.Finding{
		Mark: connector.Pass, Check: requestField,
		Saw: fmt.Sprintf("readable, editable, may be empty, %d characters", f.Length),
	}
}

// right is a permission.
type right struct {
	field, label string
	mark         connector.Mark
	without      string
}

// rights are the permissions a load needs, as UserPermissionAccess names them.
var rights = []right{
	{"PermissionsApiEnabled", "API Enabled", connector.Fail, "nothing can be sent"},
	{"PermissionsManageInternalUsers", "Manage Internal Users", connector.Fail, "users cannot be changed"},
	{"PermissionsViewAllUsers", "View All Users", connector.Warn, "people may come out as not found"},
}

// checkRights asks for all permissions at once, and where the org refuses that for each alone: one that its edition
// lacks must not hide the others.
func (t *Target) checkRights(ctx context.Context) ([]connector.Finding, error) {
	var fields []string
	for _, r := range rights {
		fields = append(fields, r.field)
	}
	all, err := t.granted(ctx, fields...)
	alone := isAnswer(err)
	if err != nil && !alone {
		return nil, err
	}
	var findings []connector.Finding
	for i, r := range rights {
		has := ""
		if !alone {
			has = all[i]
		} else if one, err := t.granted(ctx, r.field); err == nil {
			has = one[0]
		} else {
			f, err := asked(r.label, err)
			if err != nil {
				return nil, err
			}
			findings = append(findings, f...)
			continue
		}
		findings = append(findings, r.finding(has))
	}
	return findings, nil
}

// granted asks for permissions of ours: "true", "false", or "" where the org does not say.
func (t *Target) granted(ctx context.Context, fields ...string) ([]string, error) {
	has := make([]string, len(fields))
	err := t.wire.Query(ctx, fields, "SELECT "+strings.Join(fields, ",")+" FROM UserPermissionAccess",
		func(row []string) error {
			copy(has, row)
			return nil
		})
	return has, err
}

func (r right) finding(has string) connector.Finding {
	switch has {
	case "":
		return connector.Finding{Mark: connector.NotChecked, Check: r.label, Saw: "the org does not say"}
	case "true":
		return connector.Finding{Mark: connector.Pass, Check: r.label, Saw: "granted"}
	}
	return connector.Finding{
		Mark: r.mark, Rights: r.mark == connector.Fail, Check: r.label,
		Saw: "not granted: " + r.without, Cure: "add it to the user's profile or a permission set",
	}
}

// checkCalls takes the org's day from an answer that came behind the one named, and asks for it where none said it.
func (t *Target) checkCalls(ctx context.Context, behind *sforce.APILimit) ([]connector.Finding, error) {
	const check = "API calls left today"
	day := t.wire.Day()
	if day == nil || day == behind || day.Max == 0 {
		asks, err := t.wire.DailyCalls(ctx)
		if err != nil {
			return asked(check, err)
		}
		day = &asks
	}
	left := max(0, day.Remaining)
	f := connector.Finding{Mark: connector.Pass, Check: check, Saw: fmt.Sprintf("%d of %d", left, day.Max)}
	switch least := t.settings.MinAPICallsLeft; {
	case day.Max == 0:
		f.Mark, f.Saw = connector.NotChecked, "the org does not say"
	case left < least:
		f.Mark, f.Cure = connector.Fail, fmt.Sprintf("min_api_calls_left is %d: wait until tomorrow", least)
	case left < 100:
		f.Mark, f.Cure = connector.Warn, "a load may not come to its end today"
	}
	return []connector.Finding{f}, nil
}

// checkNeighbours warns of ingest jobs of others on the same object: they could undo what we load.
func (t *Target) checkNeighbours(ctx context.Context) ([]connector.Finding, error) {
	const check = "other jobs on User"
	jobs, err := t.wire.Jobs(ctx, object)
	if err != nil {
		return asked(check, err)
	}
	var names []string
	for _, j := range jobs {
		if !t.isMe(j.CreatedBy) || j.State != "Open" {
			names = append(names, fmt.Sprintf("%s (%s, by %s)", j.ID, j.State, j.CreatedBy))
		}
	}
	if len(names) == 0 {
		return []connector.Finding{{Mark: connector.Pass, Check: check, Saw: "none unfinished"}}, nil
	}
	return []connector.Finding{{
		Mark: connector.Warn, Check: check, Saw: "unfinished: " + strings.Join(names, ", "),
		Cure: "let them end first, if they touch the same people",
	}}, nil
}
