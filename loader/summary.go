package loader

import (
	"slices"
	"strings"
	"time"

	"rosterload/loader/results"
	"rosterload/transform"
)

// newSummary fills in everything that is known before the rows are counted.
func (w *work) newSummary(over bool) *results.Summary {
	r, stem := w.run, w.stem()
	s := &results.Summary{
		Run: r.ID, Revision: r.Last.Number + 1, Final: over, Target: r.Target, Kind: r.Kind, Pretend: r.Seal.Pretend,
		Org: results.Org{ID: w.org.ID, Name: w.org.Name, Sandbox: w.org.Sandbox}, As: w.org.As, By: w.By, Version: w.Version, Options: w.Flags.inForce(w.Kind.Spelling.Blank),
		Roster:    results.Roster{Name: r.Seal.Roster, SHA256: r.Seal.SHA256, Encoding: w.roster.Encoding, Delimiter: string(w.roster.Delimiter)},
		StartedAt: stamp(r.Begun), EndedAt: stamp(w.Now()), Jobs: []results.Job{}, Warnings: w.warned,
		Files: results.Files{Results: stem + ".results.csv", Failed: stem + ".failed.csv", Summary: stem + ".summary.json", Run: r.Folder},
	}
	if w.org.ID == "" {
		s.Org, s.As = results.Org{ID: r.Org.ID, Name: r.Org.Name, Sandbox: r.Org.Sandbox}, r.Org.As
	}
	if w.Flags.Split {
		s.Files.Success = stem + ".success.csv"
	}
	if p := r.Planned; p != nil {
		s.Roster.Rows, s.Roster.Encoding, s.Roster.BlankLines = p.Rows, p.Encoding, p.BlankLines
		s.Plan = planSummary(p)
		s.Warnings = merge(p.Warnings, w.warned)
		s.Jobs = w.jobs()
	}
	return s
}

func planSummary(p *Planned) *results.Plan {
	plan := &results.Plan{
		Removals: p.Removals, ByBlank: p.Blanks, ByNA: p.NAs, Upserts: p.Upserts, Holders: p.Holders, RetryFirst: p.RetryFirst,
		Names: p.Names, Guard: p.Guard, UsernameSuffix: p.Suffix,
	}
	for _, m := range p.Moves {
		plan.Moves = append(plan.Moves, results.Move(m))
	}
	return plan
}

// jobs lists each batch that was sent: the org's jobs, in the order in which they began.
func (w *work) jobs() []results.Job {
	jobs := []results.Job{}
	for _, s := range w.run.Batches {
		if !s.Began.IsZero() {
			jobs = append(jobs, results.Job{
				Job: string(s.Job), JobID: s.Receipt, Rows: s.Rows,
				BeganAt: stamp(s.Began), EndedAt: stamp(s.Ended), SettledAt: stamp(w.run.JobDone[s.Job].Settled),
			})
		}
	}
	slices.SortStableFunc(jobs, func(a, b results.Job) int { return strings.Compare(a.BeganAt, b.BeganAt) })
	return jobs
}

func merge(a, b []string) []string {
	all := append([]string{}, a...)
	for _, text := range b {
		if !contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

func contains(all []string, text string) bool {
	for _, t := range all {
		if t == text {
			return true
		}
	}
	return false
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// exit is the run's exit code: the first of 10, 9, 3, 7, 6, 4, 8, 5 that fits, but 8 goes before 4 while rows of an open run are unsent.
// What ended the run early decides before the rows do, but for an open run's wait.
func (w *work) exit(s *results.Summary, ended error) int {
	code := ExitCode(ended)
	switch code {
	case ExitOK, ExitPending:
	default:
		return code
	}
	pending := s.Pending > s.Trusted || code == ExitPending
	unsent := s.Results[string(transform.NotAttempted)]
	switch {
	case pending && !s.Final && unsent > 0:
		return ExitPending
	case w.tooManyFailed(s, unsent):
		return ExitFailedRows
	case pending:
		return ExitPending
	}
	return ExitOK
}

// tooManyFailed holds the failures against --max-failed, which forgives failed rows but not rows that were never attempted.
func (w *work) tooManyFailed(s *results.Summary, unsent int) bool {
	failed := s.Results[string(transform.Failed)] + s.Beyond[string(transform.Failed)]
	if unsent > 0 && s.Final {
		return true
	}
	if failed == 0 {
		return false
	}
	most, share, err := parseShare(w.Flags.MaxFailed)
	switch {
	case w.Flags.MaxFailed == "" || err != nil || unsent > 0:
		return true
	case share:
		return float64(failed)*100 > most*float64(s.Roster.Rows)
	}
	return failed > int(most)
}

// next is the command to type after this run, if there is one.
func (w *work) next(s *results.Summary, ended error) string {
	switch {
	case s.Exit == ExitGuard:
		return "rosterload resume " + s.Run + " --allow-removals N"
	case s.Exit == ExitDenied:
		return "rosterload check " + s.Target
	case !s.Final && (ended != nil || s.Pending > 0 || w.run.Verb == "plan"):
		return "rosterload resume " + s.Run
	case mayRetry(s):
		return "rosterload retry " + s.Run
	case s.Files.Failed != "":
		return "rosterload load " + quote(s.Files.Failed) + " -t " + s.Target
	}
	return ""
}

// mayRetry tells whether a retry, rather than a mended line, could help any row: one that the org itself keeps and has failed.
func mayRetry(s *results.Summary) bool {
	return slices.ContainsFunc(s.Reasons, func(r results.Reason) bool {
		return slices.Contains(retryCodes, r.ReasonCode) && (r.NextStep == transform.Retry || r.NextStep == transform.FreeLicences)
	})
}

func quote(path string) string {
	if strings.ContainsAny(path, " '\"$&();*?") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}
