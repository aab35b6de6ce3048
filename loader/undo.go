package loader

import (
	"context"
	"encoding/csv"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/validate"
)

// Undo asks for what each row held before that a run has changed: a new run, planned, guarded and carried out like any load. Rows narrow it,
// nil are all. Users who no longer stand as the run left them are left alone. dry goes as far as Plan does.
func Undo(ctx context.Context, o Options, id string, rows []int, dry bool) (*results.Summary, error) {
	undone, err := mayUndo(o, id)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "rosterload-undo-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	roster := filepath.Join(folder, "undo-of-"+id+".csv")
	if err := writeUndo(roster, undone, o.Connector.Spelling, rows); err != nil {
		return nil, err
	}
	o.undoes = id
	f := &o.Flags
	f.User, f.Group = idHeading(o.Connector.Spelling), o.Connector.Spelling.Values[0]
	f.Blank, f.NA, f.Duplicates, f.Suffix = "", validate.Remove, validate.Reject, ""
	if f.Results == "" {
		f.Results = "."
	}
	if dry {
		return Plan(ctx, o, roster)
	}
	return carryOut(ctx, o, "undo", roster)
}

// mayUndo is the run that is to be undone.
func mayUndo(o Options, id string) (*run.Run, error) {
	r, err := run.Open(o.Home, id)
	switch {
	case err != nil:
		return nil, err
	case r.Pruned:
		return nil, run.Stopf(run.ExitUsage, run.Hint{}, "run %s was pruned: what its users held before is no longer known", id)
	case !r.Over:
		return nil, run.Stopf(run.ExitUsage, run.Type("resume", id), "run %s is open: only a run that is over can be undone", id)
	case r.Planned == nil || r.Last.Number == 0:
		return nil, run.Stopf(run.ExitNothing, run.Type("show", id), "run %s has changed nothing", id)
	case idHeading(o.Connector.Spelling) == "":
		return nil, run.Stopf(run.ExitUsage, run.Hint{}, "runs of kind %s cannot be undone: its rosters name no record ids", r.Kind)
	case r.Kind != o.Connector.Name:
		return nil, run.Stopf(run.ExitUsage, run.Hint{}, "run %s is of kind %s, target %s of kind %s", id, r.Kind, o.Name, o.Connector.Name)
	}
	if err := r.VerifyKept(); err != nil {
		return nil, err
	}
	for _, f := range r.Planned.Files {
		if err := r.Verify(f); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// idHeading is the heading of record ids; empty for a kind whose rosters cannot name users by them.
func idHeading(s validate.Spelling) string {
	i := slices.IndexFunc(s.Users, func(u validate.UserColumn) bool { return strings.EqualFold(u.By, "Id") })
	if i < 0 {
		return ""
	}
	return s.Users[i].Headings[0]
}

// writeUndo writes the roster of an undo. Its last two columns say which row of the run each line takes back.
func writeUndo(path string, r *run.Run, spelling validate.Spelling, only []int) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	out := csv.NewWriter(f)
	left := map[int]bool{}
	for _, n := range only {
		left[n] = true
	}
	lines := 0
	err = out.Write([]string{idHeading(spelling), spelling.Values[0], "undone_row", "undone_key"})
	for row, bad := range changedRows(r) {
		if bad != nil {
			return bad
		}
		if only != nil && !left[row.Row] {
			continue
		}
		delete(left, row.Row)
		value := row.Before
		if value == "" {
			value = spelling.Nothing[0]
		}
		lines++
		if err == nil {
			err = out.Write([]string{row.RecordID, value, strconv.Itoa(row.Row), row.Key})
		}
	}
	switch out.Flush(); {
	case err != nil:
		return err
	case out.Error() != nil:
		return out.Error()
	case len(left) > 0:
		return run.Stopf(run.ExitUsage, run.Type("show", r.ID), "row %d of run %s was not changed by it", slices.Min(slices.Collect(maps.Keys(left))), r.ID)
	case lines == 0:
		return run.Stopf(run.ExitNothing, run.Type("show", r.ID), "run %s has changed nothing", r.ID)
	}
	return nil
}

// changedRows are the rows of the newest results that the run has changed, with what was held before in the very spelling of the org.
func changedRows(r *run.Run) iter.Seq2[results.Row, error] {
	return func(yield func(results.Row, error) bool) {
		before, err := run.OpenTable(r.Path(run.BeforeFile))
		if err != nil {
			yield(results.Row{}, err)
			return
		}
		defer before.Close()
		for row, err := range r.Rows() {
			if err == nil && !isChanged(row) {
				continue
			}
			if err == nil {
				err = exactly(before, &row)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

func isChanged(row results.Row) bool {
	switch transform.Word(row.Result) {
	case transform.Created, transform.Updated, transform.Removed, transform.Pending:
		return row.Attempts > 0
	}
	return false
}

// exactly takes id and group from the sealed standing: results are spelled for people.
func exactly(before *run.TableReader, row *results.Row) error {
	found, err := before.At(row.Row)
	if err != nil || !found {
		return err
	}
	standing, _, err := before.Standing()
	row.RecordID, row.Before = standing.ID, standing.Group
	return err
}

// undoVeto keeps an undo from users who were changed since the run that it takes back, and from those whom nothing brings back. Nil for
// other runs.
func (s *session) undoVeto() (func(transform.Standing, transform.Decision) (transform.Verdict, bool), error) {
	id := s.run().Seal.Undoes
	if id == "" {
		return nil, nil
	}
	undone, err := mayUndo(s.Options, id)
	if err != nil {
		return nil, err
	}
	undone.SetLimits(s.limits)
	asked, err := lastAsked(undone)
	if err != nil {
		return nil, err
	}
	archived := map[string]bool{}
	for row, err := range changedRows(undone) {
		if err != nil {
			return nil, err
		}
		archived[row.RecordID] = row.Action == string(transform.Archive)
	}
	return func(now transform.Standing, d transform.Decision) (transform.Verdict, bool) {
		switch {
		case archived[now.ID]:
			return transform.Verdict{
				Word: transform.Failed, Code: "UNDO_IMPOSSIBLE", Next: transform.AskAdmin,
				Reason: "run " + id + " has archived this user, and an archived user cannot be brought back",
			}, true
		case d.Job != transform.None && !s.policy.AsAsked(transform.Change{User: now.ID, Value: asked[now.ID]}, now):
			return transform.Verdict{
				Word: transform.Failed, Code: "USER_CHANGED_MEANWHILE", Next: transform.AskAdmin,
				Reason: "this user no longer stands as run " + id + " has left it",
			}, true
		}
		return transform.Verdict{}, false
	}, nil
}

// lastAsked is what a run has asked for last, by user.
func lastAsked(r *run.Run) (map[string]string, error) {
	asked := map[string]string{}
	for _, b := range r.Batches {
		if b.Job.IsRetry() {
			continue
		}
		if err := r.Verify(run.Sealed{File: run.FileName(b.Path), SHA256: b.SHA256}); err != nil {
			return nil, err
		}
		for c, err := range b.Changes() {
			if err != nil {
				return nil, err
			}
			asked[c.User] = c.Value
		}
	}
	return asked, nil
}
