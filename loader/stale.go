package loader

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/plan"
	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/validate"
)

// refuseStale keeps a late order from being carried out. Time has passed since a resumed run was planned, or since a load began to wait for
// the org's lock: a newer run may have been at work, or users may have drifted. What has been sent is followed to its end all the same.
func (s *session) refuseStale(ctx context.Context) error {
	newer := s.newerRuns()
	if !s.run().MaySend(transform.Upserts) || !s.resumed && len(newer) == 0 {
		return nil
	}
	if err := s.takeBackAborted(); err != nil {
		return err
	}
	if i := slices.IndexFunc(newer, func(n *run.Run) bool { return sameSource(n, s.run()) }); i >= 0 {
		s.warn("run %s has sent something to this org since; nothing more of this run is sent", newer[i].ID)
		return s.writer.Note(journal.Event{What: journal.Superseded, Note: newer[i].ID})
	}
	waiting := s.unsentRows()
	if err := s.look(ctx, waiting); err != nil {
		return err
	}
	answers, drifted := map[*run.Batch][]connector.Outcome{}, []int32{}
	for _, i := range waiting {
		b := s.changes.Batch(i)
		if by := s.newerChange(s.changes.ID(i)); by != "" {
			answers[b] = append(answers[b], s.superseded(i, by))
		} else if s.changes.Position(s.policy, i) == changes.Elsewhere {
			answers[b] = append(answers[b], s.drifted(i))
			drifted = append(drifted, i)
		}
	}
	if len(drifted) > 0 && !s.run().SentAnything() {
		return s.refuseAll(drifted)
	}
	return s.leaveAlone(answers)
}

// unsentRows are the rows of batches that were never sent.
func (s *session) unsentRows() []int32 {
	return s.changes.Pick(func(i int32) bool {
		b := s.changes.Batch(i)
		return b != nil && b.Open() && !b.Submitted
	})
}

// newerRuns are those of the same org that have sent something.
func (s *session) newerRuns() []*run.Run {
	var newer []*run.Run
	for _, r := range s.runs {
		if r.ID > s.run().ID && r.Org.ID == s.orgID() && r.SentAnything() {
			newer = append(newer, r)
		}
	}
	return newer
}

func sameSource(a, b *run.Run) bool { return a.Seal.Source == b.Seal.Source }

// newerChange names the newer run that has sent a change for this user; empty when there is none.
func (s *session) newerChange(user string) string {
	if s.newerSent == nil {
		s.newerSent = map[string]string{}
		for _, r := range s.newerRuns() {
			for _, id := range sentUsers(r) {
				s.newerSent[id] = r.ID
			}
		}
	}
	return s.newerSent[user]
}

// sentUsers are the users of whom a run has asked something. A batch that cannot be read is one whose users are not known: none are named.
func sentUsers(r *run.Run) []string {
	var users []string
	for _, b := range r.Batches {
		if !b.Submitted && !b.Done {
			continue
		}
		for c, err := range b.Changes() {
			if err == nil {
				users = append(users, c.User)
			}
		}
	}
	return users
}

// takeBackAborted makes unsent what a newer run has aborted before it began in the org.
func (s *session) takeBackAborted() error {
	for _, r := range s.runs {
		for _, b := range s.run().Batches {
			if r.ID <= s.run().ID || b.Receipt == "" || !b.Open() || !slices.Contains(r.Aborted, b.Receipt) {
				continue
			}
			s.changes.MarkUnsent(b)
			if err := s.writer.NoteBatch(b, journal.Missed, journal.Event{Note: r.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}

// refuseAll ends a run that has sent nothing: its plan is no longer true.
func (s *session) refuseAll(drifted []int32) error {
	keys, err := s.keys(drifted, 20)
	if err != nil {
		return err
	}
	if err := s.writer.Note(journal.Event{What: journal.Stale, Rows: len(drifted)}); err != nil {
		return err
	}
	return run.Stopf(run.ExitStale, run.Say("load the roster again"), "the plan is no longer true: %d users were moved since (%s); nothing was sent", len(drifted), strings.Join(keys, ", "))
}

// leaveAlone seals the batches again without the rows that were answered.
func (s *session) leaveAlone(answers map[*run.Batch][]connector.Outcome) error {
	for _, b := range slices.Clone(s.run().Batches) {
		all := answers[b]
		if len(all) == 0 {
			continue
		}
		if err := s.changes.Answer(b, all); err != nil {
			return err
		}
		var rest []int32
		for i := range s.changes.Of(b) {
			if state := s.changes.State(i); state != changes.Drifted && state != changes.Superseded {
				rest = append(rest, i)
			}
		}
		if err := s.sealFurther(b.Job, rest, b, b.Resend); err != nil {
			return err
		}
	}
	return nil
}

// abortUnbegun aborts jobs of older runs that have not begun in the org, where which says so: they would undo this run later.
func (s *session) abortUnbegun(ctx context.Context, which func(older, mine *run.Run) bool) error {
	collector, ok := s.target.(connector.Collector)
	if !ok {
		return nil
	}
	for _, r := range s.runs {
		if r.ID >= s.run().ID || r.Planned == nil || r.Org.ID != s.org.ID || r.Over || !which(r, s.run()) {
			continue
		}
		for _, b := range r.Batches {
			if b.Receipt == "" || b.Done {
				continue
			}
			if err := s.abort(ctx, collector, r, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// abort notes what it has aborted: the older run takes its rows for unsent then. A crash before the note: the older run finds a job that
// the org calls aborted, and says so of its rows.
func (s *session) abort(ctx context.Context, collector connector.Collector, r *run.Run, b *run.Batch) error {
	aborted, err := collector.Abort(ctx, connector.Receipt{ID: b.Receipt})
	if err != nil {
		return fmt.Errorf("abort job %s of run %s: %w", b.Receipt, r.ID, err)
	}
	if !aborted {
		return nil
	}
	s.Log.Info("aborted a job of an older run that had not begun", "run", r.ID, "job", b.Job, "batch", b.Number, "receipt", b.Receipt)
	return s.writer.Note(journal.Event{What: journal.Aborted, Receipt: b.Receipt, Note: r.ID})
}

// changesSome tells whether an older run's unanswered batches hold any user of the snapshot.
func changesSome(older *run.Run, snapshot *plan.Snapshot) bool {
	ids := map[string]bool{}
	for _, b := range older.Batches {
		if b.Receipt == "" || b.Done {
			continue
		}
		for c, err := range b.Changes() {
			if err == nil {
				ids[c.User] = true
			}
		}
	}
	return snapshot.Has(ids)
}

func (s *session) drifted(i int32) connector.Outcome {
	now := s.changes.After(i)
	reason := fmt.Sprintf("the request field says %q now, neither what it was when the run was planned nor what is asked: somebody else moved this user, who was left alone", now.Request)
	if !now.Found() {
		reason = "the org no longer shows this user"
	}
	return connector.Outcome{User: s.changes.ID(i), State: changes.OutcomeDrifted, Code: "USER_CHANGED_MEANWHILE", Reason: reason, Next: transform.FixAndLoad}
}

func (s *session) superseded(i int32, by string) connector.Outcome {
	return connector.Outcome{
		User: s.changes.ID(i), State: changes.OutcomeSuperseded, Code: "RUN_SUPERSEDED", Next: transform.AskAdmin,
		Reason: "run " + by + " is newer and has sent a change for this user; an order this old is not carried out",
	}
}

// keys finds the roster's own words for up to most of these entries, for people to read.
func (s *session) keys(which []int32, most int) ([]string, error) {
	wanted := map[string]bool{}
	for _, i := range which {
		wanted[s.changes.ID(i)] = true
	}
	before, err := run.OpenTable(s.run().Path(run.BeforeFile))
	if err != nil {
		return nil, err
	}
	defer before.Close()
	rows := map[int]bool{}
	for before.Row != 0 && len(rows) < most {
		standing, _, err := before.Standing()
		if err != nil {
			return nil, err
		}
		if wanted[standing.ID] {
			rows[before.Row] = true
		}
		if err := before.Next(); err != nil {
			return nil, err
		}
	}
	var keys []string
	for line, err := range s.roster.Lines() {
		if err != nil {
			return nil, err
		}
		if rows[line.Row] && len(keys) < most {
			keys = append(keys, validate.Trim(line.Cells[s.roster.UserColumn]))
		}
	}
	return keys, nil
}
