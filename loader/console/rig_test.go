package console

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rosterload/loader/connector"
	"rosterload/loader/evidence"
	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/validate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a home with runs, and a console over it.
type rig struct {
	*Console
	*evidence.Home
	place string
	clock time.Time
	pages http.Handler
}

const token = "let-me-in-4711"

func newRig(t *testing.T) *rig {
	t.Helper()
	g := &rig{place: t.TempDir(), clock: time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC)}
	home := t.TempDir()
	g.Home = &evidence.Home{Folder: home, Now: g.now, Sleep: func(context.Context, time.Duration) error { return nil }}
	g.Console = &Console{
		Home: home, Token: token, Cookie: "rosterload-8686", Known: func(host string) bool { return host == "localhost" || host == "::1" },
		Codes: func(string) []validate.Code {
			return []validate.Code{{Code: "ENGAGE_NO_LICENSES", Means: "No licence is left.", Cure: "Free some."}}
		},
		Command: func(verb string, args ...string) string { return run.Command(verb, args...) },
	}
	g.pages = g.Handler()
	return g
}

func (g *rig) now() time.Time { g.clock = g.clock.Add(time.Second); return g.clock }

// rows are rows as a load might have left them: of each five one was removed and one has failed.
func rows(n int) []results.Row {
	var all []results.Row
	for i := 1; i <= n; i++ {
		row := results.Row{
			Row: i, Key: fmt.Sprintf("user%05d@acme.example", i), RecordID: fmt.Sprintf("0055f%010dAAA", i), Action: "assign", Result: "Updated",
			Requested: "Beta", After: "Beta", Attempts: 1, SettledAt: "2026-11-23T02:15:30Z",
		}
		switch i % 5 {
		case 0:
			row.Action, row.Result, row.Before, row.Requested, row.After = "remove", "Removed", "Alpha", "", ""
		case 3:
			row.Result, row.ReasonCode, row.Reason, row.NextStep = "Failed", "ENGAGE_NO_LICENSES", "no Engage licences remain", "free-licences"
		}
		all = append(all, row)
	}
	return all
}

// begun is a run that has planned and sent nothing.
func (g *rig) begun(t *testing.T, target, name, feed string, count int, holds ...results.Hold) *run.Writer {
	t.Helper()
	w, err := run.Create(context.Background(), g.Home.Folder, run.Queue{Now: g.now}, nil)
	must(t, err)
	t.Cleanup(w.Close)
	roster := []byte("Username,Group\n" + strings.Repeat("x,y\n", count))
	put(t, w.Run.Path(run.RosterFile), roster)
	seal := &run.Seal{
		Roster: name, Place: g.place, Mode: 0o600, Verb: "load", SHA256: digest(roster), By: "anna@host",
		Reason: "quarterly", Ticket: "HR-17", Source: feed,
	}
	seal.Delivery = run.Delivery{Name: name, SHA256: digest(roster), Bytes: int64(len(roster)), Owner: "hr"}
	must(t, w.Begin(journal.Event{Target: target, Kind: "salesforce", OrgID: "00D1"}, seal))
	must(t, w.NoteData(journal.Event{What: journal.Planned, Rows: count}, &run.Planned{
		Rows: count, Org: connector.Org{ID: "00D1", Name: "Acme"}, As: "admin@acme.example", Delimiter: ",", Removals: 4, Holds: holds,
	}))
	return w
}

// load is a run from its beginning to its end, written as report writes it.
func (g *rig) load(t *testing.T, target, name, feed string, all []results.Row) *run.Run {
	t.Helper()
	w := g.begun(t, target, name, feed, len(all))
	r := w.Run
	s := &results.Summary{
		Run: r.ID, Revision: 1, Final: true, Target: target, Kind: "salesforce", Org: results.Org{ID: "00D1", Name: "Acme"},
		As: "admin@acme.example", By: "anna@host",
		Version: "v1", Options: map[string]any{}, Jobs: []results.Job{}, StartedAt: "2026-11-23T02:15:00.000Z",
		EndedAt: "2026-11-23T02:16:00.000Z", Given: r.Given, Exit: 4, Delivery: &r.Seal.Delivery,
	}
	stem := r.Stem()
	s.Files = results.Files{Results: stem + ".results.csv", Summary: stem + ".summary.json", Run: r.Folder}
	s.Roster = results.Roster{Name: name, SHA256: r.Seal.SHA256, Rows: len(all), Encoding: "UTF-8", Delimiter: ","}
	var text bytes.Buffer
	out := results.NewResults(&text, results.Dialect{Delimiter: ','}, []string{"Username", "Group"}, false)
	tally := results.NewTally()
	for _, row := range all {
		row.Target, row.RunID = target, r.ID
		tally.Add(&row)
		must(t, out.Write(&row, [][]byte{[]byte(row.Key), []byte(row.Requested)}))
	}
	must(t, out.Flush())
	tally.Into(s)
	s.ResultsSHA256 = digest(text.Bytes())
	data, err := json.MarshalIndent(s, "", "  ")
	must(t, err)
	put(t, r.RevisionPath(1), text.Bytes())
	put(t, r.SummaryPath(1), data)
	k := &evidence.Keeper{Home: g.Home, Context: context.Background(), Run: r, Version: "v1"}
	must(t, k.Reading("results-1.csv", s.ResultsSHA256, len(all), func(each results.Each) error {
		words := map[transform.Word]int{}
		for word, n := range s.Results {
			words[transform.Word(word)] = n
		}
		return results.Prove(r.RevisionPath(1), 1, len(all), words, each)
	}))
	sha, err := k.Seal(s, []run.Piece{{
		Name: "results-1.csv", Beside: filepath.Base(s.Files.Results), SHA256: s.ResultsSHA256, Bytes: int64(text.Len()), Rows: len(all),
	}})
	must(t, err)
	must(t, w.NoteData(journal.Event{
		What: journal.Results, Revision: 1, Final: true, Exit: 4, SHA256: s.ResultsSHA256,
		File: "results-1.csv",
	}, run.Written{
		Manifest: sha, Summary: digest(data),
	}))
	put(t, s.Files.Results, text.Bytes())
	must(t, k.Publish(s))
	put(t, s.Files.Summary, data)
	must(t, w.Note(journal.Event{What: journal.Published, Revision: 1}))
	w.Close()
	return w.Run
}

// get asks for a page as a reader does who is signed in.
func (g *rig) get(t *testing.T, path string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://localhost:8686"+path, nil)
	r.AddCookie(&http.Cookie{Name: "rosterload-8686", Value: token})
	w := httptest.NewRecorder()
	g.pages.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// page is a page that must be there.
func (g *rig) page(t *testing.T, path string) string {
	t.Helper()
	code, text := g.get(t, path)
	if code != http.StatusOK {
		t.Fatalf("%s: %d\n%s", path, code, text)
	}
	return text[strings.Index(text, "<main"):strings.Index(text, "</main>")]
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	must(t, os.WriteFile(path, data, 0o600))
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
