package vault

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/connector/targettest"
)

func ready(t *testing.T, target *Target) (map[string]connector.Finding, error) {
	t.Helper()
	all := map[string]connector.Finding{}
	return all, target.Ready(t.Context(), nil, func(f connector.Finding) error {
		all[f.Check] = f
		return nil
	})
}

func TestACalmVaultPassesEveryCheck(t *testing.T) {
	o := newOrg(t, nil)
	all, err := ready(t, o.target(""))
	if err != nil || len(all) != 5 {
		t.Fatalf("%d findings, %v", len(all), err)
	}
	for check, f := range all {
		if f.Mark != connector.Pass {
			t.Errorf("%s: %+v", check, f)
		}
	}
	for _, name := range o.saw("") {
		if !strings.HasPrefix(name, "GET ") && !strings.HasPrefix(name, "POST /auth") {
			t.Errorf("a check sends %s", name)
		}
	}
}

func TestChecksAndALookBesideThemAskNothingTwice(t *testing.T) {
	o := peopled(t, rows(1, "", ann))
	target := o.target("")
	if _, err := target.Org(t.Context()); err != nil {
		t.Fatal(err)
	}
	var both sync.WaitGroup
	both.Go(func() {
		if all, err := ready(t, target); err != nil || len(all) != 5 {
			t.Errorf("%d findings, %v", len(all), err)
		}
	})
	both.Go(func() {
		if got, err := look(t, target, targettest.Users("Id", "11")); err != nil || len(got) != 1 {
			t.Errorf("%q, %v", got, err)
		}
	})
	both.Wait()
	asked := o.saw("GET ")
	slices.Sort(asked)
	if len(slices.Compact(slices.Clone(asked))) != len(asked) || len(asked) != 5 {
		t.Errorf("asked %q", asked)
	}
}

func TestWhatACheckSees(t *testing.T) {
	const (
		versions = "GET /api/"
		who      = "GET /objects/users/me"
		rights   = "GET /objects/users/me/permissions"
		fields   = "GET /metadata/vobjects/user__sys/fields/"
	)
	field := func(text string) http.HandlerFunc { return says(`{"responseStatus":"SUCCESS","field":{` + text + `}}`) }
	me := func(text string) http.HandlerFunc {
		return says(`{"responseStatus":"SUCCESS","users":[{"user":{"user_name__v":"admin@acme.example",` + text + `}}]}`)
	}
	for name, c := range map[string]struct {
		at       string
		answer   http.HandlerFunc
		settings string
		check    string
		mark     connector.Mark
		rights   bool
		saw      string
	}{
		"a version that is not served":             {versions, says(`{"responseStatus":"SUCCESS","values":{"v25.1":"x"}}`), "", "API version", connector.Fail, false, "v26.2 is not served"},
		"versions that are not ours to ask":        {versions, fails("INSUFFICIENT_ACCESS", "no"), "", "API version", connector.NotChecked, false, "does not let us ask"},
		"a user who is inactive":                   {who, me(`"active__v":false`), "", "user", connector.Fail, true, "inactive"},
		"a user who is no admin":                   {who, me(`"active__v":true,"security_profile__v":"sales__v"`), "", "user", connector.Warn, false, "business admin"},
		"a request field that is read only":        {fields + requestField, field(`"editable":false`), "", requestField, connector.Fail, true, "read-only"},
		"a request field that must not be empty":   {fields + requestField, field(`"required":true`), "", requestField, connector.Fail, true, "must not be empty"},
		"a request field too short for our groups": {fields + requestField, field(`"max_length":6`), "    groups: [Cardio East]\n", requestField, connector.Fail, true, "holds 6 characters"},
		"a request field that is hidden":           {fields + requestField, fails("INVALID_DATA", "no such field"), "", requestField, connector.NotChecked, false, "does not let us ask"},
		"a status that is read only":               {fields + statusField, field(`"editable":false`), "", statusField, connector.Warn, false, "no retry"},
		"no edit right":                            {rights, says(`{"responseStatus":"SUCCESS","data":[{"permissions":{"edit":false}}]}`), "", "edit right on user__sys", connector.Fail, true, "not granted"},
		"rights that the Vault does not tell":      {rights, says(`{"responseStatus":"SUCCESS","data":[]}`), "", "edit right on user__sys", connector.NotChecked, false, "does not say"},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := ready(t, newOrg(t, map[string]http.HandlerFunc{c.at: c.answer}).target(c.settings))
			f := all[c.check]
			if err != nil || f.Mark != c.mark || f.Rights != c.rights || !strings.Contains(f.Saw, c.saw) {
				t.Errorf("%+v, %v", f, err)
			}
			if (f.Mark == connector.Fail || f.Mark == connector.Warn) && f.Cure == "" {
				t.Errorf("no cure: %+v", f)
			}
		})
	}
}

func TestTroubleOfTheWireIsNoFinding(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a web page":       says("<html></html>"),
		"an outage":        status(503),
		"an exception":     says(`{"responseStatus":"EXCEPTION","errors":[{"type":"UNEXPECTED_ERROR"}]}`),
		"another envelope": says(`{}`),
	} {
		o := newOrg(t, map[string]http.HandlerFunc{"GET /objects/users/me/permissions": answer})
		if _, err := ready(t, o.target("    retry_for: 1ms\n")); !errors.Is(err, connector.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var (
	_ connector.Retrier    = (*Target)(nil)
	_ connector.KeepAliver = (*Target)(nil)
)
