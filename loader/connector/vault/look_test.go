package vault

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/connector/targettest"
	"rosterload/transform"
)

const ann = `{"id":"11","username__sys":"Ann@ACME.example","federated_id__sys":"F1","email__sys":"ann@mail.example","status__v":["active__v"],` +
	`"engage_group_request__v":"Cardio","engage_group__v":null,"engage_group_provisioning_status__v":["request_sent__v"]}`

const ben = `{"id":12,"username__sys":"ben@acme.example","federated_id__sys":null,"email__sys":"ben@mail.example","status__v":["inactive__v"],` +
	`"engage_group_request__v":null,"engage_group__v":"Cardio","engage_group_provisioning_status__v":null}`

// rows is a page of these records.
func rows(total int, next string, records ...string) string {
	if next != "" {
		next = fmt.Sprintf(`"next_page":%q,`, next)
	}
	return fmt.Sprintf(`{"responseStatus":"SUCCESS","responseDetails":{%s"pagesize":2,"size":%d,"total":%d},"data":[%s]}`, next, len(records), total, strings.Join(records, ","))
}

// peopled answers queries for users with these bodies in turn, and the count of holders with 213.
func peopled(t *testing.T, bodies ...string) *org {
	o := newOrg(t, nil)
	var all []http.HandlerFunc
	for _, b := range bodies {
		all = append(all, says(b))
	}
	count, pages := o.answers["POST /query"], inTurn(all...)
	o.answers["POST /query"] = func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.FormValue("q"), "PAGESIZE 1") {
			count(w, r)
			return
		}
		pages(w, r)
	}
	o.answers["POST /query/next"] = pages
	return o
}

// queries are those for users, which the count goes beside.
func (o *org) queries() []string {
	return slices.DeleteFunc(o.saw("POST /query"), func(line string) bool { return strings.Contains(line, "PAGESIZE") })
}

func TestUsersAreReportedUnderTheKeyThatWasAskedFor(t *testing.T) {
	const standing = `11 true "Cardio" "" request_sent__v`
	for by, c := range map[string]struct{ key, where string }{
		"Id":                   {"11", "id CONTAINS ('11')"},
		"Username":             {"ann@acme.example", "CASEINSENSITIVE(username__sys) CONTAINS ('ann@acme.example')"},
		"Email":                {"ann@mail.example", "CASEINSENSITIVE(email__sys) CONTAINS ('ann@mail.example')"},
		"FederationIdentifier": {"F1", "federated_id__sys CONTAINS ('F1')"},
	} {
		o := peopled(t, rows(2, "", ann, ben))
		got, err := look(t, o.target(""), targettest.Users(by, c.key))
		if want := []string{by + "=" + c.key + ": " + standing}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, want %q: %v", got, want, err)
		}
		asked, _ := url.QueryUnescape(o.queries()[0])
		if want := "FROM user__sys WHERE " + c.where; !strings.HasSuffix(asked, want) {
			t.Errorf("asked %s, want %s", asked, want)
		}
	}
}

func TestALookAtNoUsersAsksNothingAndStillJudges(t *testing.T) {
	o := newOrg(t, nil)
	policy, err := o.target("").Look(t.Context(), targettest.Users("Id"), nil)
	if err != nil || len(o.saw("")) != 0 {
		t.Fatalf("%v, asked %q", err, o.saw(""))
	}
	change, now := transform.Change{User: "11", Value: "Cardio"}, transform.Standing{ID: "11", Request: "Cardio", Group: "Cardio", Status: "success__v"}
	if v, settled := policy.Judge(change, transform.Standing{}, now); !settled || v.Word != transform.Updated || policy.Holders() != -1 {
		t.Errorf("%+v, %v, %d holders", v, settled, policy.Holders())
	}
}

func TestThePolicyKnowsTheVaultsHoldersAndTheFieldsLength(t *testing.T) {
	for name, c := range map[string]struct {
		count   http.HandlerFunc
		holders int
	}{
		"counted":               {says(rows(213, "/api/v26.2/query/1?pagesize=1&pageoffset=1", ann)), 213},
		"not ours to ask":       {fails("INSUFFICIENT_ACCESS", "no"), -1},
		"the Vault has no such": {fails("ATTRIBUTE_NOT_SUPPORTED", "no"), -1},
	} {
		o := peopled(t, rows(1, "", ann))
		users, others := targettest.Users("Id", "11"), o.answers["POST /query"]
		o.answers["POST /query"] = func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.FormValue("q"), "PAGESIZE 1") {
				c.count(w, r)
				return
			}
			others(w, r)
		}
		target := o.target("")
		policy, err := target.Look(t.Context(), users, func(transform.Standing) error { return nil })
		if err != nil || policy.Holders() != c.holders || target.length != 80 {
			t.Errorf("%s: %v, length %d", name, err, target.length)
		}
	}
}

func TestPagesAreFollowedToTheirEnd(t *testing.T) {
	for name, next := range map[string]string{"a path": "/api/v26.2/query/next?pageoffset=2", "an address of another host": "https://elsewhere.example/api/v26.2/query/next?pageoffset=2"} {
		o := peopled(t, rows(2, next, ann), rows(2, "", ben))
		got, err := look(t, o.target(""), targettest.Users("Email", "ann@mail.example", "ben@mail.example"))
		want := []string{`Email=ann@mail.example: 11 true "Cardio" "" request_sent__v`, `Email=ben@mail.example: 12 false "" "Cardio" `}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestALookIsCompleteOrAnError(t *testing.T) {
	const next = "/api/v26.2/query/next"
	short := strings.Replace(rows(2, "", ann), `"size":1`, `"size":2`, 1)
	for name, pages := range map[string][]string{
		"fewer rows than are counted":     {rows(2, "", ann)},
		"more rows than are counted":      {rows(1, "", ann, ben)},
		"a page that lacks a row":         {short, short},
		"a second page that lacks a row":  {rows(3, next, ann), rows(3, "", ben)},
		"pages without rows, and no end":  {rows(2, next, ann), rows(2, next)},
		"no count":                        {`{"responseStatus":"SUCCESS","data":[` + ann + `]}`},
		"a web page":                      {"<html>We are down for maintenance.</html>"},
		"another envelope":                {`{}`},
		"a list":                          {`[]`},
		"a user without an id":            {rows(1, "", `{"id":null,"email__sys":"ann@mail.example"}`)},
		"an id that is none":              {rows(1, "", `{"id":"<b>","email__sys":"ann@mail.example"}`)},
		"a group that is a record":        {rows(1, "", `{"id":"11","email__sys":"ann@mail.example","engage_group__v":{"name":"Cardio"}}`)},
		"a group that is a list of lists": {rows(1, "", `{"id":"11","email__sys":"ann@mail.example","engage_group__v":[["Cardio"]]}`)},
		"a next page that is no address":  {rows(2, "query/next", ann)},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := look(t, peopled(t, pages...).target("    retry_for: 1ms\n"), targettest.Users("Email", "ann@mail.example", "ben@mail.example")); !errors.Is(err, connector.ErrUnavailable) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestAPageThatIsCutIsAskedForOnceMore(t *testing.T) {
	short := strings.Replace(rows(1, "", ben), `"size":1`, `"size":2`, 1)
	got, err := look(t, peopled(t, short, rows(1, "", ann)).target(""), targettest.Users("Id", "11"))
	if err != nil || len(got) != 1 {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAnOlderVaultIsPagedThrough(t *testing.T) {
	no := `{"responseStatus":"FAILURE","errors":[{"type":"INCORRECT_QUERY_SYNTAX_ERROR","message":"x"}]}`
	o := peopled(t, no, rows(2, "", ann, ben))
	got, err := look(t, o.target(""), targettest.Users("Username", "ben@acme.example"))
	if err != nil || len(got) != 1 || !strings.HasPrefix(got[0], "Username=ben@acme.example: 12 ") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestManyUsersAreFoundByPagingThroughAll(t *testing.T) {
	o := peopled(t, rows(2, "", ann, ben))
	var keys []string
	for n := range fewUsers + 1 {
		keys = append(keys, fmt.Sprint(n))
	}
	got, err := look(t, o.target(""), targettest.Users("Id", keys...))
	if asked := o.queries(); err != nil || len(got) != 2 || len(asked) != 1 || strings.Contains(asked[0], "WHERE") {
		t.Errorf("%q, %v, asked %q", got, err, asked)
	}
}

func TestNamesAreQuotedAndNoQueryIsTooLong(t *testing.T) {
	keys := []string{`o'neil\x`}
	for n := range 1500 {
		keys = append(keys, fmt.Sprintf("a-long-name-of-a-user-%04d@acme.example", n))
	}
	o := peopled(t, rows(0, ""))
	if _, err := look(t, o.target(""), targettest.Users("FederationIdentifier", keys...)); err != nil {
		t.Fatal(err)
	}
	asked := o.queries()
	for i, body := range asked {
		form, _ := url.ParseQuery(strings.TrimPrefix(body, "POST /query "))
		if vql := form.Get("q"); len(vql) > 50_000 || i == 0 && !strings.Contains(vql, `('o\'neil\\x',`) {
			t.Errorf("query %d of %d characters: %.300s", i, len(vql), vql)
		}
	}
	if len(asked) < 2 {
		t.Errorf("%d queries", len(asked))
	}
}

func TestOfManyRemovedOnlyThoseWithAStatusAndNoRequestArePagedThrough(t *testing.T) {
	var keys []string
	for i := range 2001 {
		keys = append(keys, fmt.Sprint(1000+i))
	}
	for n, want := range map[int]string{2001: " WHERE " + requestField + " = null AND " + statusField + " != null", 1: " WHERE id CONTAINS ('1000')"} {
		o := peopled(t, rows(1, "", ben))
		_, err := o.target("").LookRemoved(t.Context(), targettest.Users("Id", keys[:n]...), func(transform.Standing) error { return nil })
		asked, _ := url.QueryUnescape(o.queries()[0])
		if err != nil || !strings.HasSuffix(asked, "FROM user__sys"+want) {
			t.Errorf("%d users: %v, asked %s", n, err, asked)
		}
	}
}
