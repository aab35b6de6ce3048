package main

import (
	"iter"

	"rosterload/loader/results"
	"rosterload/transform"
)

// mostRows is how many rows of a run `show` prints; the files have all.
const mostRows = 50

// printRows shows a small run's rows, and of a larger run those that a person must look at.
func printRows(v *voice, s *results.Summary, rows iter.Seq2[results.Row, error]) error {
	all := s.Roster.Rows <= mostRows
	t := newGrid(v, "row", "key", "action", "result", "reason", "next step", "before", "requested", "after", "status")
	left := 0
	for row, err := range rows {
		switch {
		case err != nil:
			return err
		case !all && isWell(row.Result):
		case len(t.rows) == mostRows:
			left++
		default:
			t.add(row.Row, row.Key, row.Action, row.Result, row.ReasonCode, row.NextStep, row.Before, row.Requested,
				row.After, row.ProvisioningStatus)
		}
	}
	if len(t.rows) > 0 {
		t.draw()
	}
	if left > 0 {
		v.say("and %d more such rows in %s", left, s.Files.Results)
	}
	return nil
}

// isWell tells of rows that no person has to look at.
func isWell(word string) bool {
	switch transform.Word(word) {
	case transform.Failed, transform.NotAttempted, transform.Pending:
		return false
	}
	return true
}
