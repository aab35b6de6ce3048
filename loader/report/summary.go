package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
)

// newSummary fills in everything that is known before the rows are counted.
func (r *Report) newSummary() *results.Summary {
	run, stem := r.run(), r.run().Stem()
	org := r.Org
	if org.ID == "" {
		org = run.Org
	}
	s := &results.Summary{
		Run: run.ID, Revision: run.Last.Number + 1, Final: r.over, Target: run.Target, Kind: run.Kind,
		Pretend: run.Seal.Pretend,
		Org:     results.Org{ID: org.ID, Name: org.Name, Sandbox: org.Sandbox}, As: org.As, By: r.By,
		Version: r.Version,
		Options: r.Flags.InForce(r.Connector.Spelling.Blank),
		Roster: results.Roster{
			Name: run.Seal.Roster, SHA256: run.Seal.SHA256, Encoding: r.Roster.Encoding,
			Delimiter: string(r.Roster.Delimiter),
		},
		StartedAt: stamp(run.Begun), EndedAt: stamp(r.Now()), Jobs: []results.Job{}, Warnings: r.Warnings,
		Mends: run.Seal.Mends, Stopped: run.Stopped, Undoes: run.Seal.Undoes,
		Reason: run.Seal.Reason, Ticket: run.Seal.Ticket, Given: run.Given, Feed: run.Seal.Source,
		Delivery: run.Seal.Delivered(), Holds: run.Holds(),
		Files: results.Files{
			Results: stem + ".results.csv", Failed: stem + ".failed.csv",
			Summary: stem + ".summary.json", Run: run.Folder,
		},
	}
	if run.Seal.Verb == "plan" && run.Planned != nil && !run.SentAnything() && !run.Over && !run.Stale && !r.givenUp() {
		s.WouldSend = map[string]int{}
	}
	if r.Flags.Split {
		s.Files.Success = stem + ".success.csv"
	}
	if p := run.Planned; p != nil {
		s.Roster.Rows, s.Roster.Encoding, s.Roster.BlankLines = p.Rows, p.Encoding, p.BlankLines
		s.Plan = planSummary(p)
		s.Plan.HoldersAfter = run.HoldersAfter
		s.Warnings = merge(p.Warnings, r.Warnings)
		s.Jobs = r.jobs()
	}
	return s
}

// givenUp tells of a run that is over although its plan had changes to send: a newer run has superseded it. A plan without any is over, too.
func (r *Report) givenUp() bool {
	p := r.run().Planned
	return r.over && p != nil && p.Removals+p.Upserts > 0
}

func planSummary(p *run.Planned) *results.Plan {
	plan := &results.Plan{
		Removals: p.Removals, ByBlank: p.Blanks, ByNA: p.NAs, Upserts: p.Upserts, Holders: p.Holders,
		RetryFirst: p.RetryFirst,
		Guard:      p.Guard, UsernameSuffix: p.Suffix,
	}
	for _, m := range p.Moves {
		plan.Moves = append(plan.Moves, results.Move(m))
	}
	return plan
}

// jobs lists each batch that was sent: the org's jobs, in the order in which they began.
func (r *Report) jobs() []results.Job {
	jobs := []results.Job{}
	for _, b := range r.run().Batches {
		if !b.Began.IsZero() {
			jobs = append(jobs, results.Job{
				Job: b.Job.String(), JobID: b.Receipt, Rows: b.Rows,
				BeganAt: stamp(b.Began), EndedAt: stamp(b.Ended), SettledAt: stamp(r.run().Times[b.Job].Settled),
			})
		}
	}
	slices.SortStableFunc(jobs, func(a, b results.Job) int { return strings.Compare(a.BeganAt, b.BeganAt) })
	return jobs
}

func merge(a, b []string) []string {
	all := append([]string{}, a...)
	for _, text := range b {
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// spell is summary.json.
func spell(s *results.Summary) ([]byte, error) {
	data, err := json.MarshalIndent(s, "", "  ")
	return append(data, '\n'), err
}

// digest is the SHA-256 of a summary, in hex.
func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// next is the command to type after this run, if there is one.
func (r *Report) next(s *results.Summary) string {
	switch {
	case s.Exit == run.ExitGuard && (s.Feed != "" || len(s.Holds) > 1):
		return r.Command("approve", r.run().ApproveArgs()...)
	case s.Exit == run.ExitGuard:
		return r.Command("resume", s.Run, "--allow-removals", strconv.Itoa(r.run().Planned.Removals))
	case s.Exit == run.ExitDenied:
		return r.Command("check", s.Target)
	case !s.Final && (r.Ended != 0 || s.Pending > 0 || r.run().Seal.Verb == "plan"):
		return r.Command("resume", s.Run)
	case r.mayRetry(s):
		return r.Command("retry", s.Run)
	case s.Files.Failed != "":
		return r.Command("load", s.Files.Failed, "-t", s.Target)
	}
	return ""
}

// mayRetry tells whether a retry, rather than a mended line, could help any row: one that the org itself keeps and has
// failed.
func (r *Report) mayRetry(s *results.Summary) bool {
	return slices.ContainsFunc(s.Reasons, func(reason results.Reason) bool {
		return slices.Contains(r.Connector.RetryCodes, reason.ReasonCode) &&
			(reason.NextStep == transform.Retry || reason.NextStep == transform.FreeLicences)
	})
}
