package report

import (
	"rosterload/loader/plan"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
)

// exit is the run's exit code: the first of 10, 9, 3, 7, 6, 4, 8, 5 that fits, but 8 goes before 4 while rows of an
// open run are unsent. What ended the run early decides before the rows do, but for an open run's wait.
func (r *Report) exit(s *results.Summary) int {
	if r.Code == "RUN_REJECTED" {
		return run.ExitOK // a person has ended it, or its file was taken back: nothing was sent and nothing is left to do
	}
	if r.Ended != run.ExitOK && r.Ended != run.ExitPending {
		return r.Ended
	}
	pending := s.Pending+s.Absent[string(transform.Pending)] > s.Trusted || r.Ended == run.ExitPending
	unsent := s.Results[string(transform.NotAttempted)] + s.Absent[string(transform.NotAttempted)]
	switch {
	case pending && !s.Final && unsent > 0:
		return run.ExitPending
	case r.tooManyFailed(s, unsent):
		return run.ExitFailedRows
	case pending:
		return run.ExitPending
	}
	return run.ExitOK
}

// tooManyFailed holds the failures against --max-failed, which forgives failed rows but not rows that were never
// attempted.
func (r *Report) tooManyFailed(s *results.Summary, unsent int) bool {
	failed := s.Results[string(transform.Failed)] + s.Absent[string(transform.Failed)] +
		s.Beyond[string(transform.Failed)]
	if unsent > 0 && s.Final {
		return true
	}
	if failed == 0 {
		return false
	}
	most, share, err := plan.ParseShare(r.Flags.MaxFailed)
	switch {
	case r.Flags.MaxFailed == "" || err != nil || unsent > 0:
		return true
	case share:
		return float64(failed)*100 > most*float64(s.Roster.Rows)
	}
	return failed > int(most)
}
