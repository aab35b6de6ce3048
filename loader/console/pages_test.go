package console

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rosterload/loader/feeds"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

var runID = regexp.MustCompile(`/run/(\d{8}T\d{6}Z-[0-9a-f]{4})"`)

// listedIn are the runs that a page of the list shows, in order.
func listedIn(text string) (ids []string) {
	for _, found := range runID.FindAllStringSubmatch(text, -1) {
		ids = append(ids, found[1])
	}
	return ids
}

func TestTheListOfRunsIsNarrowed(t *testing.T) {
	g := newRig(t)
	monday := g.load(t, "prod", "monday.csv", "", rows(6)).ID
	tuesday := g.load(t, "sandbox", "tuesday.csv", "hr", rows(2)).ID // none failed
	held := g.begun(t, "prod", "wednesday.csv", "hr", 3, results.Hold{Code: run.HoldRows, Text: "fewer rows than 100"})
	held.Close()
	for query, want := range map[string][]string{
		"":                             {held.Run.ID, tuesday, monday},
		"?q=MONDAY":                    {monday},
		"?q=hr-17+prod+monday":         {monday},
		"?q=acme":                      {held.Run.ID, tuesday, monday},
		"?q=nowhere":                   nil,
		"?target=sandbox":              {tuesday},
		"?feed=hr":                     {held.Run.ID, tuesday},
		"?result=Failed":               {monday},
		"?result=Updated":              {tuesday, monday},
		"?state=held":                  {held.Run.ID},
		"?state=over&target=prod":      {monday},
		"?state=over&target=elsewhere": nil,
		"?q=" + monday:                 {monday},
	} {
		if got := listedIn(g.page(t, "/"+query)); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}

func TestTheListKeepsUpWithTheHome(t *testing.T) {
	g := newRig(t)
	if text := g.page(t, "/"); !strings.Contains(text, "No run is like that") {
		t.Errorf("an empty home: %s", text)
	}
	w := g.begun(t, "prod", "monday.csv", "", 2)
	if text := g.page(t, "/"); !strings.Contains(text, "running") || !strings.Contains(text, "data-moves") {
		t.Errorf("a run that a process holds: %s", text)
	}
	w.Close()
	if text := g.page(t, "/"); strings.Contains(text, ">running<") || strings.Contains(text, "data-moves") {
		t.Errorf("a run that was let go: %s", text)
	}
	put(t, w.Run.Path(run.JournalFile), []byte("{}\n{}\n"))
	if text := g.page(t, "/"); !strings.Contains(text, "unreadable") || !strings.Contains(text, "cannot be believed") {
		t.Errorf("a journal that was spoilt: %s", text)
	}
	must(t, os.RemoveAll(w.Run.Folder))
	if ids := listedIn(g.page(t, "/")); len(ids) > 0 {
		t.Errorf("a run that is gone: %v", ids)
	}
}

func TestLongListsHavePages(t *testing.T) {
	g := newRig(t)
	var ids []string
	for range runsShown + 3 {
		w := g.begun(t, "prod", "monday.csv", "", 1)
		w.Close()
		ids = append([]string{w.Run.ID}, ids...)
	}
	for query, want := range map[string][]string{
		"": ids[:runsShown], "?page=2": ids[runsShown:], "?page=99999999999999": ids[runsShown:],
		"?page=99999999999999999999": ids[:runsShown], "?page=9": ids[runsShown:], "?page=-1": ids[:runsShown], "?page=x": ids[:runsShown],
	} {
		if got := listedIn(g.page(t, "/"+query)); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %d runs", query, len(got))
		}
	}
	text := g.page(t, "/?target=prod&page=2")
	if !strings.Contains(text, `href="/?page=1&amp;target=prod"`) || strings.Contains(text, "Next page") {
		t.Errorf("the way back keeps the filter: %s", text)
	}
}

var rowLine = regexp.MustCompile(`<td class="number">([\d,]+)</td><td><a href="/person`)

func rowsIn(text string) (numbers []string) {
	for _, found := range rowLine.FindAllStringSubmatch(text, -1) {
		numbers = append(numbers, found[1])
	}
	return numbers
}

func TestTheRowsOfARunAreNarrowedAndHavePages(t *testing.T) {
	g := newRig(t)
	path := "/run/" + g.load(t, "prod", "monday.csv", "", rows(1003)).ID
	for query, want := range map[string]struct {
		said        string
		count       int
		first, last string
	}{
		"":                            {"1,003 rows", 100, "1", "100"},
		"?page=2":                     {"1,003 rows", 100, "101", "200"},
		"?page=11":                    {"1,003 rows", 3, "1,001", "1,003"},
		"?page=4000":                  {"1,003 rows", 3, "1,001", "1,003"},
		"?result=Failed":              {"201 of 1,003 rows", 100, "3", "498"},
		"?result=Failed&page=3":       {"201 of 1,003 rows", 1, "1,003", "1,003"},
		"?result=Failed&page=99":      {"201 of 1,003 rows", 1, "1,003", "1,003"},
		"?action=remove&page=2":       {"200 of 1,003 rows", 100, "505", "1,000"},
		"?reason=ENGAGE_NO_LICENSES":  {"201 of 1,003 rows", 100, "3", "498"},
		"?reason=OTHER":               {"0 of 1,003 rows", 0, "", ""},
		"?q=USER00042":                {"1 of 1,003 rows", 1, "42", "42"},
		"?q=licences+user00003":       {"1 of 1,003 rows", 1, "3", "3"},
		"?q=user00003&result=Updated": {"0 of 1,003 rows", 0, "", ""},
		"?q=0055f0000000007AAA":       {"1 of 1,003 rows", 1, "7", "7"},
	} {
		text := g.page(t, path+query)
		got := rowsIn(text)
		if len(got) != want.count || len(got) > 0 && (got[0] != want.first || got[len(got)-1] != want.last) ||
			!strings.Contains(text, ">"+want.said+"<") {
			t.Errorf("%s: %d rows %v, want %+v", query, len(got), got, want)
		}
	}
	if text := g.page(t, path); !strings.Contains(text, `<input type="search"`) || !strings.Contains(text, `<select name="result"`) ||
		!strings.Contains(text, `<select name="action"`) || !strings.Contains(text, `<select name="reason"`) {
		t.Error("the contract's search and filters are not there")
	}
}

// A changed file is told of at the top, in red, with the row; the rows of a changed copy are not shown at all.
func TestAChangedFileIsToldOf(t *testing.T) {
	for name, c := range map[string]struct {
		path  func(*run.Run) string
		want  string
		shown bool
	}{
		"beside the roster": {
			func(r *run.Run) string { return r.Stem() + ".results.csv" },
			"column result says &#34;Removed&#34;, written was &#34;Updated&#34;", true,
		},
		"in the run's folder": {func(r *run.Run) string { return r.RevisionPath(1) }, "results-1.csv was changed", false},
		"the summary":         {func(r *run.Run) string { return r.SummaryPath(1) }, "its summary cannot be believed", true},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			r := g.load(t, "prod", "monday.csv", "", rows(4))
			sound := g.page(t, "/run/"+r.ID)
			if strings.Contains(sound, `role="alert"`) || !strings.Contains(sound, "are as they were written") {
				t.Fatalf("untouched: %s", sound)
			}
			was, err := os.ReadFile(c.path(r))
			must(t, err)
			put(t, c.path(r), bytes.ReplaceAll(was, []byte("Updated"), []byte("Removed")))
			text := g.page(t, "/run/"+r.ID)
			if !strings.Contains(text, c.want) || c.shown != (len(rowsIn(text)) == 4) {
				t.Errorf("%d rows: %s", len(rowsIn(text)), text)
			}
			if name != "the summary" && !strings.Contains(text, `class="note bad" role="alert"`) {
				t.Errorf("it is not red: %s", text)
			}
			check := g.page(t, "/ledger?check=now")
			if changed := name != "in the run's folder"; strings.Contains(check, `role="alert"`) == changed && name != "the summary" {
				t.Errorf("the check of the whole home: %s", check)
			}
		})
	}
}

func TestARunThatHasNotComeToAnEnd(t *testing.T) {
	g := newRig(t)
	w := g.begun(t, "prod", "monday.csv", "", 3)
	text := g.page(t, "/run/"+w.Run.ID)
	for _, want := range []string{"running", "data-moves", "No row has a result yet", "has no evidence"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	w.Close()
	held := g.begun(t, "prod", "tuesday.csv", "hr", 3, results.Hold{
		Code: run.HoldRemovals,
		Text: "4 removals are more than 20%", Found: "4", Limit: "20%",
	})
	held.Close()
	for path, wanted := range map[string][]string{
		"/run/" + held.Run.ID: {
			"HOLD_REMOVALS", "rosterload approve " + held.Run.ID + " --reason TEXT --removals 4",
			"rosterload reject " + held.Run.ID,
		},
		"/feeds": {"HOLD_REMOVALS", "4 removals are more than 20%", "rosterload approve " + held.Run.ID, "no config here"},
	} {
		text := g.page(t, path)
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in %s", path, want, text)
			}
		}
	}
}

func TestAPersonHasAHistory(t *testing.T) {
	g := newRig(t)
	first := g.load(t, "prod", "monday.csv", "", rows(6)).ID
	second := g.load(t, "sandbox", "tuesday.csv", "hr", rows(6)).ID
	for query, want := range map[string][]string{
		"key=user00002@acme.example":                  {first, second},
		"key=USER00002@Acme.Example":                  {first, second},
		"key=0055f0000000002AAA":                      {first, second},
		"key=user00002@acme.example&target=sandbox":   {second},
		"key=user00002@acme.example&target=elsewhere": nil,
		"key=stranger@acme.example":                   nil,
		"key=":                                        nil,
	} {
		if got := listedIn(g.page(t, "/person?"+query)); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	if text := g.page(t, "/person?key=user00002@acme.example"); !strings.Contains(text, "quarterly HR-17") ||
		!strings.Contains(text, "row 2, line 3") {
		t.Errorf("%s", text)
	}
	if text := g.page(t, "/person?key=stranger"); !strings.Contains(text, "has such a person") {
		t.Errorf("%s", text)
	}
}

func TestAPersonOfAChangedFileIsRed(t *testing.T) {
	g := newRig(t)
	r := g.load(t, "prod", "monday.csv", "", rows(6))
	text, err := os.ReadFile(r.RevisionPath(1))
	must(t, err)
	must(t, os.WriteFile(r.RevisionPath(1), bytes.Replace(text, []byte("Updated"), []byte("Removed"), 1), 0o600))
	shown := g.page(t, "/person?key=user00002@acme.example")
	for _, want := range []string{`class="note bad"`, r.ID + ": results-1.csv was changed since it was written", "No other run"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q in %s", want, shown)
		}
	}
	if strings.Contains(shown, "row 2, line 3") {
		t.Error("rows that do not hold are shown")
	}
}

func TestTheLedgerIsListedAndChecked(t *testing.T) {
	g := newRig(t)
	r := g.load(t, "prod", "monday.csv", "", rows(3))
	text := g.page(t, "/ledger")
	if ids := listedIn(text); len(ids) != 1 || ids[0] != r.ID || !strings.Contains(text, "namespaces=") {
		t.Errorf("%v: %s", ids, text)
	}
	if text := g.page(t, "/ledger?check=now"); !strings.Contains(text, "All holds. Read were 2 entries, 1 manifests and") {
		t.Errorf("%s", text)
	}
	for head, want := range map[string]string{
		"9:" + strings.Repeat("a", 64): "its end was cut off", "2:" + strings.Repeat("a", 64): "was written again",
		"nonsense": "is no head such as",
	} {
		if text := g.page(t, "/ledger?check=now&head="+head); !strings.Contains(text, want) {
			t.Errorf("%s: %s", head, text)
		}
	}
	must(t, os.Truncate(filepath.Join(g.Home.Folder, "ledger.jsonl"), 30))
	if text := g.page(t, "/ledger"); !strings.Contains(text, "The ledger does not hold.") {
		t.Errorf("%s", text)
	}
}

func TestFeedsAreReadAgainEachTime(t *testing.T) {
	g := newRig(t)
	folder := t.TempDir()
	put(t, filepath.Join(folder, "people.csv"), []byte("a,b\n"))
	all, bad := []*feeds.Feed(nil), error(nil)
	g.Feeds = func() ([]*feeds.Feed, error) { return all, bad }
	if text := g.page(t, "/feeds"); !strings.Contains(text, "names no feed") {
		t.Errorf("%s", text)
	}
	all = []*feeds.Feed{
		{Name: "hr", Target: "prod", Folder: folder, Match: "*.csv", Mode: "full"},
		{Name: "gone", Target: "prod", Folder: filepath.Join(folder, "nowhere"), Match: "*.csv", Mode: "changes"},
	}
	g.load(t, "prod", "monday.csv", "hr", rows(3))
	text := g.page(t, "/feeds")
	if !strings.Contains(text, ">hr<") || !strings.Contains(text, "monday.csv") || !strings.Contains(text, ">trouble<") {
		t.Errorf("%s", text)
	}
	must(t, run.Pause(g.Home.Folder, "prod", "anna@host"))
	if text := g.page(t, "/feeds"); !strings.Contains(text, "Target prod is paused") || !strings.Contains(text, ">paused<") {
		t.Errorf("%s", text)
	}
	bad = fmt.Errorf("rosterload.yaml:3:4: no such thing")
	if text := g.page(t, "/feeds"); !strings.Contains(text, "rosterload.yaml:3:4: no such thing") {
		t.Errorf("%s", text)
	}
}

// values are what a form sends: they are sent as they are and are not seen.
var values = regexp.MustCompile(`value="[^"<>]*"`)

// Whatever a roster, an org or a person put into a cell is text on every page.
func TestCellsAreText(t *testing.T) {
	const hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u202egnp.exe\x1b[31m=1+1"
	g := newRig(t)
	all := rows(2)
	for i := range all {
		all[i].Key, all[i].Reason, all[i].ReasonCode, all[i].Before, all[i].RecordID = hostile, hostile, hostile, hostile,
			"0055f0000000002AAA"
	}
	all[1].Requested = strings.Repeat("<b>x</b>", 1250)
	r := g.load(t, hostile, "a'\"<b>.csv", hostile, all)
	g.Feeds = func() ([]*feeds.Feed, error) {
		return []*feeds.Feed{{Name: hostile, Target: hostile, Folder: hostile, Mode: hostile}}, nil
	}
	for _, path := range []string{
		"/", "/?q=" + url.QueryEscape(hostile), "/?target=" + url.QueryEscape(hostile), "/run/" + r.ID,
		"/run/" + r.ID + "?reason=" + url.QueryEscape(hostile),
		"/person?key=" + url.QueryEscape(hostile), "/person?key=0055f0000000002AAA", "/feeds",
		"/ledger?check=now&head=" + url.QueryEscape(hostile), "/run/" + url.PathEscape(hostile),
	} {
		_, text := g.get(t, path)
		text = values.ReplaceAllString(text[strings.Index(text, "<main"):strings.Index(text, "</main>")], "")
		for _, bad := range []string{"<script", "<img", "<b>x", "\u202e", "\x1b", "javascript:"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s holds %q: %s", path, bad, text)
			}
		}
	}
	if text := g.page(t, "/run/"+r.ID); !strings.Contains(text, `\u202egnp.exe\x1b[31m`) {
		t.Errorf("marks that are not seen are not spelled out: %s", text)
	}
}

// kept is what lies in a folder: contents and times of all files, names and times of all folders.
func kept(t *testing.T, folder string) string {
	t.Helper()
	var all strings.Builder
	must(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		must(t, err)
		text := []byte{}
		if d.Type().IsRegular() {
			text, err = os.ReadFile(path)
			must(t, err)
		}
		fmt.Fprintln(&all, path, info.Mode(), info.ModTime().UnixNano(), digest(text))
		return nil
	}))
	return all.String()
}

// Every page is visited, and not a byte nor a time in the home and beside the rosters is another one, also where an index is missing.
func TestNothingIsEverWritten(t *testing.T) {
	g := newRig(t)
	first := g.load(t, "prod", "monday.csv", "hr", rows(120))
	second := g.load(t, "prod", "tuesday.csv", "", rows(3))
	open := g.begun(t, "prod", "wednesday.csv", "hr", 3, results.Hold{Code: run.HoldRows, Text: "few"})
	open.Close()
	must(t, os.Remove(filepath.Join(first.Folder, "results-1.index")))
	put(t, second.RevisionPath(1), []byte("row,key\n1,x\n"))
	drop := filepath.Join(g.place, "drop")
	must(t, os.MkdirAll(drop, 0o700))
	g.Feeds = func() ([]*feeds.Feed, error) {
		return []*feeds.Feed{{Name: "hr", Target: "prod", Folder: drop, Match: "*.csv", Mode: "full"}}, nil
	}
	homeBefore, placeBefore := kept(t, g.Home.Folder), kept(t, g.place)
	for _, path := range []string{
		"/", "/?q=monday&page=2", "/run/" + first.ID, "/run/" + first.ID + "?result=Failed&check=all", "/run/" + second.ID,
		"/run/" + open.Run.ID, "/run/nowhere",
		"/person", "/person?key=user00002@acme.example&all=yes", "/person?key=stranger", "/feeds", "/ledger",
		"/ledger?check=now", "/ledger?check=now&head=1:x", "/nowhere",
	} {
		if code, text := g.get(t, path); code >= 500 {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
	if kept(t, g.Home.Folder) != homeBefore || kept(t, g.place) != placeBefore {
		t.Error("something was written")
	}
}

var anID = regexp.MustCompile(` id="([^"]*)"`)

// A part of a page is found by its id, so no two of them may have the same one.
func TestIdsAreUnique(t *testing.T) {
	g := newRig(t)
	r := g.load(t, "prod", "monday.csv", "hr", rows(12))
	open := g.begun(t, "prod", "tuesday.csv", "hr", 3)
	for _, path := range []string{
		"/", "/run/" + r.ID, "/run/" + open.Run.ID, "/person?key=user00002@acme.example", "/feeds",
		"/ledger?check=now", "/run/none",
	} {
		_, text := g.get(t, path)
		seen := map[string]bool{}
		for _, found := range anID.FindAllStringSubmatch(text, -1) {
			if seen[found[1]] {
				t.Errorf("%s: %q is there twice", path, found[1])
			}
			seen[found[1]] = true
		}
		if len(seen) < 1 {
			t.Errorf("%s has no ids", path)
		}
	}
}
