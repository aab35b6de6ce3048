package all

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"rosterload/loader/simulator"
)

// person uses the page of a pretend org.
type person struct {
	t   *testing.T
	org simulator.Simulator
}

func (p person) page(query string) string {
	p.t.Helper()
	w := httptest.NewRecorder()
	p.org.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/"+query, nil))
	text := w.Body.String()
	if policy := w.Header().Get("Content-Security-Policy"); w.Code != http.StatusOK ||
		!strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		p.t.Fatalf("%d, %q", w.Code, policy)
	}
	return text[strings.Index(text, "<main"):strings.Index(text, "</main>")]
}

// press sends a form of the page.
func (p person) press(path string, from http.Header, fields ...string) *httptest.ResponseRecorder {
	p.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header = from
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	p.org.ServeHTTP(w, r)
	return w
}

// user is a line of the table of users.
func (p person) user(name string) string {
	p.t.Helper()
	found := regexp.MustCompile(`<tr><td><bdi>` + regexp.QuoteMeta(name) + `</bdi>.*`).FindString(p.page("?q=" + url.QueryEscape(name)))
	if found == "" {
		p.t.Fatalf("%s is not on the page", name)
	}
	return found
}

// On the page of every kind a person sees the licences, buys some, moves a user, and sees that on the time line; what the page is asked
// for is no request of the protocol.
func TestWhatAPersonDoesOnThePage(t *testing.T) {
	for kind, c := range map[string]struct {
		user, to, then     string
		licences, after    string
		statuses, wasMoved string
	}{
		"salesforce": {
			"user0000001@acme.example", "Beta", ">Beta</bdi>", "2 licences used of 5", "3 licences used of 15",
			"Success_vod", "1 user",
		},
		"vault": {
			"user0000001@acme.example", "Beta", ">Beta</bdi>", "2 licences used of 5", "3 licences used of 15",
			"success__v", "1 user",
		},
		"groove": {
			"user0000001@acme.example", "core", ">Yes</bdi>", "0 seats used of 5", "1 seats used of 15",
			"not in Groove", "1 user",
		},
		"vonage": {
			"template.agent@acme.example", "archived", ">archived</bdi>", "1 agent licences used of 5",
			"0 agent licences used of 15", "active Supervisor", "1 user",
		},
	} {
		t.Run(kind, func(t *testing.T) {
			five := 5
			org, err := Open(kind, simulator.Options{
				Count: 25, Licences: &five,
				Now: func() time.Time { return time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC) },
			})
			if err != nil {
				t.Fatal(err)
			}
			p := person{t, org}
			before := p.page("")
			for _, want := range []string{
				c.licences, c.statuses, "buy licences", "move this user", "Nothing has happened yet",
				"There were no requests yet", "/_sim/users.csv", "/_sim/requests", "/_sim/violations",
			} {
				if !strings.Contains(before, want) {
					t.Errorf("no %q in %s", want, before)
				}
			}
			if strings.Contains(p.user(c.user), c.then) {
				t.Fatalf("moved already: %s", p.user(c.user))
			}
			if w := p.press("/_sim/licences", nil, "buy", "10", "back", "page=2&q=a b"); w.Code != http.StatusSeeOther ||
				w.Header().Get("Location") != "/?page=2&q=a+b" {
				t.Errorf("buying: %d to %q", w.Code, w.Header().Get("Location"))
			}
			if w := p.press("/_sim/users/"+c.user, nil, "to", c.to, "back", "//evil.example"); w.Code != http.StatusSeeOther ||
				!strings.HasPrefix(w.Header().Get("Location"), "/?") {
				t.Errorf("moving: %d to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
			}
			if line := p.user(c.user); !strings.Contains(line, c.then) {
				t.Errorf("not moved: %s", line)
			}
			after := p.page("")
			for _, want := range []string{c.after, "<b>by hand</b> " + c.wasMoved, "There were no requests yet"} {
				if !strings.Contains(after, want) {
					t.Errorf("afterwards no %q in %s", want, after)
				}
			}
			if again := p.page(""); again != after {
				t.Error("looking changes something")
			}
			if broken := org.Violations(); len(broken) > 0 {
				t.Errorf("an admin's work breaks no promise: %q", broken)
			}
		})
	}
}

func TestWhatAPersonCannotDo(t *testing.T) {
	for _, kind := range Kinds() {
		org, err := Open(kind, simulator.Options{Count: 3})
		if err != nil {
			t.Fatal(err)
		}
		p := person{t, org}
		const user = "/_sim/users/user0000001@acme.example"
		elsewhere := func() http.Header {
			return http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}
		}
		for name, c := range map[string]struct {
			got  *httptest.ResponseRecorder
			want int
		}{
			"buying nothing":            {p.press("/_sim/licences", nil, "buy", "0"), 400},
			"buying less than nothing":  {p.press("/_sim/licences", nil, "buy", "-3"), 400},
			"buying words":              {p.press("/_sim/licences", nil, "buy", "many"), 400},
			"no field at all":           {p.press("/_sim/licences", nil, "x", "y"), 400},
			"a user who is not there":   {p.press("/_sim/users/who@acme.example", nil, "to", "archived"), 404},
			"moving without a place":    {p.press(user, nil, "from", "Alpha"), 400},
			"a page of another site":    {p.press("/_sim/licences", elsewhere(), "buy", "10"), 403},
			"moving from another site":  {p.press(user, elsewhere(), "to", "Beta"), 403},
			"a group is made elsewhere": {p.press("/_sim/groups", nil, "to", "Beta"), 404},
		} {
			if c.got.Code != c.want {
				t.Errorf("%s, %s: %d, want %d: %s", kind, name, c.got.Code, c.want, c.got.Body)
			}
		}
		if text := p.page(""); !strings.Contains(text, "used, no limit") || !strings.Contains(text, "set a limit") {
			t.Errorf("%s: %s", kind, text)
		}
		if w := p.press("/_sim/licences", nil, "licences", "2"); w.Code != http.StatusSeeOther || !strings.Contains(p.page(""), "used of 2") {
			t.Errorf("%s: a limit: %d", kind, w.Code)
		}
	}
}

func TestThePageOfManyUsers(t *testing.T) {
	org, err := Open("salesforce", simulator.Options{Count: 120})
	if err != nil {
		t.Fatal(err)
	}
	p := person{t, org}
	for query, want := range map[string]int{
		"": 50, "?page=3": 21, "?q=user000012": 1, "?status=Success_vod": 12,
		"?q=nowhere": 0, "?page=x": 50,
	} {
		if got := strings.Count(p.page(query), "move this user</button>"); got != want {
			t.Errorf("%s: %d users, want %d", query, got, want)
		}
	}
	if text := p.page("?q=%3Cscript%3E&status=%3Cb%3E"); strings.Contains(text, "<script>") ||
		strings.Contains(text, "<b>\"") || !strings.Contains(text, "No user is like that") {
		t.Errorf("%s", text)
	}
}
