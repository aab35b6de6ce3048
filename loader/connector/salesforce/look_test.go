package salesforce

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
	"rosterload/validate"
)

func users(by string, keys ...string) iter.Seq[transform.User] {
	return func(yield func(transform.User) bool) {
		for _, k := range keys {
			if !yield(transform.User{By: by, Key: k}) {
				return
			}
		}
	}
}

// look is what the target reports, a line each.
func look(t *testing.T, s *Target, users iter.Seq[transform.User]) []string {
	t.Helper()
	var all []string
	_, err := s.Look(t.Context(), users, func(st transform.Standing) error {
		all = append(all, fmt.Sprintf("%s=%s: %s %v %q %q %s", st.User.By, st.User.Key, st.ID, st.Active, st.Request, st.Group, st.Status))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

const annsRecord = `{"Id":"` + ann + `","Username":"Ann@ACME.example","Email":"Ann@ACME.example","EmployeeNumber":"007","IsActive":true,
	"Engage_Group_Request_vod__c":"Cardio East","Engage_Group_vod__c":null,"Engage_Group_Provisioning_Status_vod__c":"Request_Sent_vod"}`

// peopled is an org that answers whatever is asked of its people with Ann.
func peopled(t *testing.T, asked func(soql string)) *org {
	o := newOrg(t, nil)
	others := o.answers["GET /query"]
	o.answers["GET /query"] = func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query().Get("q")
		if !strings.Contains(q, "FROM User WHERE") || strings.Contains(q, "COUNT()") {
			others(w, r)
			return
		}
		asked(q)
		write(w, found(annsRecord))
	}
	return o
}

func TestUsersAreReportedUnderTheKeyThatWasAskedFor(t *testing.T) {
	const standing = ann + ` true "Cardio East" "" Request_Sent_vod`
	for by, c := range map[string]struct{ key, columns string }{
		"Id":             {ann, "Id"},
		"Username":       {"ann@acme.example", "Username,Id"},
		"Email":          {"ann@acme.example", "Email,Id"},
		"EmployeeNumber": {"007", "EmployeeNumber,Id"},
	} {
		var soql string
		s := peopled(t, func(q string) { soql = q }).target("")
		got := look(t, s, users(by, c.key))
		if want := []string{by + "=" + c.key + ": " + standing}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		want := "SELECT " + c.columns + ",IsActive,Engage_Group_Request_vod__c,Engage_Group_vod__c,Engage_Group_Provisioning_Status_vod__c FROM User WHERE " + by + " IN ('" + c.key + "')"
		if soql != want {
			t.Errorf("asked  %s\nwant   %s", soql, want)
		}
	}
}

func TestTheOrgsHoldersAreCountedOnce(t *testing.T) {
	o := peopled(t, func(string) {})
	s := o.target("    groups: [Cardio East]\n")
	for range 3 {
		look(t, s, users("Id", ann))
	}
	policy, err := s.Look(t.Context(), users("Id", ann), func(transform.Standing) error { return nil })
	if err != nil || policy.Holders() != 213 || len(o.saw("GET /sobjects")) != 1 {
		t.Errorf("%v: described %d times", err, len(o.saw("GET /sobjects")))
	}
	if s.length != 80 {
		t.Errorf("the request field holds %d", s.length)
	}
}

func TestALookAtNoUsersAsksNothingAndStillJudges(t *testing.T) {
	o := peopled(t, func(string) {})
	s := o.target("")
	before := len(o.saw(""))
	policy, err := s.Look(t.Context(), users("Id"), nil)
	if err != nil || len(o.saw("")) != before {
		t.Fatalf("%v: asked %q", err, o.saw("")[before:])
	}
	change := transform.Change{User: ann, Value: "Cardio"}
	now := transform.Standing{ID: ann, Request: "Cardio", Group: "Cardio", Status: "Success_vod"}
	if v, settled := policy.Judge(change, transform.Standing{}, now); !settled || v.Word != transform.Updated || !policy.AsAsked(change, now) || policy.Holders() != -1 {
		t.Errorf("%+v, %v, %d holders", v, settled, policy.Holders())
	}
}

func TestAnAnswerThatNamesNoUserOfOursIsNone(t *testing.T) {
	for name, c := range map[string]struct{ by, key, record string }{
		"no id":               {"Username", "ann@acme.example", `{"Username":"ann@acme.example"}`},
		"another object's id": {"Username", "ann@acme.example", `{"Username":"ann@acme.example","Id":"001000000000001AAA"}`},
		"a key that is none":  {"Id", ann, `{"Id":"<html>"}`},
	} {
		o := peopled(t, func(string) {})
		o.answers["GET /query"] = says(`{"totalSize":1,"done":true,"records":[` + c.record + `]}`)
		if _, err := o.target("").Look(t.Context(), users(c.by, c.key), func(s transform.Standing) error { return fmt.Errorf("reported %+v", s) }); !errors.Is(err, connector.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAQueryJobThatBreaksOffIsNotBegunAgainByName(t *testing.T) {
	o := peopled(t, func(q string) { t.Errorf("asked %s", q) })
	o.answers["POST /jobs/query"] = says(`{"id":"750000000000001AAA"}`)
	o.answers["GET /jobs/query/750000000000001AAA"] = stands("JobComplete", `"numberRecordsProcessed":5`)
	o.answers["GET /jobs/query/750000000000001AAA/results"] = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("locator") != "" {
			fails(404, "NOT_FOUND", "the page is gone")(w, r)
			return
		}
		w.Header().Set("Sforce-Locator", "next")
		write(w, "Id,IsActive,"+requestField+","+groupField+","+statusField+"\n"+ann+",true,,,\n")
	}
	var keys []string
	for i := range 2001 {
		keys = append(keys, validate.UserID(fmt.Sprintf("0055f%010d", i)))
	}
	if _, err := o.target("").Look(t.Context(), users("Id", keys...), func(transform.Standing) error { return nil }); err == nil {
		t.Error("half a look is taken for a whole one")
	}
}

func TestManyUsersAreStreamedInOneQueryJob(t *testing.T) {
	o := peopled(t, func(q string) { t.Errorf("asked %s", q) })
	o.answers["POST /jobs/query"] = says(`{"id":"750000000000001AAA"}`)
	o.answers["GET /jobs/query/750000000000001AAA"] = stands("JobComplete", `"numberRecordsProcessed":3`)
	o.answers["GET /jobs/query/750000000000001AAA/results"] = says("\"Username\",\"Id\",\"IsActive\",\"Engage_Group_Request_vod__c\",\"Engage_Group_vod__c\",\"Engage_Group_Provisioning_Status_vod__c\"\n" +
		"\"Ann@acme.example\",\"" + ann + "\",\"true\",\"North, \"\"Cardio\"\"\",\"\",\"\"\n\"ben@acme.example\",\"" + ben + "\",\"false\",\"\",\"Cardio East\",\"Success_vod\"\n\"\",\"0055f000001AbcfAAC\",\"true\",\"\",\"\",\"\"\n")
	var keys []string
	for i := range 2001 {
		keys = append(keys, fmt.Sprintf("user%04d@acme.example", i))
	}
	got := look(t, o.target(""), users("Username", keys...))
	want := []string{`Username=ann@acme.example: ` + ann + ` true "North, \"Cardio\"" "" `, `Username=ben@acme.example: ` + ben + ` false "" "Cardio East" Success_vod`}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTheEndingOfASandboxIsFoundOnlyWhenItIsOne(t *testing.T) {
	for name, c := range map[string]struct {
		found [][]string
		want  string
	}{
		"one ending for all":      {[][]string{{"ann@acme.example.full"}, {"o'neil_%@acme.example.full"}}, ".full"},
		"two endings for one":     {[][]string{{"ann@acme.example.full", "ann@acme.example.dev"}, {}}, ""},
		"endings that differ":     {[][]string{{"ann@acme.example.full"}, {"o'neil_%@acme.example.dev"}}, ""},
		"one who is not there":    {[][]string{{"ann@acme.example.full"}, {}}, ""},
		"no user is there at all": {[][]string{{}, {}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			o := newOrg(t, nil)
			s := o.target("")
			o.answers["GET /query"] = func(w http.ResponseWriter, r *http.Request) {
				want := []string{`LIKE 'ann@acme.example.%'`, `LIKE 'o\'neil\_\%@acme.example.%'`}[n]
				if q := r.URL.Query().Get("q"); !strings.Contains(q, want) {
					t.Errorf("asked %s, want %s", q, want)
				}
				var records []string
				for _, u := range c.found[n] {
					records = append(records, fmt.Sprintf(`{"Username":%q}`, u))
				}
				n++
				write(w, found(records...))
			}
			got, err := s.Suffix(t.Context(), []transform.User{{By: "Username", Key: "ann@acme.example"}, {By: "Username", Key: "o'neil_%@acme.example"}})
			if err != nil || got != c.want {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestAMillionStandingsAreNotCopied(t *testing.T) {
	l := &looker{by: "Username", spell: validate.FoldKey, known: map[string]string{}, found: func(s transform.Standing) error { return nil }}
	for name, want := range map[string]float64{"ann@acme.example": 0, "Ann@acme.example": 1} { // its other spelling is a text of its own
		row := []string{name, ann, "true", "Cardio East", "Cardio East", "Success_vod"}
		n := testing.AllocsPerRun(1000, func() {
			if err := l.report(row); err != nil {
				t.Fatal(err)
			}
		})
		if n != want {
			t.Errorf("%s: %v texts are made for a user, want %v", name, n, want)
		}
	}
}

func TestBothOrgsHeadingsAreKnown(t *testing.T) {
	known := map[string]string{}
	for _, u := range Connector.Spelling.Users {
		for _, h := range u.Headings {
			known[h] = u.By
		}
	}
	for heading, by := range map[string]string{
		"Id": "Id", "Salesforce ID": "Id", "Username": "Username", "User Name": "Username", "User": "Username", "username__sys": "Username",
		"FederationIdentifier": "FederationIdentifier", "federated_id__sys": "FederationIdentifier", "EmployeeNumber": "EmployeeNumber", "Email": "Email", "email__sys": "Email",
	} {
		if known[heading] != by {
			t.Errorf("%s is taken for %q, want %s", heading, known[heading], by)
		}
	}
}

func TestSettingsThatCannotWorkAreSaidWithTheirPlace(t *testing.T) {
	for want, text := range map[string]string{
		`rosterload.yaml:2:3: url is missing`:                     "",
		`rosterload.yaml:5:10: api "soap" is neither bulk nor`:    "    url: https://acme.my.salesforce.com\n    api: soap\n",
		`rosterload.yaml:4:10: http://acme.example is plain http`: "    url: http://acme.example\n    auth: {access_token: x}\n",
		`auth: needs one way to sign in`:                          "    url: https://acme.my.salesforce.com\n",
		`api_version "latest" is none such as`:                    "    url: https://acme.my.salesforce.com\n    auth: {access_token: x}\n    api_version: latest\n",
	} {
		s, err := settled(t, text)
		if err == nil {
			_, err = Connector.Open(t.Context(), connector.Opening{Settings: s})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestTheExampleCanBeLoaded(t *testing.T) {
	t.Setenv("SF_CLIENT_ID", "id")
	t.Setenv("SF_CLIENT_SECRET", "secret")
	_, below, _ := strings.Cut(Connector.Example, "kind: salesforce\n")
	for name, text := range map[string]string{"as it stands": below, "with every line in use": strings.NewReplacer("\n    # ca_file", "\n    # ca_file", "\n    # ", "\n    ").Replace(below)} {
		s, err := settled(t, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := Connector.Open(t.Context(), connector.Opening{Settings: s}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var (
	_ connector.Collector = (*Target)(nil)
	_ connector.Retrier   = (*Target)(nil)
)

// BenchmarkLook is a look at a hundred thousand people over the wire; the wanted pace is a million in two seconds of
// CPU.
func BenchmarkLook(b *testing.B) {
	var csv strings.Builder
	csv.WriteString("\"Username\",\"Id\",\"IsActive\",\"Engage_Group_Request_vod__c\",\"Engage_Group_vod__c\",\"Engage_Group_Provisioning_Status_vod__c\"\n")
	for i := range 100_000 {
		fmt.Fprintf(&csv, "\"user%07d@acme.example\",\"0055f%010dAAA\",\"true\",\"Cardio East\",\"Cardio East\",\"Success_vod\"\n", i, i)
	}
	l := &looker{by: "Username", spell: validate.FoldKey, known: map[string]string{}, found: func(transform.Standing) error { return nil }}
	fields := append([]string{"Username"}, standingFields...)
	server := csv.String()
	o := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == "POST":
			write(w, `{"id":"750000000000001AAA"}`)
		case strings.HasSuffix(r.URL.Path, "/results"):
			write(w, server)
		default:
			write(w, `{"id":"750000000000001AAA","state":"JobComplete","numberRecordsProcessed":100000}`)
		}
	}))
	defer o.Close()
	wire, err := sforce.New(sforce.Options{URL: o.URL, Auth: sforce.Auth{AccessToken: config.NewSecret("00D!x")}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := wire.BulkQuery(b.Context(), fields, "SELECT …", l.report); err != nil {
			b.Fatal(err)
		}
	}
}

func TestOfManyRemovedOnlyThoseWithAStatusAndNoRequestAreStreamed(t *testing.T) {
	var asked string
	o := peopled(t, func(q string) { asked = q })
	o.answers["POST /jobs/query"] = func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = string(body)
		write(w, `{"id":"750000000000001AAA"}`)
	}
	o.answers["GET /jobs/query/750000000000001AAA"] = stands("JobComplete", `"numberRecordsProcessed":1`)
	o.answers["GET /jobs/query/750000000000001AAA/results"] = says("Id,IsActive," + requestField + "," + groupField + "," + statusField + "\n" + ann + ",true,,,Success_vod\n")
	var keys []string
	for i := range 2001 {
		keys = append(keys, validate.UserID(fmt.Sprintf("0055f%010d", i)))
	}
	for n, want := range map[int]string{
		2001: " FROM User WHERE " + requestField + " = null AND " + statusField + " != null", 1: " FROM User WHERE Id IN ('" + keys[0] + "')",
	} {
		found := 0
		_, err := o.target("").LookRemoved(t.Context(), users("Id", keys[:n]...), func(transform.Standing) error { found++; return nil })
		if err != nil || found != 1 || !strings.Contains(asked, want) {
			t.Errorf("%d users: %v, found %d, asked %s", n, err, found, asked)
		}
	}
}
