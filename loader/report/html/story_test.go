package html

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rosterload/loader/report"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/validate"
)

var began = time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC)

func stamp(seconds int) string {
	return began.Add(time.Duration(seconds) * time.Second).Format("2006-01-02T15:04:05.000Z")
}

// night is a run of a few rows: a removal, a move, and one failure.
func night(t testing.TB) *Report {
	return nightOf(t, []results.Row{
		{
			Row: 1, Key: "ann@acme.example", Action: "move", Result: "Updated", Before: "Cardio East", Requested: "Cardio West", After: "Cardio West",
			JobID: "750B", Attempts: 1,
		},
		{
			Row: 2, Key: "bob@acme.example", Action: "remove", Result: "Removed", Before: "Cardio East", JobID: "750A", Attempts: 1,
			SettledAt: "2026-11-23T02:15:04Z",
		},
		{
			Row: 3, Key: "cat@acme.example", Action: "none", Result: "Failed", ReasonCode: "USER_NOT_FOUND", Reason: "no user has this key",
			NextStep: "change-key", Requested: "Cardio West",
		},
	}, []string{"Username", "Note"}, func(int) []string { return []string{"as it came", "note"} })
}

// nightOf writes the results of rows, each with cells of the roster, and sums them up.
func nightOf(t testing.TB, rows []results.Row, columns []string, cells func(row int) []string) *Report {
	t.Helper()
	place := t.TempDir()
	r := &Report{Revision: &report.Revision{
		Run: &run.Run{
			ID: "20261123T021500Z-4f7c", Begun: began, Seal: run.Seal{Verb: "load", Roster: "nightly.csv", Place: place, By: "ops@host"},
		},
		Summary: &results.Summary{
			Run: "20261123T021500Z-4f7c", Revision: 2, Final: true, Target: "prod", Kind: "salesforce", As: "admin@acme.example", By: "ops@host",
			Org:    results.Org{ID: "00D000000000001", Name: "Acme"},
			Roster: results.Roster{Name: "nightly.csv", SHA256: strings.Repeat("ab", 32), Rows: len(rows), Encoding: "UTF-8"},
			Jobs: []results.Job{
				{Job: "removals", JobID: "750A", Rows: 1, BeganAt: stamp(1), EndedAt: stamp(3), SettledAt: stamp(4)},
				{Job: "upserts", JobID: "750B", Rows: 1, BeganAt: stamp(5), EndedAt: stamp(8), SettledAt: stamp(9)},
			},
			StartedAt: stamp(0), EndedAt: stamp(10), Exit: 4, Next: "rosterload load nightly.failed.csv -t prod",
			Options: map[string]any{"blank": "remove", "max_removals": "20%", "renderings": []any{"report"}},
			Given:   []results.Given{{At: stamp(0), By: "ops@host", Reason: "leavers of November", Ticket: "HR-17"}},
			Files:   results.Files{Results: filepath.Join(place, "nightly.20261123T021500Z-4f7c.results.csv")},
		},
		Results: filepath.Join(place, "results-2.csv"),
		Codes:   slices.Concat(validate.Codes, transform.Codes, transform.NextSteps),
	}}
	f, err := os.Create(r.Results)
	if err != nil {
		t.Fatal(err)
	}
	tally, out := results.NewTally(), results.NewResults(f, results.Dialect{Delimiter: ','}, columns, false)
	for i := range rows {
		rows[i].Target, rows[i].RunID = "prod", r.Run.ID
		tally.Add(&rows[i])
		if err := out.Write(&rows[i], bytesOf(cells(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	tally.Into(r.Summary)
	return r
}

func written(t testing.TB, r *Report) string {
	t.Helper()
	out := strings.Builder{}
	if err := r.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func bytesOf(cells []string) [][]byte {
	all := make([][]byte, len(cells))
	for i, cell := range cells {
		all[i] = []byte(cell)
	}
	return all
}
