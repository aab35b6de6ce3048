package feeds

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
)

func (o *pretend) Holders(_ context.Context, groups []string, found func(transform.Standing) error) error {
	o.mu.Lock()
	var all []transform.Standing
	for name, s := range o.users {
		if s.Group == "" && s.Request == "" || len(groups) > 0 && !slices.Contains(groups, s.Group) && !slices.Contains(groups, s.Request) {
			continue
		}
		seen := *s
		seen.User = transform.User{By: "Username", Key: name}
		all = append(all, seen)
	}
	o.mu.Unlock()
	for _, s := range all {
		if err := found(s); err != nil {
			return err
		}
	}
	return nil
}

// rowsOf are what the newest answer says of each row: "result code".
func (d *drop) rowsOf(name string, absent bool) []string {
	d.t.Helper()
	s := d.latest(name)
	path := s.Files.Results
	if absent {
		path = s.Files.Absent
	}
	var rows []string
	for row, err := range results.Read(path) {
		if err != nil {
			d.t.Fatal(err)
		}
		rows = append(rows, strings.TrimSpace(row.Key+" "+row.Result+" "+row.ReasonCode))
	}
	return rows
}

func (d *drop) holds(n int) string { return d.org.users[userName(n)].Group }

func TestValuesAreHRsWords(t *testing.T) {
	d := newDrop(t, "  hr: {target: prod, folder: FOLDER, settle: 0s, values: "+file(t, "value,group\nOnkologie,Alpha\n left ,\nKardiologie,Beta\n")+"}\n")
	d.org = newPretend(6, "Gamma")
	var b strings.Builder
	for n, word := range []string{"Onkologie", "left", "Kardiologi", "#N/A", "Kardiologie"} {
		fmt.Fprintf(&b, "%s,%s\n", userName(n), word)
	}
	d.write("a.csv", "Username,Group\n"+b.String())
	if code := d.once(); code != run.ExitFailedRows {
		t.Fatalf("exit %d, told %v", code, d.told)
	}
	want := []string{
		"u0@acme.example Updated", "u1@acme.example Removed", "u2@acme.example Failed FEED_UNKNOWN_VALUE",
		"u3@acme.example Failed ROW_SPREADSHEET_ERROR", "u4@acme.example Updated",
	}
	if got := d.rowsOf("a", false); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if d.holds(0) != "Alpha" || d.holds(1) != "" || d.holds(2) != "Gamma" || d.holds(4) != "Beta" {
		t.Error("the org holds something else")
	}
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const rules = `  hr:
    target: prod
    folder: FOLDER
    settle: 0s
    rules:
      - {when: 'Country == "DE" && Role startsWith "Rep"', group: Alpha}
      - {when: 'Status in ["left", "retired"] || row["len"] == "0"', group: ""}
      - {when: 'row["Cost Centre"] == ""', fail: "no cost centre"}
      - {when: 'int(Age) > 100', fail: "old"}
      - {otherwise: skip}
`

func TestRulesDecideByAnyColumns(t *testing.T) {
	d := newDrop(t, rules)
	d.org = newPretend(8, "Gamma")
	d.write("a.csv", "Username,Country,Role,Status,Cost Centre,len,Age\n"+
		"u0@acme.example,DE,Rep 1,,7,1,30\n"+
		"u1@acme.example,FR,,left,7,1,30\n"+
		"u2@acme.example,FR,,,7,0,30\n"+
		"u3@acme.example,FR,,,,1,30\n"+
		"u4@acme.example,FR,,,7,1,secret-cell\n"+
		"u5@acme.example,FR,,,7,1,30\n")
	if code := d.once(); code != run.ExitFailedRows {
		t.Fatalf("exit %d, told %v", code, d.told)
	}
	want := []string{
		"u0@acme.example Updated", "u1@acme.example Removed", "u2@acme.example Removed", "u3@acme.example Failed FEED_RULE",
		"u4@acme.example Failed FEED_RULE", "u5@acme.example Skipped FEED_NO_RULE",
	}
	if got := d.rowsOf("a", false); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for row, err := range results.Read(d.latest("a").Files.Results) {
		if err != nil || strings.Contains(row.Reason, "secret-cell") {
			t.Errorf("%v, %q", err, row.Reason)
		}
	}
}

func TestARuleWhoseColumnIsMissingRefusesTheFile(t *testing.T) {
	d := newDrop(t, rules)
	d.write("a.csv", "Username,Country\nu0@acme.example,DE\n")
	if code := d.once(); code != run.ExitUsage {
		t.Fatalf("exit %d", code)
	}
	if s := d.latest("a"); !strings.Contains(s.Refused, "rule 1 does not fit the header") || !strings.Contains(s.Refused, "Role") {
		t.Error(s.Refused)
	}
}

func TestOnlyOwnGroupsAreGivenAndTaken(t *testing.T) {
	for _, c := range []struct {
		name, more string
		want       []string
	}{
		{"as it is", "", []string{
			"u0@acme.example Updated", "u1@acme.example Failed FEED_NOT_OWNED", "u2@acme.example Failed FEED_NOT_OWNED",
			"u3@acme.example Skipped FEED_PROTECTED", "u4@acme.example Skipped FEED_PROTECTED",
		}},
		{"with take_over", ", take_over: true", []string{
			"u0@acme.example Updated", "u1@acme.example Failed FEED_NOT_OWNED", "u2@acme.example Updated",
			"u3@acme.example Skipped FEED_PROTECTED", "u4@acme.example Skipped FEED_PROTECTED",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDrop(t, "  hr: {target: prod, folder: FOLDER, settle: 0s, owns: [Alpha, Beta], protect: [U3@acme.example, Eid0004]"+c.more+"}\n")
			d.org = newPretend(6, "")
			d.org.users[userName(2)].Group, d.org.users[userName(2)].Request, d.org.users[userName(2)].Status = "Gamma", "Gamma", "success"
			d.write("a.csv", roster(0, 0, "Alpha")+userName(1)+",Gamma\n"+strings.TrimPrefix(roster(2, 4, "Beta"), "Username,Group\n"))
			d.once()
			if got := d.rowsOf("a", false); !slices.Equal(got, c.want) {
				t.Errorf("%q, told %v", got, d.told)
			}
		})
	}
}

func TestWhatIsNotExpectedIsHeld(t *testing.T) {
	for _, c := range []struct {
		name, expect, first, second, code string
	}{
		{"too few rows", "{rows: 3..}", roster(0, 4, "Beta"), roster(0, 1, "Gamma"), run.HoldRows},
		{"too many rows", "{rows: 1..5}", roster(0, 4, "Beta"), roster(0, 9, "Gamma"), run.HoldRows},
		{"too many changes", "{change: 30%}", roster(0, 1, "Beta"), roster(0, 12, "Beta"), run.HoldChange},
		{"the same bytes", "{new: true}", roster(0, 4, "Beta"), roster(0, 4, "Beta"), run.HoldRepeated},
		{"an older name", "{rising: true}", roster(0, 4, "Beta"), roster(0, 4, "Gamma"), run.HoldOlder},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDrop(t, "  hr: {target: prod, folder: FOLDER, settle: 0s, expect: "+c.expect+"}\n")
			d.org = newPretend(20, "Alpha")
			d.write("b.csv", c.first)
			if code := d.once(); code != 0 {
				t.Fatalf("exit %d, told %v", code, d.told)
			}
			d.write("a.csv", c.second)
			if code := d.once(); code != run.ExitGuard {
				t.Fatalf("exit %d, told %v", code, d.told)
			}
			if s := d.latest("a"); len(s.Holds) != 1 || s.Holds[0].Code != c.code || len(s.Reasons) > 0 && s.Reasons[0].ReasonCode != c.code {
				t.Errorf("%+v, %+v", s.Holds, s.Reasons)
			}
			d.at(map[State]string{Done: "b.csv", Held: "a.csv"})
		})
	}
}

const full = "  hr: {target: prod, folder: FOLDER, settle: 0s, mode: full, owns: [Alpha, Beta], expect: {rows: 1..}, protect: [u9@acme.example]%s}\n"

// newFull is an org in which users 0 to 9 hold Alpha, 10 holds Gamma, 11 has Alpha requested, and 12 holds Alpha and is inactive.
func newFull(t *testing.T, more string) *drop {
	d := newDrop(t, fmt.Sprintf(full, more))
	d.org = newPretend(13, "Alpha")
	d.org.users[userName(10)].Group, d.org.users[userName(10)].Request = "Gamma", "Gamma"
	d.org.users[userName(11)].Group, d.org.users[userName(11)].Status = "", "failed"
	d.org.users[userName(12)].Active = false
	return d
}

func TestWhoIsInNoLineOfAWholeFileIsRemoved(t *testing.T) {
	d := newFull(t, "")
	d.write("a.csv", roster(0, 4, "Alpha")+userName(5)+",Beta\n")
	if code := d.once(); code != 0 {
		t.Fatalf("exit %d, told %v", code, d.told)
	}
	slices.Sort(d.org.removed)
	want := []string{userName(11), userName(12), userName(6), userName(7), userName(8)}
	if !slices.Equal(d.org.removed, want) {
		t.Errorf("removed %v", d.org.removed)
	}
	s := d.latest("a")
	if s.Absent["Removed"] != 5 || s.Absent["Skipped"] != 1 || s.Roster.Rows != 6 || s.Results["Updated"] != 1 || s.Results["Unchanged"] != 5 {
		t.Errorf("%v, %v", s.Absent, s.Results)
	}
	if got := d.rowsOf("a", true); len(got) != 6 || got[0] != "u6@acme.example Removed" || got[3] != "u9@acme.example Skipped FEED_PROTECTED" {
		t.Errorf("%q", got)
	}
	if err := results.Prove(s.Files.Absent, 7, 6, map[transform.Word]int{transform.Removed: 5, transform.Skipped: 1}, nil); err != nil {
		t.Error(err)
	}
}

func TestAnUnknownLineCouldBeAnyAbsentUser(t *testing.T) {
	for _, c := range []struct{ name, line string }{
		{"a user that the org does not know", "typo@acme.example,Alpha\n"},
		{"a line without a user", ",Alpha\n"},
		{"a broken quote", "\"u5@acme.example\"x,Alpha\n"},
		{"a line with too few cells", "u5@acme.example\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newFull(t, "")
			d.write("a.csv", roster(0, 3, "Alpha")+userName(4)+",Beta\n"+c.line)
			if code := d.once(); code != run.ExitFailedRows {
				t.Fatalf("exit %d, told %v", code, d.told)
			}
			if len(d.org.removed) > 0 || d.holds(4) != "Beta" {
				t.Errorf("removed %v, u4 holds %s", d.org.removed, d.holds(4))
			}
			s := d.latest("a")
			if s.Absent["Not attempted"] != 6 || !strings.Contains(strings.Join(s.Warnings, " "), "line 7") {
				t.Errorf("%v, %v", s.Absent, s.Warnings)
			}
		})
	}
}

func TestALineWithAFaultKeepsItsUser(t *testing.T) {
	d := newFull(t, ", blank: reject")
	d.write("a.csv", roster(0, 8, "Alpha")+userName(11)+",\n"+userName(12)+",Alpha\n"+userName(12)+",Beta\n") // a blank, and a contradiction
	if code := d.once(); code != run.ExitFailedRows || len(d.org.removed) > 0 {
		t.Errorf("exit %d, removed %v", code, d.org.removed)
	}
}

func TestUnknownLinesMayBeToleratedOrHoldTheRun(t *testing.T) {
	d := newFull(t, ", unknown: 1")
	d.write("a.csv", roster(0, 8, "Alpha")+"typo@acme.example,Alpha\n")
	if d.once(); len(d.org.removed) != 2 {
		t.Errorf("tolerated: removed %v", d.org.removed)
	}
	d = newFull(t, ", unknown: hold")
	d.write("a.csv", roster(0, 8, "Beta")+"typo@acme.example,Alpha\n")
	if code := d.once(); code != run.ExitGuard || len(d.org.applied) > 0 {
		t.Errorf("hold: exit %d, sent %v", code, d.org.applied)
	}
	if s := d.latest("a"); s.Holds[0].Code != run.HoldUnknown {
		t.Errorf("%+v", s.Holds)
	}
}

func TestACorrectedFailedFileIsNotTheWholeRoster(t *testing.T) {
	d := newFull(t, "")
	d.write("a.csv", "Username,Group,reason_code,reason\n"+userName(0)+",Beta,USER_NOT_FOUND,no such user\n")
	if code := d.once(); code != 0 || len(d.org.removed) > 0 || d.holds(0) != "Beta" {
		t.Errorf("exit %d, removed %v, told %v", code, d.org.removed, d.told)
	}
	if s := d.latest("a"); !strings.Contains(strings.Join(s.Warnings, " "), "is read as changes") {
		t.Errorf("%v", s.Warnings)
	}
}

func TestAnEmptyFileRemovesNoUser(t *testing.T) {
	for _, text := range []string{"", "Username,Group\n", "Username,Group\n,Alpha\n"} {
		d := newFull(t, "")
		d.write("a.csv", text)
		if d.once(); len(d.org.applied) > 0 {
			t.Errorf("%q removed %v", text, d.org.removed)
		}
	}
}

func TestHalfOfYesterdaysFileIsHeld(t *testing.T) {
	d := newFull(t, "")
	d.org = newPretend(40, "Alpha")
	d.write("a.csv", roster(0, 39, "Alpha"))
	if code := d.once(); code != 0 {
		t.Fatalf("exit %d, told %v", code, d.told)
	}
	d.write("b.csv", roster(0, 19, "Alpha"))
	if code := d.once(); code != run.ExitGuard || len(d.org.removed) > 0 {
		t.Fatalf("exit %d, removed %v", code, d.org.removed)
	}
	page, _ := os.ReadFile(strings.TrimSuffix(d.latest("b").Files.Summary, "summary.json") + "answer.txt")
	if !strings.Contains(string(page), "are missing in the file") {
		t.Errorf("%s", page)
	}
}

func TestOneNewHireIsOneAssignment(t *testing.T) {
	d := newFull(t, "")
	d.org = newPretend(20, "Alpha")
	for n := 19; n < 20; n++ {
		*d.org.users[userName(n)] = transform.Standing{ID: d.org.users[userName(n)].ID, Active: true}
	}
	d.write("a.csv", roster(0, 19, "Alpha"))
	if code := d.once(); code != 0 || len(d.org.applied) != 1 || d.holds(19) != "Alpha" {
		t.Errorf("exit %d, sent %v", code, d.org.applied)
	}
}
