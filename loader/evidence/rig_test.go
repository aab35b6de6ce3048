package evidence

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
)

// rig is a home, and a folder in which rosters and their results lie.
type rig struct {
	*Home
	place string
	clock time.Time
	// dialect is how the results are spelled.
	dialect results.Dialect
}

func newRig(t *testing.T) *rig {
	t.Helper()
	g := &rig{place: t.TempDir(), dialect: results.Dialect{Delimiter: ','}, clock: time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC)}
	g.Home = &Home{Folder: t.TempDir(), Now: g.now, Sleep: func(context.Context, time.Duration) error { time.Sleep(time.Millisecond); return nil }}
	return g
}

func (g *rig) now() time.Time { g.clock = g.clock.Add(time.Second); return g.clock }

// person is one line of a roster and what became of it.
type person struct{ key, id, result, before, requested, after, note string }

func people(n int) []person {
	var all []person
	for i := 1; i <= n; i++ {
		p := person{fmt.Sprintf("user%05d@acme.example", i), fmt.Sprintf("0055f%010dAAA", i), "Updated", "", "Beta", "Beta", "plain"}
		switch i % 5 {
		case 0:
			p.result, p.requested, p.before, p.after, p.note = "Removed", "", "Alpha", "", "said \"so\",\nand twice"
		case 3:
			p.result, p.before, p.note = "Unchanged", "Beta", ""
		}
		all = append(all, p)
	}
	return all
}

// begun is a run that has planned and sent nothing: evidence is about files, whatever made them.
func (g *rig) begun(t *testing.T, name string, all []person) *run.Writer {
	t.Helper()
	w, err := run.Create(context.Background(), g.Folder, run.Queue{Now: g.now}, g.Trip)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	var text bytes.Buffer
	text.WriteString("Username,Group,Note\n")
	for _, p := range all {
		fmt.Fprintf(&text, "%s,%s,%q\n", p.key, p.requested, p.note)
	}
	roster := bytes.ReplaceAll(bytes.ReplaceAll(text.Bytes(), []byte(`\"`), []byte(`""`)), []byte(`\n`), []byte("\n"))
	put(t, w.Run.Path(run.RosterFile), roster)
	put(t, filepath.Join(g.place, name), roster)
	seal := &run.Seal{Roster: name, Place: g.place, Mode: 0o640, Verb: "load", SHA256: digest(roster), By: "anna@host", Reason: "quarterly", Ticket: "HR-17"}
	seal.Delivery = run.Delivery{Name: name, SHA256: digest(roster), Bytes: int64(len(roster)), Owner: "hr", ModifiedAt: "2026-11-23T01:00:00Z"}
	must(t, w.Begin(journal.Event{Target: "prod", Kind: "salesforce", OrgID: "00D1"}, seal))
	org := connector.Org{ID: "00D1", Name: "Acme"}
	must(t, w.NoteData(journal.Event{What: journal.Planned, Rows: len(all)}, &run.Planned{Rows: len(all), Org: org, As: "admin@acme.example", Delimiter: ","}))
	return w
}

// revision writes results and their evidence, as report does.
func (g *rig) revision(t *testing.T, w *run.Writer, all []person) error {
	t.Helper()
	r := w.Run
	s := &results.Summary{
		Run: r.ID, Revision: r.Last.Number + 1, Final: true, Target: "prod", Kind: "salesforce", Org: results.Org{ID: "00D1", Name: "Acme"}, As: "admin@acme.example",
		By: "anna@host", Version: "v1", Options: map[string]any{"wait": "30m0s"}, Jobs: []results.Job{}, Results: map[string]int{}, Reasons: []results.Reason{},
		StartedAt: "2026-11-23T02:15:00.000Z", EndedAt: "2026-11-23T02:16:00.000Z", Given: r.Given, Delivery: &r.Seal.Delivery, Reason: r.Seal.Reason, Ticket: r.Seal.Ticket,
		Warnings: []string{"a warning"},
	}
	stem := r.Stem()
	s.Files = results.Files{Results: stem + ".results.csv", Failed: stem + ".failed.csv", Summary: stem + ".summary.json", Run: r.Folder}
	s.Roster = results.Roster{Name: r.Seal.Roster, SHA256: r.Seal.SHA256, Rows: len(all), Encoding: "UTF-8", Delimiter: ","}
	var text bytes.Buffer
	out := results.NewResults(&text, g.dialect, []string{"Username", "Group", "Note"}, false)
	for i, p := range all {
		s.Results[p.result]++
		row := results.Row{Row: i + 1, Key: p.key, Action: "assign", Result: p.result, RecordID: p.id, Before: p.before, Requested: p.requested, After: p.after, Attempts: 1, SettledAt: "2026-11-23T02:15:30Z", Target: "prod", RunID: r.ID}
		must(t, out.Write(&row, [][]byte{[]byte(p.key), []byte(p.requested), []byte(p.note)}))
	}
	must(t, out.Flush())
	s.Success = len(all)
	s.ResultsSHA256 = digest(text.Bytes())
	put(t, r.RevisionPath(s.Revision), text.Bytes())
	absent := absentOf(t, r.ID, len(all)+1)
	put(t, r.AbsentPath(s.Revision), absent)
	s.Files.Absent, s.AbsentSHA256, s.Absent = stem+".absent.csv", digest(absent), map[string]int{"Removed": 2, "Failed": 0}
	s.Files.Attachments = map[string]string{"work-order": stem + ".work-order.csv"}
	s.Files.Renderings = map[string]string{"xlsx": stem + ".results.xlsx", "page": stem + ".page.html"}
	book, page, order := fillTo("PK\x03\x04", 4000), fillTo("<!doctype html>", 3000), []byte("user,do\nx,y\n")
	put(t, r.RenderingPath("results.xlsx", s.Revision), book)
	put(t, r.RenderingPath("page.html", s.Revision), page)
	failed := []byte("Username,Group,Note,reason_code,reason\nx,y,z,A,b\n")
	data, err := json.MarshalIndent(s, "", "  ")
	must(t, err)
	put(t, r.SummaryPath(s.Revision), data)
	k := &Keeper{Home: g.Home, Context: context.Background(), Run: r, Version: "v1"}
	g.read(t, k, r.RevisionPath(s.Revision), 1, s.Results)
	g.read(t, k, r.AbsentPath(s.Revision), len(all)+1, s.Absent)
	sha, err := k.Seal(s, []run.Piece{
		{Name: filepath.Base(r.RevisionPath(s.Revision)), Beside: filepath.Base(s.Files.Results), SHA256: s.ResultsSHA256, Bytes: int64(text.Len()), Rows: len(all)},
		{Name: filepath.Base(r.AbsentPath(s.Revision)), Beside: filepath.Base(s.Files.Absent), SHA256: s.AbsentSHA256, Bytes: int64(len(absent)), Rows: 2},
		rendered(r.RenderingPath("results.xlsx", s.Revision), stem+".results.xlsx", book),
		rendered(r.RenderingPath("page.html", s.Revision), stem+".page.html", page),
		{Beside: filepath.Base(s.Files.Failed), SHA256: digest(failed), Bytes: int64(len(failed)), Rows: 1},
		{Beside: filepath.Base(stem) + ".work-order.csv", SHA256: digest(order), Bytes: int64(len(order)), Rows: 1},
	})
	if err != nil {
		return err
	}
	must(t, w.NoteData(journal.Event{What: journal.Results, Revision: s.Revision, Final: true, SHA256: s.ResultsSHA256}, run.Written{Manifest: sha, Summary: digest(data)}))
	put(t, s.Files.Results, text.Bytes())
	put(t, s.Files.Failed, failed)
	put(t, stem+".work-order.csv", order)
	put(t, s.Files.Absent, absent)
	put(t, stem+".results.xlsx", book)
	put(t, stem+".page.html", page)
	must(t, k.Publish(s))
	put(t, s.Files.Summary, data)
	must(t, w.Note(journal.Event{What: journal.Published, Revision: s.Revision}))
	return nil
}

// read proves a kept file, as report does before it is sealed.
func (g *rig) read(t *testing.T, k *Keeper, path string, first int, said map[string]int) {
	t.Helper()
	rows, words := 0, map[transform.Word]int{}
	for word, n := range said {
		rows, words[transform.Word(word)] = rows+n, n
	}
	must(t, k.Reading(filepath.Base(path), digest(get(t, path)), rows, func(each results.Each) error {
		return results.Prove(path, first, rows, words, each)
	}))
}

// absentOf are two users who are in no line, as results have them.
func absentOf(t *testing.T, id string, first int) []byte {
	t.Helper()
	var text bytes.Buffer
	out := results.NewResults(&text, results.Dialect{Delimiter: ','}, nil, false)
	for i := range 2 {
		row := results.Row{Row: first + i, Key: fmt.Sprintf("gone%d@acme.example", i), Action: "remove", Result: "Removed", Before: "Alpha", Target: "prod", RunID: id}
		must(t, out.Write(&row, nil))
	}
	must(t, out.Flush())
	return text.Bytes()
}

// rendered is a further file of a revision as its manifest lists it.
func rendered(path, beside string, data []byte) run.Piece {
	return run.Piece{Name: filepath.Base(path), Beside: filepath.Base(beside), SHA256: digest(data), Bytes: int64(len(data)), Rows: run.NoRows}
}

// fillTo is a file that begins so and has so many bytes.
func fillTo(begin string, n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i * 7)
	}
	copy(data, begin)
	return data
}

// load is a run from its beginning to its end.
func (g *rig) load(t *testing.T, name string, all []person) *run.Run {
	t.Helper()
	w := g.begun(t, name, all)
	must(t, g.revision(t, w, all))
	w.Close()
	return w.Run
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	must(t, os.WriteFile(path, data, 0o640))
}

func get(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	return data
}

// proof is what verify says.
func proof(t *testing.T, path string, o VerifyOptions) (int, string) {
	t.Helper()
	p, err := Verify(path, o)
	must(t, err)
	return p.Exit, strings.Join(p.Said, "\n")
}

// changed is a text with one random byte that is another one.
func changed(text []byte) (_ []byte, at int) {
	c := bytes.Clone(text)
	at = rand.IntN(len(c))
	for {
		b := byte(rand.IntN(256))
		if rand.IntN(4) == 0 { // what breaks a CSV comes often
			b = "\",\n\r"[rand.IntN(4)]
		}
		if b != c[at] {
			c[at] = b
			return c, at
		}
	}
}

func faults(t *testing.T, g *rig, o CheckOptions) string {
	t.Helper()
	c, err := Check(g.Folder, o)
	must(t, err)
	return strings.Join(c.Faults, "\n")
}
