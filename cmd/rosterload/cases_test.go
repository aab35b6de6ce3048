package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rosterload/loader/results"
	"rosterload/loader/simulator"
	"rosterload/loader/simulator/salesforce"
)

// expectation is expect.json of a case: what a good loader does with a small load that went wrong for a user.
type expectation struct {
	Exit    []int               `json:"exit"`
	Counts  map[string]int      `json:"counts"`
	Sent    map[string]string   `json:"sent"`
	MaySend map[string][]string `json:"may_send"`
	After   map[string]string   `json:"after"`
	IDs     map[string]string   `json:"ids"`
	Values  map[string]string   `json:"values"`
	Say     []string            `json:"say"`
	Again   bool                `json:"again"`
	Trouble string              `json:"trouble"`
}

func TestCasesFromBugReportsEndAsTheyShould(t *testing.T) {
	folders, err := filepath.Glob("testdata/cases/*")
	if err != nil || len(folders) == 0 {
		t.Fatal("no cases", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			for _, api := range []string{"bulk", "collections"} {
				loadCase(t, folder, api)
			}
		})
	}
}

func loadCase(t *testing.T, folder, api string) {
	var want expectation
	if err := json.Unmarshal(read(t, filepath.Join(folder, "expect.json")), &want); err != nil {
		t.Fatal(err)
	}
	p := pretend(t, filepath.Join(folder, "org.csv"), filepath.Join(folder, "groups.json"))
	if want.Trouble != "" {
		if err := p.org.SetFaults([]byte("calls: [{on: 'GET /services/data/*', calls: [4], end_session: true}]")); err != nil {
			t.Fatal(err)
		}
	}
	p.config(t, api)
	p.copy(t, filepath.Join(folder, "roster.csv"))
	args := strings.Fields(string(read(t, filepath.Join(folder, "args"))))
	code, out := p.run(t, append([]string{"load", p.path("roster.csv")}, args...)...)
	if !slices.Contains(want.Exit, code) {
		t.Fatalf("%s: exit %d, want one of %v\n%s", api, code, want.Exit, out)
	}
	for _, say := range want.Say {
		if !regexp.MustCompile(say).MatchString(out) {
			t.Errorf("%s: nothing said of %q:\n%s", api, say, out)
		}
	}
	compareRows(t, p, folder, want)
	compareOrg(t, p, want)
	if broken := p.org.Violations(); len(broken) > 0 {
		t.Errorf("%s: broken promises: %v", api, broken)
	}
	if want.Again {
		before := len(p.org.Requests())
		p.run(t, append([]string{"load", p.path("roster.csv")}, args...)...)
		for _, asked := range p.org.Requests()[before:] {
			if asked.Method == "PUT" || asked.Method == "PATCH" {
				t.Errorf("%s: the same load once more sent %s %s", api, asked.Method, asked.Path)
			}
		}
	}
}

func compareRows(t *testing.T, p *pretended, folder string, want expectation) {
	if _, err := os.Stat(filepath.Join(folder, "expect.csv")); err != nil {
		return // nothing was loaded, so nothing is to be compared
	}
	expected := csvOf(t, read(t, filepath.Join(folder, "expect.csv")))
	files, _ := filepath.Glob(p.path("*.results.csv"))
	if len(files) != 1 {
		t.Fatalf("results files: %v", files)
	}
	var rows []results.Row
	for row, err := range results.Read(files[0]) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if len(rows) != len(expected)-1 {
		t.Fatalf("%d rows, want %d", len(rows), len(expected)-1)
	}
	counts := map[string]int{}
	for i, row := range rows {
		counts[row.Result]++
		is := []string{fmt.Sprint(row.Row), row.Key, row.Action, row.Result, row.ReasonCode}
		for k, cell := range expected[i+1] {
			same := cell == "*" || slices.Contains(strings.Split(cell, "|"), is[k]) || k == 1 && strings.EqualFold(cell, is[k])
			if !same {
				t.Errorf("row %d: %s is %q, want %q (%s)", i+1, expected[0][k], is[k], cell, row.Reason)
			}
		}
		if id := want.IDs[is[0]]; id != "" && row.RecordID != id {
			t.Errorf("row %d: record_id %q, want %q", i+1, row.RecordID, id)
		}
		if value, ok := want.Values[is[0]]; ok && row.Requested != value {
			t.Errorf("row %d: requested %q, want %q", i+1, row.Requested, value)
		}
	}
	for word, n := range want.Counts {
		if counts[word] != n {
			t.Errorf("%d rows are %s, want %d", counts[word], word, n)
		}
	}
	compareInput(t, files[0], filepath.Join(folder, "input.csv"))
}

// compareInput holds the roster's own columns of the results against the roster as it was decoded.
func compareInput(t *testing.T, results, input string) {
	if _, err := os.Stat(input); err != nil {
		return
	}
	got, want := csvOf(t, read(t, results)), csvOf(t, read(t, input))
	for i, record := range got {
		if cells := record[18:]; i < len(want) && !slices.Equal(cells, want[i]) {
			t.Errorf("input columns of line %d came back as %q, want %q", i, cells, want[i])
		}
	}
}

func compareOrg(t *testing.T, p *pretended, want expectation) {
	var users bytes.Buffer
	if err := p.org.Save(&users); err != nil {
		t.Fatal(err)
	}
	for _, u := range csvOf(t, users.Bytes())[1:] {
		if group, ok := want.After[u[1]]; ok && u[7] != group {
			t.Errorf("the org shows %s in %q, want %q", u[1], u[7], group)
		}
		asked, ok := want.Sent[u[1]]
		if ok && u[6] != asked && len(want.MaySend[u[1]]) == 0 {
			t.Errorf("the org was asked %q for %s, want %q", u[6], u[1], asked)
		}
	}
}

// pretended is a pretend org that is served, with a folder, a home and a config that point at it.
type pretended struct {
	org    *salesforce.Server
	server *httptest.Server
	folder string
}

func pretend(t *testing.T, users, groups string) *pretended {
	t.Helper()
	o := simulator.Options{Users: users, Strict: true}
	if data, err := os.ReadFile(groups); err == nil {
		if err := json.Unmarshal(data, &o.Groups); err != nil {
			t.Fatal(err)
		}
	}
	return serveOrg(t, o)
}

func serveOrg(t *testing.T, o simulator.Options) *pretended {
	t.Helper()
	org, err := salesforce.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if o.Groups == nil && o.Users != "" { // a case without a list of groups: whatever is asked for is valid
		_ = org.SetFaults(nil)
		org.AnyGroup()
	}
	p := &pretended{org: org, server: httptest.NewServer(org), folder: t.TempDir()}
	t.Cleanup(p.server.Close)
	return p
}

func (p *pretended) path(name string) string { return filepath.Join(p.folder, name) }

func (p *pretended) config(t *testing.T, api string) {
	t.Helper()
	text := fmt.Sprintf("targets:\n  org:\n    kind: salesforce\n    url: %s\n    auth: {client_id: me, client_secret: mine}\n    api: %s\n    max_removals: 100%%\n    poll: {job: 1ms, status: 1ms}\n", p.server.URL, api)
	if err := os.WriteFile(p.path("rosterload.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"*.results.csv", "*.failed.csv", "*.summary.json"} {
		files, _ := filepath.Glob(p.path(pattern))
		for _, f := range files {
			_ = os.Remove(f)
		}
	}
}

func (p *pretended) copy(t *testing.T, from string) {
	t.Helper()
	if err := os.WriteFile(p.path("roster.csv"), read(t, from), 0o644); err != nil {
		t.Fatal(err)
	}
}

// run runs the program in this process and answers its exit code and everything it said.
func (p *pretended) run(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	args = append([]string{"rosterload"}, args...)
	args = append(args, "--config", p.path("rosterload.yaml"), "--home", p.path("home"))
	code := rosterload(context.Background(), args, &voice{out: &out, err: &out})
	return code, out.String()
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && filepath.Base(path) != "args" {
		t.Fatal(err)
	}
	return data
}

func csvOf(t *testing.T, data []byte) [][]string {
	t.Helper()
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	r := csv.NewReader(bytes.NewReader(data))
	if i := bytes.IndexByte(data, ';'); i == 3 { // row;key
		r.Comma = ';'
	}
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
