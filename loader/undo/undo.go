// Package undo writes the roster that takes a run back, and says which users it must leave alone.
package undo

import (
	"encoding/csv"
	"iter"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"rosterload/loader/connector"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/validate"
)

// Open is the run that is to be undone by a load of a target.
func Open(home, id, target string, c *connector.Connector) (*run.Run, error) {
	r, err := run.Open(home, id)
	switch {
	case err != nil:
		return nil, err
	case r.Pruned:
		return nil, run.Stopf(run.ExitUsage, run.Hint{},
			"run %s was pruned: what its users held before is no longer known", id)
	case !r.Over:
		return nil, run.Stopf(run.ExitUsage, run.Type("resume", id),
			"run %s is open: only a run that is over can be undone", id)
	case r.Planned == nil || r.Last.Number == 0:
		return nil, run.Stopf(run.ExitNothing, run.Type("show", id), "run %s has changed nothing", id)
	case idHeading(c.Spelling) == "":
		return nil, run.Stopf(run.ExitUsage, run.Hint{},
			"runs of kind %s cannot be undone: its rosters name no record ids", r.Kind)
	case r.Kind != c.Name:
		return nil, run.Stopf(run.ExitUsage, run.Hint{},
			"run %s is of kind %s, target %s of kind %s", id, r.Kind, target, c.Name)
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

// Flags are those with which a roster of an undo is read and its results are written.
func Flags(f run.Flags, s validate.Spelling) run.Flags {
	f.User, f.Group = idHeading(s), s.Values[0]
	f.Blank, f.NA, f.Duplicates, f.Suffix = "", validate.Remove, validate.Reject, ""
	if f.Results == "" {
		f.Results = "."
	}
	return f
}

// WriteRoster writes the roster of an undo; only narrows it to some rows of the run, nil are all. Its last two
// columns say which row of the run each line takes back.
func WriteRoster(path string, r *run.Run, spelling validate.Spelling, only []int) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	out := csv.NewWriter(f)
	header := []string{idHeading(spelling), spelling.Values[0], "undone_row", "undone_key"}
	_ = out.Write(header) // an error stays until Flush
	lines, left, err := writeLines(out, r, spelling, only)
	switch out.Flush(); {
	case err != nil:
		return err
	case out.Error() != nil:
		return out.Error()
	case len(left) > 0:
		missing := slices.Min(slices.Collect(maps.Keys(left)))
		return run.Stopf(run.ExitUsage, run.Type("show", r.ID), "row %d of run %s was not changed by it", missing, r.ID)
	case lines == 0:
		return run.Stopf(run.ExitNothing, run.Type("show", r.ID), "run %s has changed nothing", r.ID)
	}
	return nil
}

// writeLines tells how many lines it wrote, and which of the rows in only the run has not changed.
func writeLines(out *csv.Writer, r *run.Run, spelling validate.Spelling, only []int) (
	lines int, left map[int]bool, err error,
) {
	left = map[int]bool{}
	for _, n := range only {
		left[n] = true
	}
	for row, err := range changedRows(r) {
		if err != nil {
			return lines, left, err
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
		_ = out.Write([]string{row.RecordID, value, strconv.Itoa(row.Row), row.Key})
	}
	return lines, left, nil
}

// changedRows are the rows of the newest results that the run has changed, with what was held before in the very
// spelling of the org: those of the roster, and those of users who are in no line of it.
func changedRows(r *run.Run) iter.Seq2[results.Row, error] {
	return func(yield func(results.Row, error) bool) {
		before, err := run.OpenTable(r.Path(run.BeforeFile))
		if err != nil {
			yield(results.Row{}, err)
			return
		}
		defer before.Close()
		for row, err := range allRows(r) {
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

func allRows(r *run.Run) iter.Seq2[results.Row, error] {
	return func(yield func(results.Row, error) bool) {
		for _, rows := range []iter.Seq2[results.Row, error]{r.Rows(), r.AbsentRows()} {
			for row, err := range rows {
				if !yield(row, err) {
					return
				}
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
