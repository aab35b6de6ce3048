package evidence

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rosterload/loader/results"
	"rosterload/loader/run"
)

// rowAt is the row of the results to which a byte belongs, 0 for the heading.
func rowAt(t *testing.T, text []byte, at int) int {
	t.Helper()
	in, row := newRecords(bytes.NewReader(text)), 0
	for {
		if _, err := in.next(); err != nil {
			t.Fatal(err)
		}
		if int64(at) < in.at {
			return row
		}
		row++
	}
}

func TestEveryArtefactThatIsChangedAnywhereIsNamedAndEachUntouchedOnePasses(t *testing.T) {
	g := newRig(t)
	r := g.load(t, "nightly.csv", people(30))
	stem := r.Stem()
	home := VerifyOptions{Home: g.Folder}
	artefacts := []string{
		stem + ".results.csv", stem + ".failed.csv", stem + ".summary.json", stem + ".evidence.json", stem + ".evidence.json.sig", stem + ".blocks.json",
		stem + ".results.xlsx", r.RenderingPath("results.xlsx", 1), stem + ".page.html", r.RenderingPath("page.html", 1), stem + ".work-order.csv",
		stem + ".absent.csv", r.AbsentPath(1),
		filepath.Join(g.place, "nightly.csv"), r.Path(run.RosterFile), r.RevisionPath(1), r.SummaryPath(1), r.ManifestPath(1), r.ManifestPath(1) + ".sig", r.BlocksPath(1),
	}
	for _, path := range artefacts {
		if exit, said := proof(t, path, home); exit != 0 {
			t.Fatalf("%s untouched: %d, %s", path, exit, said)
		}
	}
	for _, path := range artefacts {
		t.Run(filepath.Base(path), func(t *testing.T) {
			whole := get(t, path)
			defer put(t, path, whole)
			for range 120 {
				bad, at := changed(whole)
				put(t, path, bad)
				exit, said := proof(t, path, home)
				if isSummary(filepath.Base(path)) && exit == 0 && onlyOpenFields(t, whole, bad) {
					continue
				}
				if exit != run.ExitUnproved {
					t.Fatalf("byte %d is %q, was %q: exit %d\n%s", at, bad[at], whole[at], exit, said)
				}
			}
			for _, other := range artefacts {
				proves := strings.Contains(path, ".evidence.json") || strings.Contains(path, "manifest-") // without it nothing is proven
				if other == path || proves {
					continue
				}
				if exit, said := proof(t, other, home); exit != 0 {
					t.Errorf("%s is untouched and does not pass: %s", other, said)
				}
			}
		})
	}
}

// onlyOpenFields tells whether two summaries differ in fields only that no manifest has, or in blanks.
func onlyOpenFields(t *testing.T, a, b []byte) bool {
	t.Helper()
	was, err := flatten(a)
	must(t, err)
	is, err := flatten(b)
	if err != nil {
		return false
	}
	open := []string{"warnings", "next", "pretend", "reasons", "same_failures", "roster.encoding", "roster.delimiter", "roster.blank_lines", "files.run"}
	for _, name := range slices.Concat(was.names, is.names) {
		_, known := was.values[name]
		if _, there := is.values[name]; !there && (name == "reason" || name == "ticket") {
			continue // the reasons stand in given as well
		}
		if was.values[name] != is.values[name] && known && !slices.Contains(open, name) && !strings.HasPrefix(name, "files.") {
			return false
		}
	}
	return true
}

func TestTheCountsOfAbsentUsersAreProven(t *testing.T) {
	g := newRig(t)
	path := g.load(t, "nightly.csv", people(3)).Stem() + ".summary.json"
	text := string(get(t, path))
	if _, said := proof(t, path, VerifyOptions{Home: g.Folder}); strings.Contains(said, "absent") {
		t.Error(said)
	}
	for _, c := range []struct{ from, to, want string }{
		{`"Removed": 2`, `"Removed": 3`, "absent says"}, {`"absent_sha256": "`, `"absent_sha256": "0`, "absent_sha256 says"}, {`"absent": {`, `"absentee": {`, "absent is missing"},
	} {
		put(t, path, []byte(strings.Replace(text, c.from, c.to, 1)))
		if exit, said := proof(t, path, VerifyOptions{Home: g.Folder}); exit != run.ExitUnproved || !strings.Contains(said, c.want) {
			t.Errorf("%s: %d, %s", c.to, exit, said)
		}
	}
}

// A rendering that was made when its revision counted already is in no manifest. One that has the bytes of a listed
// file is that file.
func TestAFileThatWasMadeLaterHasNoEvidence(t *testing.T) {
	g := newRig(t)
	stem := g.load(t, "nightly.csv", people(3)).Stem()
	for _, name := range []string{stem + ".other.xlsx", filepath.Join(g.place, "BOOK.XLSX")} {
		put(t, name, fillTo("PK\x03\x04", 4100))
		exit, said := proof(t, name, VerifyOptions{Home: g.Folder, Evidence: stem + evidenceEnding})
		if exit != run.ExitUsage || !strings.Contains(said, "does not speak of this file") {
			t.Errorf("%s: %d, %s", name, exit, said)
		}
		put(t, name, get(t, stem+".results.xlsx"))
		if exit, said = proof(t, name, VerifyOptions{Home: g.Folder}); exit != 0 {
			t.Errorf("the bytes of the workbook as %s: %d, %s", name, exit, said)
		}
	}
}

func TestAChangedRowIsNamed(t *testing.T) {
	g := newRig(t)
	r := g.load(t, "nightly.csv", people(30))
	path := r.Stem() + ".results.csv"
	whole := get(t, path)
	for _, o := range []VerifyOptions{{}, {Home: g.Folder}} {
		for range 300 {
			bad, at := changed(whole)
			put(t, path, bad)
			exit, said := proof(t, path, o)
			row := rowAt(t, whole, at)
			want := fmt.Sprintf(`(?m)row %d\b`, row)
			if row == 0 {
				want = "the heading was changed"
			}
			if exit != run.ExitUnproved || !regexp.MustCompile(want).MatchString(said) {
				t.Fatalf("home %q: byte %d of row %d is %q, was %q: exit %d\n%s", o.Home, at, row, bad[at], whole[at], exit, said)
			}
			if strings.Count(said, "\n") > 12 {
				t.Fatalf("home %q: byte %d of row %d is %q, was %q, and far too much is said\n%s", o.Home, at, row, bad[at], whole[at], said)
			}
		}
	}
	put(t, path, whole)
}

func TestAChangedRowIsNamedWhateverTheDialect(t *testing.T) {
	for _, dialect := range []results.Dialect{{Delimiter: ';', Mark: true}, {Delimiter: '\t'}} {
		g := newRig(t)
		g.dialect = dialect
		r := g.load(t, "nightly.csv", people(12))
		path := r.Stem() + ".results.csv"
		whole := get(t, path)
		for range 150 {
			bad, at := changed(whole)
			put(t, path, bad)
			row := rowAt(t, whole, at)
			want := fmt.Sprintf(`(?m)row %d\b`, row)
			if row == 0 {
				want = "the heading was changed"
			}
			if exit, said := proof(t, path, VerifyOptions{Home: g.Folder}); exit != run.ExitUnproved || !regexp.MustCompile(want).MatchString(said) {
				t.Fatalf("delimiter %q: byte %d of row %d is %q, was %q: exit %d\n%s", dialect.Delimiter, at, row, bad[at], whole[at], exit, said)
			}
		}
		if got := historyOf(t, g, "user00005@acme.example", HistoryOptions{}); len(got) != 1 {
			t.Errorf("delimiter %q: %q", dialect.Delimiter, got)
		}
	}
}

func TestMissingAddedAndReorderedRowsAreToldApart(t *testing.T) {
	g := newRig(t)
	r := g.load(t, "nightly.csv", people(30))
	path := r.Stem() + ".results.csv"
	whole := get(t, path)
	var records []string
	in := newRecords(bytes.NewReader(whole))
	for {
		rec, err := in.next()
		if err != nil {
			break
		}
		records = append(records, string(rec))
	}
	at := func(change func(all []string) []string) string {
		return strings.Join(change(slices.Clone(records)), "")
	}
	for _, c := range []struct {
		name, text, want string
	}{
		{"a row is gone", at(func(a []string) []string { return slices.Delete(a, 7, 8) }), "^row 7 is missing$"},
		{"two rows are gone", at(func(a []string) []string { return slices.Delete(a, 29, 31) }), "^row 29 is missing\nrow 30 is missing$"},
		{"a row twice", at(func(a []string) []string { return slices.Insert(a, 9, a[4]) }), "^row 4 is there twice: one was added$"},
		{"a strange row", at(func(a []string) []string { return slices.Insert(a, 9, "31,eve@acme.example,assign\n") }), `^a row was added behind row 8: "31,eve@acme.example,assign"$`},
		{"a strange row under another's number", at(func(a []string) []string { return slices.Insert(a, 9, "4,eve@acme.example,assign\n") }), `^a row was added behind row 8: `},
		{"two rows swapped", at(func(a []string) []string { a[4], a[5] = a[5], a[4]; return a }), "^row [45] stands in another place$"},
		{"a row moved to the front", at(func(a []string) []string { return slices.Insert(a[:30], 1, records[30]) }), "^row 30 stands in another place$"},
		{"a row's number", at(func(a []string) []string { a[17] = "11" + a[17][2:]; return a }), "^row 17 was changed"},
		{"cut in the middle", string(whole[:len(whole)-20]), "^row 30 was changed"},
		{"everything but the heading", records[0], "^row 1 is missing\n(?s).*and 10 more$"},
		{"no heading", at(func(a []string) []string { return a[1:] }), "the heading was changed"},
		{"nothing", "", "the heading was changed"},
	} {
		for _, o := range []VerifyOptions{{}, {Home: g.Folder}} {
			put(t, path, []byte(c.text))
			exit, said := proof(t, path, o)
			said = strings.TrimPrefix(said, "this is not the results of revision 1 of run "+r.ID+": it was changed\n")
			if exit != run.ExitUnproved || !regexp.MustCompile(c.want).MatchString(said) {
				t.Errorf("%s, home %q: exit %d\n%s", c.name, o.Home, exit, said)
			}
		}
	}
}

func TestWithTheRunAtHandTheCellIsSaid(t *testing.T) {
	g := newRig(t)
	r := g.load(t, "nightly.csv", people(30))
	path := r.Stem() + ".results.csv"
	put(t, path, bytes.Replace(get(t, path), []byte("user00004@acme.example,assign,Updated"), []byte("user00004@acme.example,assign,Failed"), 1))
	if _, said := proof(t, path, VerifyOptions{Home: g.Folder}); !strings.Contains(said, `row 4 was changed: column result says "Failed", written was "Updated"`) {
		t.Error(said)
	}
}

// A row whose number was changed is cut off from the row before by the number of the row behind.
func TestARowOfALargeFileWithoutItsNumberIsItsBlock(t *testing.T) {
	g := newRig(t)
	path := g.load(t, "nightly.csv", people(10_000)).Stem() + ".results.csv"
	whole := get(t, path)
	for _, number := range []string{"2\"6", "x56", "\"56", "2,6"} {
		put(t, path, bytes.Replace(whole, []byte("\n256,"), []byte("\n"+number+","), 1))
		exit, said := proof(t, path, VerifyOptions{})
		if exit != run.ExitUnproved || strings.Count(said, "somewhere") != 1 || !strings.Contains(said, "somewhere in rows 256 to 258") {
			t.Errorf("%s: exit %d\n%s", number, exit, said)
		}
	}
	put(t, path, whole)
}

func TestALargeFileNamesTheBlock(t *testing.T) {
	g := newRig(t)
	all := people(10_000)
	r := g.load(t, "nightly.csv", all)
	path := r.Stem() + ".results.csv"
	whole := get(t, path)
	for range 15 {
		bad, at := changed(whole)
		put(t, path, bad)
		row := rowAt(t, whole, at)
		first := (row-1)/3*3 + 1
		want := fmt.Sprintf("somewhere in rows %s to %s", thousands(first), thousands(min(first+2, 10_000)))
		if row == 0 {
			want = "the heading was changed"
		}
		exit, said := proof(t, path, VerifyOptions{})
		if exit != run.ExitUnproved || !strings.Contains(said, want) {
			t.Fatalf("byte %d of row %d is %q, was %q: exit %d, want %q\n%s", at, row, bad[at], whole[at], exit, want, said)
		}
		if _, said := proof(t, path, VerifyOptions{Home: g.Folder}); row > 0 && !regexp.MustCompile(fmt.Sprintf(`row %d\b`, row)).MatchString(said) {
			t.Fatalf("with the run at hand row %d is not named:\n%s", row, said)
		}
	}
}

func TestWhoseKeyItIs(t *testing.T) {
	g, other := newRig(t), newRig(t)
	r := g.load(t, "nightly.csv", people(3))
	other.load(t, "nightly.csv", people(3))
	key, err := g.PublicKey(context.Background())
	must(t, err)
	strange, err := other.PublicKey(context.Background())
	must(t, err)
	mine, theirs := signersFor(t, SignersLine(key)), signersFor(t, SignersLine(strange))
	old := signersFor(t, strings.Replace(SignersLine(key), " ssh-ed25519", `,valid-before="20200101Z" ssh-ed25519`, 1))
	for _, c := range []struct {
		name string
		o    VerifyOptions
		want int
	}{
		{"nothing says it", VerifyOptions{}, 4},
		{"the home", VerifyOptions{Home: g.Folder}, 0},
		{"another home", VerifyOptions{Home: other.Folder}, 4},
		{"no home", VerifyOptions{Home: t.TempDir()}, 4},
		{"the machine's signers", VerifyOptions{System: mine}, 0},
		{"the machine's signers lack it and pass the question on", VerifyOptions{System: theirs, Home: g.Folder}, 0},
		{"signers that were named", VerifyOptions{Signers: mine, Home: other.Folder}, 0},
		{"signers that were named lack it, whatever the home says", VerifyOptions{Signers: theirs, Home: g.Folder, System: mine}, 10},
		{"its time is over", VerifyOptions{Signers: old}, 10},
	} {
		if exit, said := proof(t, r.Stem()+".results.csv", c.o); exit != c.want {
			t.Errorf("%s: %d, want %d\n%s", c.name, exit, c.want, said)
		}
	}
}

func TestEvidenceIsFound(t *testing.T) {
	g := newRig(t)
	first := g.load(t, "nightly.csv", people(3))
	second := g.load(t, "nightly.csv", people(4))
	elsewhere := t.TempDir()
	copyOf := func(from, name string) string {
		to := filepath.Join(elsewhere, name)
		put(t, to, get(t, from))
		return to
	}
	report := first.Stem() + ".report.html"
	put(t, report, []byte("<p>"))
	phantom := first.Stem() + ".success.csv"
	put(t, phantom, []byte("row,key,action,result\n"))
	for _, c := range []struct {
		name, path, evidence, says string
		want                       int
	}{
		{"the newest that fits the roster", filepath.Join(g.place, "nightly.csv"), "", second.ID, 0},
		{"named, under another name", copyOf(first.Stem()+".results.csv", "answer.csv"), first.Stem() + ".evidence.json", "this is the results", 0},
		{"named, of another run", copyOf(first.Stem()+".results.csv", "answer2.csv"), second.Stem() + ".evidence.json", "this is not the results", 10},
		{"none", copyOf(first.Stem()+".results.csv", "alone.csv"), "", "no evidence", 2},
		{"a report that was made later", report, "", "does not speak of this file", 2},
		{"a file that the run did not write", phantom, "", "wrote no such file", 10},
		{"in the run's folder", first.Path(run.JournalFile), "", "this is journal.jsonl", 0},
	} {
		exit, said := proof(t, c.path, VerifyOptions{Evidence: c.evidence, Home: g.Folder})
		if exit != c.want || !strings.Contains(said, c.says) {
			t.Errorf("%s: %d, want %d\n%s", c.name, exit, c.want, said)
		}
	}
	must(t, os.Remove(first.Stem()+".evidence.json.sig"))
	if exit, said := proof(t, first.Stem()+".results.csv", VerifyOptions{Home: g.Folder}); exit != 10 || !strings.Contains(said, "signature") {
		t.Errorf("without a signature: %d, %s", exit, said)
	}
}

func TestAnExportIsProvenMemberByMember(t *testing.T) {
	g := newRig(t)
	r := g.load(t, "nightly.csv", people(12))
	path := filepath.Join(t.TempDir(), "run.zip")
	_, err := g.Export(context.Background(), r, path)
	must(t, err)
	if exit, said := proof(t, path, VerifyOptions{Home: g.Folder}); exit != 0 || !strings.Contains(said, "its ") {
		t.Fatalf("untouched: %d, %s", exit, said)
	}
	whole := get(t, path)
	for range 300 {
		bad, at := changed(whole)
		put(t, path, bad)
		if exit, said := proof(t, path, VerifyOptions{Home: g.Folder}); exit != run.ExitUnproved {
			t.Fatalf("byte %d of %d is %q, was %q: %d\n%s", at, len(whole), bad[at], whole[at], exit, said)
		}
	}
}
