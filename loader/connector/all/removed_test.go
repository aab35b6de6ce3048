package all_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/connector/salesforce"
	"rosterload/loader/connector/vault"
	"rosterload/loader/results"
	"rosterload/loader/simulator"
	pretend "rosterload/loader/simulator/salesforce"
	pretendvault "rosterload/loader/simulator/vault"
)

// mover is a pretend org whose page lets a person move a user.
type mover interface {
	simulator.Simulator
	Move(user, group string) error
}

// Behind the removals of many users only those whose request was cleared are asked for. One of them is moved by another
// admin just then, and some orgs do not take that question: what is said of each line is the truth all the same.
func TestOfManyRemovedEachEndsAsItIs(t *testing.T) {
	for _, c := range []struct {
		connector connector.Connector
		org       func() (mover, error)
		settings  func(address string) any
		status    int
		no        string // as the org spells it
	}{
		{
			salesforce.Connector, func() (mover, error) { return pretend.New(simulator.Options{Count: 21_000, Strict: true}) },
			func(address string) any { return salesforceSettings(address) },
			http.StatusBadRequest, `[{"errorCode":"INVALID_FIELD","message":"the field can not be filtered in a query call"}]`,
		},
		{
			vault.Connector, func() (mover, error) { return pretendvault.New(simulator.Options{Count: 21_000, Strict: true}) },
			func(address string) any { return vaultSettings(address) },
			http.StatusOK, `{"responseStatus":"FAILURE","errors":[{"type":"INSUFFICIENT_ACCESS","message":"no"}]}`,
		},
	} {
		for _, answers := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s answers: %v", c.connector.Name, answers), func(t *testing.T) {
				org, err := c.org()
				if err != nil {
					t.Fatal(err)
				}
				asked := 0
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if asksForRemoved(r) {
						asked++
						if err := org.Move("user0000020@acme.example", "Gamma"); err != nil {
							t.Error(err)
						}
						if !answers {
							w.Header().Set("Content-Type", "application/json;charset=UTF-8")
							w.WriteHeader(c.status)
							_, _ = io.WriteString(w, c.no)
							return
						}
					}
					org.ServeHTTP(w, r)
				}))
				t.Cleanup(server.Close)
				words := loadRemoved(t, c.connector, c.settings(server.URL), 21_000)
				if asked == 0 || words["Removed"] != 2099 || words["Failed USER_CHANGED_MEANWHILE"] != 1 || len(words) != 2 {
					t.Errorf("asked %d times, results %v", asked, words)
				}
			})
		}
	}
}

// asksForRemoved tells of a query for users without a request who have a status.
func asksForRemoved(r *http.Request) bool {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	text, _ := url.QueryUnescape(string(body))
	return strings.Contains(text, " = null AND ")
}

// loadRemoved takes their group from all who have one, and counts the results.
func loadRemoved(t *testing.T, c connector.Connector, settings any, users int) map[string]int {
	t.Helper()
	roster := "Username,Engage Group\n"
	for i := 10; i <= users; i += 10 {
		roster += fmt.Sprintf("user%07d@acme.example,\n", i)
	}
	s := loadText(t, c, settings, roster)
	words := map[string]int{}
	for row, err := range results.Read(s.Files.Results) {
		if err != nil {
			t.Fatal(err)
		}
		words[strings.TrimSpace(row.Result+" "+row.ReasonCode)]++
	}
	return words
}
