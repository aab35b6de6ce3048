package loader

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/plan"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/loader/undo"
	"rosterload/transform"
	"rosterload/validate"
)

// plan takes a roster as far as it can go without writing to the org: every line is answered, or sealed in a batch. A crash anywhere
// in here leaves files that the next plan of the same copy writes again; nothing counts before the event at the end.
func (s *session) plan(ctx context.Context) error {
	if s.run().Planned != nil {
		return nil
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	screening, err := s.roster.Screen(func(rows int) { s.progress("reading", rows, 0) })
	if err != nil {
		return err
	}
	p := s.planned(screening)
	if screening.Rows == 0 {
		return s.conclude(p)
	}
	if err := s.ready(ctx); err != nil {
		return err
	}
	if err := s.abortUnbegun(ctx, sameSource); err != nil {
		return err
	}
	requests := plan.NewRequests(s.roster, screening)
	snapshot, err := s.lookAtAll(ctx, requests, screening)
	if err != nil {
		return err
	}
	if err := s.abortUnbegun(ctx, func(older, mine *run.Run) bool { return !sameSource(older, mine) && snapshot.HasAny(older.SentUsers()) }); err != nil {
		return err
	}
	if err := s.decide(ctx, p, requests, snapshot); err != nil {
		return err
	}
	if err := s.findSuffix(ctx, p, requests, snapshot); err != nil {
		return err
	}
	if err := s.findZeros(ctx, requests, snapshot); err != nil {
		return err
	}
	if err := s.findUnheld(ctx, p, snapshot); err != nil {
		return err
	}
	if err := s.sealSnapshot(p); err != nil {
		return err
	}
	return s.conclude(p)
}

func (s *session) planned(screening *validate.Screening) *run.Planned {
	p := &run.Planned{
		Rows: screening.Rows, Blanks: screening.Blanks, NAs: screening.NAs, BlankLines: screening.BlankLines, Windows1252: screening.Windows1252,
		Encoding: s.roster.Encoding, Delimiter: string(s.roster.Delimiter), Org: s.org, As: s.org.As,
	}
	if screening.Windows1252 > 0 {
		p.Encoding = "Windows-1252"
		s.warn("%d lines were no UTF-8 and were read as Windows-1252", screening.Windows1252)
	}
	return p
}

// ready runs the checks that `check` runs, before anything is looked at or sent. What speaks of single users is for `check` to tell.
func (s *session) ready(ctx context.Context) error {
	var failed []string
	code := run.ExitUsage
	err := s.target.Ready(ctx, nil, func(f connector.Finding) error {
		switch {
		case f.Subject != "":
		case f.Mark == connector.Fail:
			failed = append(failed, fmt.Sprintf("%s: %s; %s", f.Check, f.Saw, f.Cure))
			if !f.Setting {
				code = run.ExitDenied
			}
		case f.Mark == connector.Warn:
			s.warn("%s: %s", f.Check, f.Saw)
		}
		return nil
	})
	if err != nil || len(failed) == 0 {
		return err
	}
	return run.Stopf(code, run.Type("check", s.Name), "%s", strings.Join(failed, "; and "))
}

// lookAtAll is the one look at every user of the roster.
func (s *session) lookAtAll(ctx context.Context, q *plan.Requests, screening *validate.Screening) (*plan.Snapshot, error) {
	snapshot := plan.NewSnapshot(screening)
	policy, err := s.target.Look(ctx, q.Users(), func(standing transform.Standing) error {
		s.progress("looking", snapshot.Found(), screening.Rows)
		return snapshot.See(standing)
	})
	if err == nil {
		err = q.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("look: %w", err)
	}
	s.policy = policy
	return snapshot, q.Forecast(policy, snapshot)
}

func (s *session) decide(ctx context.Context, p *run.Planned, q *plan.Requests, snapshot *plan.Snapshot) (err error) {
	counted := false
	if p.Holders, counted = plan.Holders(s.policy, snapshot); !counted {
		s.warn("the org does not say how many people have a group; the removal guard counts those of the roster: %d", p.Holders)
	}
	others, err := s.others(ctx, p, q, snapshot)
	if err != nil {
		return err
	}
	veto, err := s.veto()
	if err != nil {
		return err
	}
	p.Batches, err = plan.Decide(plan.Options{
		Terms: s.Terms, Others: others, Veto: veto,
		Writer: s.writer, Connector: &s.Connector, Limits: s.limits(transform.Removals), Earlier: plan.HistoryOf(s.run(), s.runs),
		Progress: func(done, total int) { s.progress("deciding", done, total) },
	}, p, q, snapshot, s.policy)
	return err
}

// veto is that of an undo; nil for other runs.
func (s *session) veto() (func(transform.Standing, transform.Decision) (transform.Verdict, bool), error) {
	id := s.run().Seal.Undoes
	if id == "" {
		return nil, nil
	}
	undone, err := undo.Open(s.Home, id, s.Name, &s.Connector)
	if err != nil {
		return nil, err
	}
	undone.SetLimits(s.limits)
	return undo.Veto(undone, s.policy)
}

// sealSnapshot keeps what a Stateful connector's run rests on. The journal learns of it with the plan.
func (s *session) sealSnapshot(p *run.Planned) error {
	stateful, ok := s.target.(connector.Stateful)
	if !ok {
		return nil
	}
	data, err := stateful.Snapshot()
	if err != nil {
		return err
	}
	if err := spool.WriteFile(s.run().Path(run.SnapshotFile), 0o600, data); err != nil {
		return err
	}
	sha, err := spool.Digest(s.run().Path(run.SnapshotFile))
	p.Files = append(p.Files, run.Sealed{File: run.SnapshotFile, SHA256: sha})
	return err
}

// findSuffix: when no user at all is found by username, a sandbox may have added its name to each. Nothing is guessed into the load; the
// summary says what would find them.
func (s *session) findSuffix(ctx context.Context, p *run.Planned, q *plan.Requests, snapshot *plan.Snapshot) error {
	asker, ok := s.target.(connector.Suffixer)
	if !ok || snapshot.Found() > 0 || s.roster.By != "Username" {
		return nil
	}
	var some []transform.User
	for user := range q.Users() {
		if some = append(some, user); len(some) == 20 {
			break
		}
	}
	if len(some) == 0 {
		return q.Err()
	}
	suffix, err := asker.Suffix(ctx, some)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil: // a hint that the org does not let us give is none; the load goes on
		s.Log.Info("no hint about a sandbox", "run", s.run().ID, "err", err)
		return nil
	case suffix == "":
		return nil
	}
	p.Suffix = suffix
	s.warn("no user was found, but each username with %q behind it would be (a sandbox?): username_suffix: %s in the config adds it", suffix, suffix)
	return nil
}

// Numbers whose users are looked for with zeros in front: so many numbers, so many zeros.
const (
	mostNumbers = 20
	mostZeros   = 6
)

// findZeros looks whether numbers that no user has would be found with zeros in front: a spreadsheet drops them. Nothing is guessed into the
// load. A target that keeps what it looked at is not asked.
func (s *session) findZeros(ctx context.Context, q *plan.Requests, snapshot *plan.Snapshot) error {
	if _, keeps := s.target.(connector.Stateful); keeps || s.roster.By != "EmployeeNumber" {
		return nil
	}
	meant, padded := map[string]string{}, []transform.User(nil)
	for r := range q.All() {
		number := string(r.Key())
		if strings.Trim(number, "0123456789") != "" || snapshot.Of(r).Found() || len(padded) >= mostNumbers*mostZeros {
			continue
		}
		for zeros := range mostZeros {
			key := strings.Repeat("0", zeros+1) + number
			meant[key] = number
			padded = append(padded, transform.User{By: r.By(), Key: key})
		}
	}
	if len(padded) == 0 {
		return q.Err()
	}
	found := map[string]string{}
	_, err := s.target.Look(ctx, slices.Values(padded), func(is transform.Standing) error {
		found[meant[is.User.Key]] = is.User.Key
		return nil
	})
	if err != nil {
		return fmt.Errorf("look: %w", err)
	}
	if len(found) > 0 {
		number := slices.Min(slices.Collect(maps.Keys(found)))
		s.warn("%d of the EmployeeNumbers that no user has would be found with zeros in front (%s for %s): a spreadsheet drops them; "+
			"format its column as text", len(found), found[number], number)
	}
	return nil
}

// findUnheld names the groups of a plan that no user of the org holds: most are typing mistakes. A load by night asks nothing for it.
func (s *session) findUnheld(ctx context.Context, p *run.Planned, snapshot *plan.Snapshot) error {
	counter, ok := s.target.(connector.GroupCounter)
	if !ok || s.run().Seal.Verb != "plan" {
		return nil
	}
	for _, group := range p.Unheld {
		n, err := counter.HoldersOf(ctx, group)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil: // a hint that the org does not let us give is none
			s.Log.Info("no hint about a group", "run", s.run().ID, "err", err)
			return nil
		case n > 0:
			continue
		}
		near := ""
		if names := validate.Near(group, snapshot.Groups()); len(names) > 0 {
			near = "; near it: " + strings.Join(names, ", ")
		}
		s.warn("no user of the org holds the group %q%s", group, near)
	}
	return nil
}

// conclude writes the one event that makes the plan true. From here on a resume sends what was sealed and plans no more.
func (s *session) conclude(p *run.Planned) error {
	if p.Guard = plan.Guard(s.Flags, p); p.Guard != "" {
		p.Holds = append(p.Holds, plan.RemovalsHold(s.Flags, p))
	}
	p.Holds = append(p.Holds, plan.Expected(s.Terms, s.run(), s.runs, p)...)
	p.Warnings = s.warnings
	if err := s.writer.NoteData(journal.Event{What: journal.Planned, Rows: p.Rows}, p); err != nil {
		return err
	}
	s.run().SetLimits(s.limits)
	return nil
}

// allowed stops a run that is held for a person. What is sealed stays; an approval, or for the removal guard a resume with the exact
// number, goes on.
func (s *session) allowed() error {
	r := s.run()
	if r.Planned.Rows == 0 {
		return run.Stopf(run.ExitNothing, run.Hint{}, "the roster has no data rows")
	}
	if r.SentAnything() || !r.MaySend(transform.Upserts) {
		return nil
	}
	open := r.OpenHolds()
	for _, h := range open {
		if h.Code != run.HoldRemovals {
			hint := run.Hint{Before: "look at the plan, then: ", Verb: "approve", Args: r.ApproveArgs()}
			return run.Stopf(run.ExitGuard, hint, "%s; nothing was sent", h.Text)
		}
	}
	why := plan.Guard(s.Flags, r.Planned)
	if why == "" || len(r.Holds()) > 0 && len(open) == 0 {
		return nil
	}
	hint := run.Hint{Before: "look at the plan, then: ", Verb: "resume", Args: []string{r.ID, "--allow-removals", strconv.Itoa(r.Planned.Removals)}}
	return run.Stopf(run.ExitGuard, hint, "%s; nothing was sent", why)
}
