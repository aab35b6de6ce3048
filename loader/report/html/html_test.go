package html

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/csv"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rosterload/loader/page"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

var packedRows = regexp.MustCompile(`(?s)<script type="application/octet-stream" id="rows">(.*?)</script>`)

// rowsOf reads the rows of a page as its script does.
func rowsOf(t testing.TB, text string) [][]string {
	t.Helper()
	found := packedRows.FindStringSubmatch(text)
	if found == nil {
		t.Fatal("the page has no rows")
	}
	packed, err := base64.StdEncoding.DecodeString(found[1])
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for line := range strings.Lines(string(plain)) {
		var cells []string
		for _, cell := range strings.Split(strings.TrimSuffix(line, "\n"), "\t") {
			cells = append(cells, strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n").Replace(cell))
		}
		all = append(all, cells)
	}
	return all
}

func TestThePageHoldsEveryRowOfTheResults(t *testing.T) {
	r := night(t)
	got := rowsOf(t, written(t, r))
	f, err := os.ReadFile(r.Results)
	if err != nil {
		t.Fatal(err)
	}
	want, err := csv.NewReader(bytes.NewReader(f)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i := range want { // but what the page says above them
		want[i] = append(want[i][:16], want[i][18:]...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestACellOfTheRosterComesThroughWhateverItHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		known := []string{`\t`, "a\tb\nc\\n", "two\r\nlines", "</script><b>", "\u202e", rowsMark, "=1+1", "\xff"}
		cell := rapid.OneOf(rapid.String(), rapid.SampledFrom(known)).Draw(rt, "cell")
		line := string(appendCell(nil, cell))
		if strings.ContainsAny(line, "\t\n") {
			rt.Fatalf("%q breaks its line", line)
		}
		if got := strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n").Replace(line); got != page.Plain(cell) {
			rt.Errorf("%q came as %q", cell, got)
		}
	})
}

func TestAHostileRosterIsText(t *testing.T) {
	const markup = `</script><script>alert(1)</script><img src=x onerror=alert(1)>` + rowsMark
	r := nightOf(t, []results.Row{
		{Row: 1, Key: markup, Action: "remove", Result: "Removed", Before: markup, Reason: "x"},
		{
			Row: 2, Key: "=HYPERLINK(1)", Action: "move", Result: "Failed", ReasonCode: "SF_" + markup, Before: "a\u202eb",
			Requested: strings.Repeat("W", 10_000),
		},
	}, []string{markup}, func(int) []string { return []string{markup} })
	r.Summary.Roster.Name, r.Summary.Org.Name, r.Summary.Warnings = markup+".csv", markup, []string{markup}
	r.Run.Seal.Roster = markup + "'.csv"
	text := written(t, r)
	if strings.Contains(text, "<script>alert") || strings.Contains(text, "<img") {
		t.Error("a text became markup")
	}
	if strings.Contains(text, "\u202e") {
		t.Error("a mark of direction stands in the page")
	}
	if got := rowsOf(t, text); len(got) != 3 || got[1][1] != markup || len(got[2][10]) != 10_000 {
		t.Errorf("the rows are not as they were: %.300q", got)
	}
}

func TestALongCellIsCutAndSaysSo(t *testing.T) {
	if whole := strings.Repeat("é", mostLetters); cut(whole) != whole {
		t.Error("a cell that fits was cut")
	}
	got := cut(strings.Repeat("é", mostLetters+1000))
	if want := strings.Repeat("é", mostLetters) + " … (1,000 more letters are in the results file)"; got != want {
		t.Errorf("…%s", got[len(got)-80:])
	}
}

// What is told of a choice is what it does, and no failure is left out as long as there is room.
func TestAChoiceKeepsItsWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.IntRange(0, 3000).Draw(t, "total")
		failing := rapid.IntRange(0, total).Draw(t, "failing")
		most := rapid.IntRange(1, 300).Draw(t, "most")
		c, taken, failed := newChoice(total, failing, most), 0, 0
		for i := range total {
			word := "Updated"
			if i%2 == 0 && failing*2 > i || total-i <= failing-c.failures {
				word = "Failed"
			}
			if c.takes(word) {
				taken++
				if word == "Failed" {
					failed++
				}
			}
		}
		switch {
		case taken > most && total > most:
			t.Errorf("%d of %d rows, and %d are the most", taken, total, most)
		case (c.Said == "") != (taken == total):
			t.Errorf("%d of %d rows: %q", taken, total, c.Said)
		case c.Said != "" && !strings.Contains(c.Said, "holds "+page.Count(taken)+" of them"):
			t.Errorf("%d rows, and %q", taken, c.Said)
		case failing < most && failed != c.failures:
			t.Errorf("%d of %d failures", failed, c.failures)
		}
	})
}

func TestBeyondTheMostThePageSaysWhatItHolds(t *testing.T) {
	r := night(t)
	r.most = 2
	text := written(t, r)
	if got := rowsOf(t, text); len(got) != 3 || got[1][3] != "Updated" || got[2][3] != "Failed" {
		t.Errorf("%q", got)
	}
	want := "The run has 3 rows. This page holds 2 of them: all 1 that failed or were not attempted, and every 2nd of the others."
	if !strings.Contains(text, want) {
		t.Errorf("it does not say %q", want)
	}
}

func TestAJobThatIsOutOfOrderIsSaid(t *testing.T) {
	r := night(t)
	if text := written(t, r); !strings.Contains(text, "The first row of upserts was sent 2.0 s after the last job of removals was over.") {
		t.Error("the order is not told")
	}
	r.Summary.Jobs[1].BeganAt = stamp(2)
	if text := written(t, r); !strings.Contains(text, `<p class="note bad">An upsert was sent before the removals were over.</p>`) {
		t.Error("a broken order is not told")
	}
	r.Summary.Jobs[0].EndedAt, r.Summary.Jobs = "", r.Summary.Jobs[:1]
	if text := written(t, r); !strings.Contains(text, "not over yet") || strings.Contains(text, "barrier") {
		t.Error("a job that is not over has a barrier")
	}
}

func TestRemovalsAndMovesAreNamedAndReasonsExplained(t *testing.T) {
	text := written(t, night(t))
	for _, want := range []string{
		"Removals: 1", "<bdi>bob@acme.example</bdi>", "Moves: 1", "<bdi>ann@acme.example</bdi>", "leavers of November", "HR-17",
		`<a href="#reason=USER_NOT_FOUND">USER_NOT_FOUND</a>`, "No user of the org has this key.", `<a href="#row=3">row 3</a>`,
		"rosterload verify nightly.20261123T021500Z-4f7c.results.csv", "ssh-keygen -Y verify",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %s", want)
		}
	}
}

// A report that is made later must have the bytes of one that was made with its revision.
func TestWhatHappenedAfterwardsIsNotInTheReport(t *testing.T) {
	r := night(t)
	r.Summary.Holds = []results.Hold{{Code: "HOLD_REMOVALS", Text: "41 of 50"}}
	r.Run.Approvals = []run.Word{{By: "eve@host", Reason: "counted", Lifts: []string{"HOLD_REMOVALS"}, At: began.Add(time.Second)}}
	before := written(t, r)
	if !strings.Contains(before, "41 of 50") || !strings.Contains(before, "eve@host") {
		t.Error("hold and approval are missing")
	}
	r.Run.Approvals = append(r.Run.Approvals, run.Word{By: "later@host", Reason: "x", At: began.Add(time.Hour)})
	if after := written(t, r); after != before {
		t.Error("a later word changes the report of an earlier revision")
	}
}

func TestADeliveryThatIsNoRosterHasAReport(t *testing.T) {
	r := night(t)
	r.Results, r.Summary.Results, r.Summary.Jobs, r.Summary.Reasons, r.Summary.Roster.Rows = "", nil, nil, nil, 0
	r.Summary.Refused = "this is a results file"
	text := written(t, r)
	if !strings.Contains(text, "this is a results file") || strings.Contains(text, `id="grid"`) {
		t.Error("it does not say so, or has rows")
	}
}

func TestAShellTakesTheCommandsAsTheyAre(t *testing.T) {
	for name, want := range map[string]string{
		"nightly.csv": "nightly.csv", "a b.csv": "'a b.csv'", "it's.csv": `'it'\''s.csv'`, "-rf": "'-rf'", "$(x)": "'$(x)'",
	} {
		if got := quoted(name); got != want {
			t.Errorf("%s becomes %s, want %s", name, got, want)
		}
	}
}

func TestOnPaperStandTheFirstRowsAndTheRestIsSaid(t *testing.T) {
	rows := make([]results.Row, mostPrinted+1)
	for i := range rows {
		rows[i] = results.Row{Row: i + 1, Key: "last", Action: "assign", Result: "Updated", Requested: strings.Repeat("é", mostPrintedLetters+i)}
	}
	r := nightOf(t, rows, nil, func(int) []string { return nil })
	_, paper, _ := strings.Cut(written(t, r), `<div id="print" class="paper">`)
	paper, _, _ = strings.Cut(paper, "</section>")
	if n := strings.Count(paper, "<tr>"); n != mostPrinted+1 { // and the heading
		t.Errorf("%d lines", n)
	}
	if strings.Count(paper, strings.Repeat("é", mostPrintedLetters)+"</bdi>") != 1 || strings.Count(paper, " …</bdi>") != mostPrinted-1 {
		t.Error("long cells are not cut as they should be")
	}
	if !strings.Contains(paper, "The first 500 of 501 rows;") {
		t.Error("the rest is not said")
	}
}

func TestUsersInNoLineStandBehindTheRoster(t *testing.T) {
	r, gone := night(t), nightOf(t, []results.Row{
		{Row: 4, Key: "dan@acme.example", Action: "remove", Result: "Removed", Before: "Cardio West", JobID: "750A", Attempts: 1},
	}, nil, func(int) []string { return nil })
	r.Absent, r.Summary.Absent = gone.Results, gone.Summary.Results
	text := written(t, r)
	got := rowsOf(t, text)
	if last := got[len(got)-1]; len(got) != 5 || last[0] != "4" || last[1] != "dan@acme.example" || last[3] != "Removed" {
		t.Errorf("%q", got)
	}
	for _, want := range []string{
		"Removals: 2", "<bdi>dan@acme.example</bdi>", "Users in no line", "Rows behind row 3 are users in no line", "4 rows</caption>",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %s", want)
		}
	}
}

// The console shows the top over rows of its own, and its links lead there.
func TestTheTopStandsAlone(t *testing.T) {
	r := night(t)
	r.Link = func(column, value string) string { return "/rows?" + column + "=" + value }
	top, err := r.Top()
	if err != nil {
		t.Fatal(err)
	}
	has := func(text string) bool { return strings.Contains(string(top), text) }
	if !has(`href="/rows?reason=USER_NOT_FOUND"`) || !has("Removals: 1") || has(`id="grid"`) {
		t.Errorf("%s", top)
	}
}
