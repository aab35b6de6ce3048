package results

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rosterload/transform"
)

func TestTheHeaderIsTheContract(t *testing.T) {
	const contract = "row,key,action,result,reason_code,reason,fields,next_step,record_id,before,requested,after,provisioning_status,job_id,attempts,settled_at,target,run_id"
	if got := strings.Join(Header, ","); got != contract {
		t.Errorf("%s\nwant %s", got, contract)
	}
}

// written writes rows and answers the file's path.
func written(t testing.TB, d Dialect, input []string, rest bool, rows []Row, cells [][][]byte) string {
	t.Helper()
	var b bytes.Buffer
	w := NewResults(&b, d, input, rest)
	for i := range rows {
		if err := w.Write(&rows[i], cells[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "results.csv")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func readAll(t testing.TB, path string) []Row {
	t.Helper()
	var rows []Row
	for r, err := range Read(path) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	return rows
}

// What is written is read back as it was: our columns by gocsv, the roster's byte for byte by encoding/csv.
func TestWhatIsWrittenIsReadBack(t *testing.T) {
	text := rapid.StringMatching(`[a-zé ,;|"'\t]{0,8}`)
	rapid.Check(t, func(rt *rapid.T) {
		d := Dialect{Delimiter: rapid.SampledFrom([]byte(",;\t|")).Draw(rt, "delimiter"), Mark: rapid.Bool().Draw(rt, "mark")}
		n := rapid.IntRange(0, 6).Draw(rt, "rows")
		rows, cells := make([]Row, n), make([][][]byte, n)
		for i := range rows {
			rows[i] = Row{Row: i + 1, Key: "k" + text.Draw(rt, "key"), Reason: "r" + text.Draw(rt, "reason"), Result: "Failed", Attempts: i, RunID: "run", JobID: "x" + text.Draw(rt, "job")}
			for range 2 {
				cells[i] = append(cells[i], []byte(rapid.StringMatching(`[a-z=+@ ,;|"'\n\t]{0,8}`).Draw(rt, "cell")))
			}
		}
		path := written(t, d, []string{"Username", "Group"}, false, rows, cells)
		if diff := cmp.Diff(rows, append([]Row{}, readAll(t, path)...)); diff != "" && n > 0 {
			rt.Fatal(diff)
		}
		data, _ := os.ReadFile(path)
		if bytes.HasPrefix(data, mark) != d.Mark {
			rt.Fatal("the byte order mark is not as the dialect says")
		}
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, mark)))
		r.Comma = rune(d.Delimiter)
		all, err := r.ReadAll()
		if err != nil {
			rt.Fatal(err)
		}
		for i := range cells {
			for k, c := range cells[i] {
				if all[i+1][18+k] != string(c) {
					rt.Fatalf("cell %q came back as %q", c, all[i+1][18+k])
				}
			}
		}
		if err := Prove(path, n, map[transform.Word]int{transform.Failed: n}); err != nil {
			rt.Fatal(err)
		}
	})
}

func one(t *testing.T, d Dialect, input []string, rest bool, row Row, cells ...string) []string {
	t.Helper()
	var raw [][]byte
	for _, c := range cells {
		raw = append(raw, []byte(c))
	}
	data, err := os.ReadFile(written(t, d, input, rest, []Row{row}, [][][]byte{raw}))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

func TestColumnsOfTheRoster(t *testing.T) {
	comma := Dialect{Delimiter: ','}
	lines := one(t, comma, []string{"Username", "result", "Note"}, true, Row{Row: 1}, "a", "b", "c", "d", "e,f")
	if !strings.HasSuffix(lines[0], ",Username,input.result,Note,input.rest") || !strings.HasSuffix(lines[1], `,a,b,c,"d,""e,f"""`) {
		t.Errorf("%q", lines)
	}
	lines = one(t, comma, []string{"Username", "Group"}, true, Row{Row: 1}, "a")
	if !strings.HasSuffix(lines[1], ",a,,") {
		t.Errorf("too few cells: %q", lines[1])
	}
}

func TestCellsThatASpreadsheetWouldRunAreMadeHarmless(t *testing.T) {
	row := Row{Row: 1, Key: "=1+1", Reason: "-x\nsecond line", JobID: "@j", Before: "+b"}
	lines := one(t, Dialect{Delimiter: ','}, []string{"N"}, false, row, "=cmd")
	for _, want := range []string{",'=1+1,", ",'-x second line,", ",'@j,", ",'+b,", ",=cmd"} {
		if !strings.Contains(lines[1], want) {
			t.Errorf("%q is not in %q", want, lines[1])
		}
	}
	if lines = one(t, Dialect{Delimiter: ',', SheetSafe: true}, []string{"N"}, false, row, "=cmd"); !strings.HasSuffix(lines[1], ",'=cmd") {
		t.Errorf("%q", lines[1])
	}
}

func TestFailedLinesComeAsTheyCame(t *testing.T) {
	var b bytes.Buffer
	f := NewFailed(&b, Dialect{Delimiter: ';'}, []string{"Username", "Group"})
	for _, cells := range [][]string{{"a"}, {"b", "x;y", "z"}} {
		var raw [][]byte
		for _, c := range cells {
			raw = append(raw, []byte(c))
		}
		if err := f.Write(&Row{ReasonCode: "ROW_COLUMNS", Reason: "why; really"}, raw); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "Username;Group;reason_code;reason\na;ROW_COLUMNS;\"why; really\"\nb;\"x;y\";z;ROW_COLUMNS;\"why; really\"\n"
	if b.String() != want {
		t.Errorf("%q\nwant %q", b.String(), want)
	}
}

func TestProveFindsWhatIsMissing(t *testing.T) {
	good := "row,key,action,result,a\n1,x,,Updated,\n2,y,,Failed,\n"
	for _, c := range []struct {
		name, text string
		rows       int
		words      map[transform.Word]int
		says       string
	}{
		{"nothing", good, 2, map[transform.Word]int{transform.Updated: 1, transform.Failed: 1}, ""},
		{"a row", good, 3, map[transform.Word]int{transform.Updated: 2, transform.Failed: 1}, "has 2 rows"},
		{"a row that stands twice", strings.Replace(good, "2,y", "1,y", 1), 2, nil, "row 2"},
		{"a word", good, 2, map[transform.Word]int{transform.Updated: 2}, "Updated"},
		{"a word nobody knows", strings.Replace(good, "Failed", "Lost", 1), 2, map[transform.Word]int{transform.Updated: 1}, "add up to 1"},
		{"a cell", strings.Replace(good, "Failed,", "Failed", 1), 2, nil, "row 2"},
		{"the header", "who,key\n", 0, nil, "no results file"},
		{"the end", good[:len(good)-4] + "\"", 2, nil, "row 2"},
	} {
		path := filepath.Join(t.TempDir(), "r.csv")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := Prove(path, c.rows, c.words)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want it to say %q", c.name, err, c.says)
		}
	}
}

func TestTheFourCountsAddUpToTheRows(t *testing.T) {
	tally := NewTally()
	for i, word := range transform.Words {
		for range i + 1 {
			tally.Add(&Row{Row: tally.Rows + 1, Result: string(word), ReasonCode: map[bool]string{true: "SF_X"}[word == transform.Failed], NextStep: "retry"})
		}
	}
	var s Summary
	tally.Into(&s)
	if s.Success+s.Failed+s.Pending+s.Skipped != tally.Rows || s.Success != 1+2+3+4 || s.Failed != 5+8 || len(s.Results) != 8 {
		t.Errorf("%+v", s)
	}
	if want := (Reason{ReasonCode: "SF_X", NextStep: "retry", Count: 5, ExampleRow: 11}); len(s.Reasons) != 1 || s.Reasons[0] != want {
		t.Errorf("%+v", s.Reasons)
	}
	if want := "10 succeeded (1 created, 2 updated, 3 removed, 4 unchanged), 13 failed (8 not attempted), 7 pending, 6 skipped"; s.Line() != want {
		t.Errorf("%s\nwant %s", s.Line(), want)
	}
}

func TestSummaryHasTheKeysOfTheContract(t *testing.T) {
	data, err := json.Marshal(Summary{})
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(data, &keys); err != nil {
		t.Fatal(err)
	}
	for _, key := range strings.Fields("run revision final target kind pretend org as by version options roster jobs started_at ended_at success failed pending skipped results reasons files exit next") {
		if _, there := keys[key]; !there {
			t.Errorf("no key %s", key)
		}
	}
}

func BenchmarkWriteAndProve(b *testing.B) {
	path := filepath.Join(b.TempDir(), "r.csv")
	cells := [][]byte{[]byte("user0000001@acme.example"), []byte("Beta"), []byte("moved by the nightly job of HR")}
	for b.Loop() {
		f, err := os.Create(path)
		if err != nil {
			b.Fatal(err)
		}
		w := NewResults(f, Dialect{Delimiter: ','}, []string{"Username", "Group", "Note"}, false)
		const rows = 100_000
		for i := range rows {
			row := Row{Row: i + 1, Key: "user0000001@acme.example", Action: "assign", Result: "Updated", RecordID: "0055f0000000001AAA", Requested: "Beta", After: "Beta", JobID: "7505f0000000001AAA", Attempts: 1, Target: "prod", RunID: "20261123T021500Z-4f7c"}
			if err := w.Write(&row, cells); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
		if err := Prove(path, rows, map[transform.Word]int{transform.Updated: rows}); err != nil {
			b.Fatal(err)
		}
	}
}
