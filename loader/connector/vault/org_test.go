package vault

import (
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/connector/targettest"
	"rosterload/transform"
)

// org answers requests as Vault's reference says, with what a test puts in. Keys are "POST /query", the version cut off.
type org struct {
	*httptest.Server
	t       *testing.T
	mu      sync.Mutex
	seen    []string
	heads   []http.Header
	answers map[string]http.HandlerFunc
}

// calm is a Vault in which nothing is wrong and nothing is held.
func (o *org) calm() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"POST /auth": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"responseStatus":"SUCCESS","sessionId":"SESSION","userId":12,"vaultId":7,"vaultIds":[{"id":6,"name":"Other","url":"https://other.veevavault.com/api"},{"id":7,"name":"Acme","url":"%s/api"}]}`, o.URL)
		},
		"GET /api/":                         says(`{"responseStatus":"SUCCESS","values":{"v26.1":"x","v26.2":"x"}}`),
		"GET /objects/users/me":             says(`{"responseStatus":"SUCCESS","users":[{"user":{"id":12,"user_name__v":"admin@acme.example","active__v":true,"security_profile__v":"business_admin__v"}}]}`),
		"GET /objects/users/me/permissions": says(`{"responseStatus":"SUCCESS","data":[{"name__v":"object.user__sys.object_actions","permissions":{"read":true,"edit":true}}]}`),
		"GET /metadata/vobjects/user__sys/fields/" + requestField: says(`{"responseStatus":"SUCCESS","field":{"name":"x","editable":true,"required":false,"max_length":80}}`),
		"GET /metadata/vobjects/user__sys/fields/" + statusField:  says(`{"responseStatus":"SUCCESS","field":{"name":"x","editable":true}}`),
		"POST /keep-alive": says(`{"responseStatus":"SUCCESS"}`),
		"POST /query":      says(`{"responseStatus":"SUCCESS","responseDetails":{"pagesize":1,"pageoffset":0,"size":1,"total":213,"next_page":"/api/v26.2/query/1?pagesize=1&pageoffset=1"},"data":[{"id":"1"}]}`),
	}
}

func newOrg(t *testing.T, changed map[string]http.HandlerFunc) *org {
	o := &org{t: t}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	o.answers = o.calm()
	for name, answer := range changed {
		o.answers[name] = answer
	}
	return o
}

func (o *org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	name := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api/v26.2")
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	if strings.Contains(r.URL.RawQuery+string(body), "host_token") {
		o.t.Errorf("%s asks for the host token", name)
	}
	o.mu.Lock()
	o.seen, o.heads = append(o.seen, strings.TrimSpace(name+" "+string(body))), append(o.heads, r.Header)
	answer := o.answers[name]
	o.mu.Unlock()
	if answer == nil {
		answer = fails("MALFORMED_URL", "no such address")
	}
	answer(w, r)
}

// saw is what was asked, with its body.
func (o *org) saw(prefix string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(o.seen), func(line string) bool { return !strings.HasPrefix(line, prefix) })
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

// fails is Vault's no, which has the HTTP status 200.
func fails(kind, message string) http.HandlerFunc {
	return says(fmt.Sprintf(`{"responseStatus":"FAILURE","errors":[{"type":%q,"message":%q}]}`, kind, message))
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func hangsUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// inTurn gives one answer after the other, and the last for ever.
func inTurn(all ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		answer := all[min(n, len(all)-1)]
		n++
		mu.Unlock()
		answer(w, r)
	}
}

// settled decodes settings as cmd does.
func settled(t *testing.T, text string) (*Settings, error) {
	s, err := targettest.Settings(t, &Connector, text)
	settings, _ := s.(*Settings)
	return settings, err
}

func (o *org) target(settings string) *Target {
	if !strings.Contains(settings, "retry_for") {
		settings += "    retry_for: 450ms\n" // what is no answer is asked for once more, and no third time
	}
	opened, err := targettest.Open(o.t, &Connector, "    url: "+o.URL+"\n    auth: {username: admin@acme.example, password: secret}\n"+settings, nil, "")
	if err != nil {
		o.t.Fatal(err)
	}
	return opened.(*Target)
}

// look is what the target reports, a line each.
func look(t *testing.T, target *Target, users iter.Seq[transform.User]) ([]string, error) {
	t.Helper()
	var all []string
	_, err := target.Look(t.Context(), users, func(s transform.Standing) error {
		all = append(all, fmt.Sprintf("%s=%s: %s %v %q %q %s", s.User.By, s.User.Key, s.ID, s.Active, s.Request, s.Group, s.Status))
		return nil
	})
	slices.Sort(all)
	return all, err
}

// sealed is a batch on disk.
func sealed(t *testing.T, job transform.Job, limits transform.Limits, rows ...string) transform.Batch {
	return targettest.Batch(t, job, limits, limits.Headings[0]+","+limits.Headings[1], rows...)
}

// answers keeps outcomes, a line each.
type answers []string

func (a *answers) each(all ...connector.Outcome) error {
	for _, o := range all {
		line := targettest.Line(o.User, string(o.State), o.Code, o.Reason, o.Next)
		if o.Transient {
			line += " again"
		}
		*a = append(*a, line)
	}
	return nil
}
