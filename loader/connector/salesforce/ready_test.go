package salesforce

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
)

func ready(t *testing.T, s *Target) (map[string]connector.Finding, error) {
	t.Helper()
	all := map[string]connector.Finding{}
	return all, s.Ready(t.Context(), nil, func(f connector.Finding) error {
		all[f.Check] = f
		return nil
	})
}

func TestACalmOrgPassesEveryCheck(t *testing.T) {
	o := newOrg(t, nil)
	s := o.target("")
	all, err := ready(t, s)
	if err != nil || len(all) != 12 {
		t.Fatalf("%d findings, %v", len(all), err)
	}
	for check, f := range all {
		if f.Mark != connector.Pass {
			t.Errorf("%s: %+v", check, f)
		}
	}
	for _, name := range o.seen {
		if !strings.HasPrefix(name, "GET ") {
			t.Errorf("a check sends %s", name)
		}
	}
	if org, err := s.Org(t.Context()); err != nil || org != (connector.Org{ID: "00D5f000000AbCdEAK", Name: "Acme", Sandbox: true, As: "loader@acme.example"}) {
		t.Errorf("%+v, %v", org, err)
	}
}

// What checks and look both need is one call, also where the org says no; trouble of the wire is no answer to keep.
func TestUserIsDescribedOnceForTheChecksAndTheLookBesideThem(t *testing.T) {
	const describe = "GET /sobjects/User/describe"
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		length int
		mark   connector.Mark
	}{
		"shown":     {calm()[describe], 80, connector.Pass},
		"not shown": {fails(403, "INSUFFICIENT_ACCESS", "no"), 0, connector.NotChecked},
	} {
		t.Run(name, func(t *testing.T) {
			o := peopled(t, func(string) {})
			o.answers[describe] = c.answer
			s := o.target("")
			var both sync.WaitGroup
			both.Go(func() {
				all, err := ready(t, s)
				f, told := all["fields of User"]
				if !told {
					f = all[requestField]
				}
				if err != nil || f.Mark != c.mark {
					t.Errorf("%+v, %v", f, err)
				}
			})
			both.Go(func() {
				if _, err := s.Look(t.Context(), users("Id", ann), func(transform.Standing) error { return nil }); err != nil {
					t.Error(err)
				}
			})
			both.Wait()
			if asked := len(o.saw(describe)); asked != 1 || s.length != c.length {
				t.Errorf("described %d times, %d characters", asked, s.length)
			}
		})
	}
}

// lacks answers the questions for permissions, one of them with something else.
func lacks(permission, answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Query().Get("q"), permission) {
			if strings.HasPrefix(answer, "[") {
				w.WriteHeader(400)
			}
			write(w, answer)
			return
		}
		calm()["GET /query"](w, r)
	}
}

func TestWhatACheckSees(t *testing.T) {
	const (
		who     = "GET /services/oauth2/userinfo"
		fields  = "GET /sobjects/User/describe"
		query   = "GET /query"
		limits  = "GET /limits"
		jobs    = "GET /jobs/ingest"
		noField = `[{"message":"No such column","errorCode":"INVALID_FIELD"}]`
		me      = `{"user_id":"005000000000ME1AAA","organization_id":"00D5f000000AbCdEAK","preferred_username":"loader@acme.example"`
	)
	for name, c := range map[string]struct {
		at       string
		answer   http.HandlerFunc
		settings string
		check    string
		mark     connector.Mark
		rights   bool
		saw      string
	}{
		"a request field that is not there":        {fields, says(described(map[string]string{requestField: ""})), "", requestField, connector.Fail, true, "not there"},
		"a request field that is read only":        {fields, says(described(map[string]string{requestField: `"updateable":false,"nillable":true`})), "", requestField, connector.Fail, true, "read-only"},
		"a request field that must not be empty":   {fields, says(described(map[string]string{requestField: `"updateable":true,"nillable":false`})), "", requestField, connector.Fail, true, "must not be empty"},
		"a request field too short for our groups": {fields, says(described(map[string]string{requestField: `"updateable":true,"nillable":true,"length":6`})), "    groups: [Cardio East]\n", requestField, connector.Fail, true, "holds 6 characters"},
		"a status that we may not read":            {fields, says(described(map[string]string{statusField: ""})), "", statusField, connector.Fail, true, "not there"},
		"a status that we may not edit":            {fields, says(described(map[string]string{statusField: `"updateable":false`})), "", statusField, connector.Warn, false, "no edit right"},
		"a group that we may not read":             {fields, says(described(map[string]string{groupField: ""})), "", groupField, connector.Fail, true, "not there"},
		"a host id that we may not edit":           {fields, says(described(map[string]string{hostIDField: `"updateable":false`})), "", hostIDField, connector.Warn, false, "no edit right"},
		"a host token that we may not edit":        {fields, says(described(map[string]string{hostToken: ""})), "", hostToken, connector.Warn, false, "no edit right"},
		"a describe that is not allowed":           {fields, fails(403, "INSUFFICIENT_ACCESS", "no"), "", "fields of User", connector.NotChecked, false, "does not let us ask"},
		"API Enabled missing":                      {query, lacks("PermissionsApiEnabled", found(`{"PermissionsApiEnabled":false,"PermissionsManageInternalUsers":true,"PermissionsViewAllUsers":true}`)), "", "API Enabled", connector.Fail, true, "not granted"},
		"Manage Internal Users missing":            {query, lacks("PermissionsManageInternalUsers", found(`{"PermissionsApiEnabled":true,"PermissionsManageInternalUsers":false,"PermissionsViewAllUsers":true}`)), "", "Manage Internal Users", connector.Fail, true, "users cannot be changed"},
		"View All Users missing":                   {query, lacks("PermissionsViewAllUsers", found(`{"PermissionsApiEnabled":true,"PermissionsManageInternalUsers":true,"PermissionsViewAllUsers":false}`)), "", "View All Users", connector.Warn, false, "people may come out as not found"},
		"a permission that the edition lacks":      {query, lacks("PermissionsViewAllUsers", noField), "", "View All Users", connector.NotChecked, false, "No such column"},
		"a permission that the org leaves out":     {query, lacks("PermissionsViewAllUsers", found()), "", "View All Users", connector.NotChecked, false, "does not say"},
		"an integration user":                      {who, says(me + `,"active":true,"is_salesforce_integration_user":true}`), "", "user", connector.Warn, false, "integration user"},
		"the automated process":                    {who, says(me + `,"user_type":"AutomatedProcess"}`), "", "user", connector.Warn, false, "integration user"},
		"a user who was switched off":              {who, says(me + `,"active":false}`), "", "user", connector.Fail, true, "inactive"},
		"a day that is nearly over":                {limits, says(`{"DailyApiRequests":{"Max":100000,"Remaining":99}}`), "", "API calls left today", connector.Warn, false, "99 of 100000"},
		"a day with too little left for us":        {limits, says(`{"DailyApiRequests":{"Max":100000,"Remaining":999}}`), "    min_api_calls_left: 1000\n", "API calls left today", connector.Fail, false, "999 of 100000"},
		"limits without View Setup":                {limits, says(`{}`), "", "API calls left today", connector.NotChecked, false, "does not say"},
		"a job of another":                         {jobs, says(`{"done":true,"records":[{"id":"750000000000X01AAA","object":"User","state":"InProgress","createdById":"005000000000XX1AAA"}]}`), "", "other jobs on User", connector.Warn, false, "750000000000X01AAA (InProgress, by 005000000000XX1AAA)"},
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

// An org that has answered a call of the version serves it. Only where it refuses them all is its list asked for.
func TestTheVersionsAreAskedForOnlyWhereOursIsNotAnswered(t *testing.T) {
	const list = "GET /services/data/"
	none := fails(404, "NOT_FOUND", "The requested resource does not exist")
	for name, c := range map[string]struct {
		refused bool // all calls of the version
		answer  http.HandlerFunc
		mark    connector.Mark
		saw     string
		asked   int
	}{
		"a version that is answered":          {false, none, connector.Pass, "v66.0 is served", 0},
		"a version that is served no more":    {true, says(`[{"version":"67.0"},{"version":"68.0"}]`), connector.Fail, "67.0 to 68.0", 1},
		"a version that is served to others":  {true, says(`[{"version":"66.0"}]`), connector.Pass, "v66.0 is served", 1},
		"a list of versions that is not ours": {true, none, connector.NotChecked, "does not let us ask", 1},
	} {
		t.Run(name, func(t *testing.T) {
			changed := map[string]http.HandlerFunc{list: c.answer}
			for _, path := range []string{"GET /query", "GET /limits", "GET /sobjects/User/describe", "GET /jobs/ingest"} {
				if c.refused {
					changed[path] = none
				}
			}
			o := newOrg(t, changed)
			all, err := ready(t, o.target(""))
			f := all["API version"]
			if err != nil || f.Mark != c.mark || !strings.Contains(f.Saw, c.saw) || len(o.saw(list)) != c.asked {
				t.Errorf("%+v, %v, asked %d times", f, err, len(o.saw(list)))
			}
		})
	}
}

// Each answer says how many calls are left. One from before the checks is old news: a run may have waited since.
func TestTheDayIsAskedForOnlyWhereNoAnswerOfTheChecksSaysIt(t *testing.T) {
	spent := func(used string, answer http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Sforce-Limit-Info", "api-usage="+used)
			answer(w, r)
		}
	}
	const who, fields, rights = "GET /services/oauth2/userinfo", "GET /sobjects/User/describe", "GET /query"
	for name, c := range map[string]struct {
		used  string
		told  []string // by these answers
		saw   string
		mark  connector.Mark
		asked int
	}{
		"no answer says it":            {"", nil, "99000 of 100000", connector.Pass, 1},
		"an answer of a check says":    {"7/5000", []string{fields}, "4993 of 5000", connector.Pass, 0},
		"only the sign-in said it":     {"7/5000", []string{who}, "99000 of 100000", connector.Pass, 1},
		"a header that makes no sense": {"7/0", []string{fields}, "99000 of 100000", connector.Pass, 1},
		"a day that is overspent":      {"5003/5000", []string{fields, rights}, "0 of 5000", connector.Warn, 0},
	} {
		t.Run(name, func(t *testing.T) {
			changed := map[string]http.HandlerFunc{}
			for _, by := range c.told {
				changed[by] = spent(c.used, calm()[by])
			}
			o := newOrg(t, changed)
			all, err := ready(t, o.target(""))
			f := all["API calls left today"]
			if err != nil || f.Mark != c.mark || f.Saw != c.saw || len(o.saw("GET /limits")) != c.asked {
				t.Errorf("%+v, %v, asked %d times", f, err, len(o.saw("GET /limits")))
			}
		})
	}
}

func TestATokenThatIsAJWTIsWarnedOf(t *testing.T) {
	o := newOrg(t, nil)
	s, err := settled(t, "    url: "+o.URL+"\n    auth: {access_token: eyJhbGciOi.x.y}\n")
	if err != nil {
		t.Fatal(err)
	}
	opened, err := Connector.Open(t.Context(), connector.Opening{Settings: s})
	if err != nil {
		t.Fatal(err)
	}
	all, err := ready(t, opened.(*Target))
	if f := all["session"]; err != nil || f.Mark != connector.Warn || !strings.Contains(f.Saw, "no session id") {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestTroubleOfTheWireIsNoFinding(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"the day's calls are used up": fails(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
		"the org is in maintenance":   fails(503, "SERVER_UNAVAILABLE", "x"),
	} {
		o := newOrg(t, nil)
		s := o.target("    retry_for: 1ms\n")
		o.answers["GET /limits"] = answer
		if _, err := ready(t, s); !errors.Is(err, connector.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnOrgWithoutViewSetupKeepsItsNameToItself(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET /query": fails(400, "INVALID_TYPE", "sObject type 'Organization' is not supported")})
	if org, err := o.target("").Org(t.Context()); err != nil || org.ID != "00D5f000000AbCdEAK" || org.Name != "" {
		t.Errorf("%+v, %v", org, err)
	}
}

// A look that is refused gives its description of User up: the checks ask themselves, and say what is wrong.
func TestALookThatIsRefusedIsNoAnswerToTheChecks(t *testing.T) {
	o := newOrg(t, nil)
	s := o.target("")
	others, asked := o.answers["GET /query"], make(chan struct{})
	o.answers["GET /query"] = func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query().Get("q"); !strings.Contains(q, "FROM User WHERE") || strings.Contains(q, "COUNT()") {
			others(w, r)
			return
		}
		<-asked
		fails(400, "INVALID_FIELD", "No such column")(w, r)
	}
	o.answers["GET /sobjects/User/describe"] = func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}
	if _, err := s.Look(t.Context(), users("Username", "ann@acme.example"), func(transform.Standing) error { return nil }); !sforce.IsCode(err, "INVALID_FIELD") {
		t.Errorf("%v", err)
	}
	o.mu.Lock()
	o.answers["GET /sobjects/User/describe"] = says(described(map[string]string{groupField: ""}))
	o.mu.Unlock()
	if all, err := ready(t, s); err != nil || all[groupField].Mark != connector.Fail {
		t.Errorf("%v, %+v", err, all[groupField])
	}
}
