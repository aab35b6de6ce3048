package results

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io/fs"
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
	text := rapid.StringMatching(`[a-zé ,;|"']{0,8}`)
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
		if err := Prove(path, 1, n, map[transform.Word]int{transform.Failed: n}, nil); err != nil {
			rt.Fatal(err)
		}
	})
}

func TestAFileThatIsNoResultsFileIsAnError(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "a roster": "Username,Group\na,X\n", "a heading that only begins alike": "rows,key\n", "a column that is missing": "row,key\n1,a\n",
		"a number that is none": strings.Join(Header, ",") + "\none" + strings.Repeat(",", len(Header)-1) + "\n",
		"a quote left open":     strings.Join(Header, ",") + "\n1,\"a\n",
	} {
		failed := false
		for _, err := range Read(file(t, text)) {
			failed = failed || err != nil
		}
		if !failed {
			t.Errorf("%s: it was read", name)
		}
	}
	for _, err := range Read(filepath.Join(t.TempDir(), "gone.csv")) {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	}
}

func file(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "results.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A results file may have been edited: reading ends in rows or in one error, which comes last, and what is proven was
// read.
func FuzzRead(f *testing.F) {
	header := strings.Join(Header, ",")
	for _, seed := range []string{
		"", header + "\n", header + ",Username\n1,a" + strings.Repeat(",", 17) + "\n",
		strings.ReplaceAll(header, ",", ";") + "\n", "row\x00", "row\"\n\"", "\xEF\xBB\xBFrow,key\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := file(t, string(text))
		rows, words, failed := 0, map[transform.Word]int{}, false
		for row, err := range Read(path) {
			if failed {
				t.Fatal("a row or a second error comes behind an error")
			}
			if failed = err != nil; !failed {
				rows++
				words[transform.Word(row.Result)]++
			}
		}
		if err := Prove(path, 1, rows, words, nil); err == nil && failed {
			t.Fatal("a file that cannot be read is proven")
		}
	})
}
