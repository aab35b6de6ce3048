package loader

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/run"
	"rosterload/transform"
)

// overtaken ends a run whose own source has sent something newer to the org since it was planned, held or not.
func (s *session) overtaken(ctx context.Context) error {
	if s.run().Planned.Rows == 0 || !s.run().MaySend(transform.Upserts) {
		return nil
	}
	if s.carrier.Resumed {
		if err := s.enter(ctx); err != nil {
			return err
		}
	}
	newer := run.Newer(s.run(), s.orgID(), s.runs)
	if !s.carrier.Resumed && len(newer) == 0 {
		return nil
	}
	if err := s.openChanges(); err != nil {
		return err
	}
	if err := s.takeBackAborted(); err != nil {
		return err
	}
	if i := slices.IndexFunc(newer, func(n *run.Run) bool { return sameSource(n, s.run()) }); i >= 0 {
		s.warn("run %s has sent something to this org since; nothing more of this run is sent", newer[i].ID)
		return s.writer.Note(journal.Event{What: journal.Superseded, Note: newer[i].ID})
	}
	return nil
}

// refuseStale keeps a late order from being carried out. Time has passed since a resumed run was planned, or since a
// load began to wait for the org's lock: a newer run may have been at work, or users may have drifted. What has been
// sent is followed to its end all the same.
func (s *session) refuseStale(ctx context.Context) error {
	if !s.run().MaySend(transform.Upserts) || !s.carrier.Resumed && len(run.Newer(s.run(), s.orgID(), s.runs)) == 0 {
		return nil
	}
	waiting := s.carrier.Changes.NeverSent()
	if err := s.refuseBlind(len(waiting)); err != nil {
		return err
	}
	if err := s.carrier.Look(ctx, waiting); err != nil {
		return err
	}
	answers, drifted, overtaken := map[*run.Batch][]connector.Outcome{}, []int32{}, 0
	for _, i := range waiting {
		b := s.carrier.Changes.Batch(i)
		if by := s.newerChange(s.carrier.Changes.ID(i)); by != "" {
			overtaken++
			answers[b] = append(answers[b], s.carrier.Changes.Supersede(i, by))
		} else if s.carrier.Changes.Position(s.carrier.Policy, i) == changes.Elsewhere {
			answers[b] = append(answers[b], s.carrier.Changes.Drift(i))
			drifted = append(drifted, i)
		}
	}
	if !s.run().SentAnything() && s.tooMany(len(drifted), len(waiting)-overtaken) {
		return s.refuseAll(drifted)
	}
	return s.leaveAlone(answers)
}

// tooMany tells whether a plan is no longer true. Any drift says so, but a person's approval stands while no more
// than a tenth has drifted.
func (s *session) tooMany(drifted, of int) bool {
	if len(s.run().Approvals) == 0 {
		return drifted > 0
	}
	return drifted*10 > of
}

// refuseBlind sends no late order while a newer run cannot be read: it may have sent something to the same users.
func (s *session) refuseBlind(waiting int) error {
	for _, u := range s.unread {
		if waiting > 0 && u.ID > s.run().ID {
			hint := run.Say("restore the folder of run " + u.ID + " from a copy, or load the roster again")
			text := "the newer run " + u.ID +
				" cannot be read, so it is not known what it has sent; nothing more of this run is sent"
			return &run.Stop{Code: run.ExitUnproved, Hint: hint, Text: text, Err: u.Err}
		}
	}
	return nil
}

func sameSource(a, b *run.Run) bool { return a.Seal.Source == b.Seal.Source }

// newerChange names the newer run that has sent a change for this user; empty when there is none.
func (s *session) newerChange(user string) string {
	if s.newerSent == nil {
		s.newerSent = map[string]string{}
		for _, r := range run.Newer(s.run(), s.orgID(), s.runs) {
			for _, id := range r.SentUsers() {
				s.newerSent[id] = r.ID
			}
		}
	}
	return s.newerSent[user]
}

// takeBackAborted makes unsent what a newer run has aborted before it began in the org.
func (s *session) takeBackAborted() error {
	for _, r := range s.runs {
		for _, b := range s.run().Batches {
			if r.ID <= s.run().ID || b.Receipt == "" || !b.Open() || !slices.Contains(r.Aborted, b.Receipt) {
				continue
			}
			s.carrier.Changes.MarkUnsent(b)
			if err := s.writer.NoteBatch(b, journal.Missed, journal.Event{Note: r.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}

// refuseAll ends a run that has sent nothing: its plan is no longer true.
func (s *session) refuseAll(drifted []int32) error {
	keys, err := s.carrier.Changes.Keys(s.roster, drifted, 20)
	if err != nil {
		return err
	}
	if err := s.writer.Note(journal.Event{What: journal.Stale, Rows: len(drifted)}); err != nil {
		return err
	}
	return run.Stopf(run.ExitStale, run.Say("load the roster again"),
		"the plan is no longer true: users were moved since: %d (%s); nothing was sent", len(drifted), strings.Join(keys, ", "))
}

// leaveAlone seals the batches again without the rows that were answered.
func (s *session) leaveAlone(answers map[*run.Batch][]connector.Outcome) error {
	for _, b := range slices.Clone(s.run().Batches) {
		all := answers[b]
		if len(all) == 0 {
			continue
		}
		if err := s.carrier.Changes.Answer(b, all); err != nil {
			return err
		}
		var rest []int32
		for i := range s.carrier.Changes.Of(b) {
			if state := s.carrier.Changes.State(i); state != changes.Drifted && state != changes.Superseded {
				rest = append(rest, i)
			}
		}
		if err := s.carrier.Further().Seal(b.Job, rest, b, b.Resend); err != nil {
			return err
		}
	}
	return nil
}

// leftover is a batch of an older run whose job may not have begun in the org.
type leftover struct {
	run   *run.Run
	batch *run.Batch
}

// unbegun are those of the runs of this org that which picks. An org that answers at once has none.
func (s *session) unbegun(which func(older, mine *run.Run) bool) (all []leftover) {
	if _, ok := s.target.(connector.Collector); !ok {
		return nil
	}
	for _, r := range s.runs {
		if r.ID >= s.run().ID || r.Planned == nil || r.Org.ID != s.org.ID || r.Over || !which(r, s.run()) {
			continue
		}
		for _, b := range r.Batches {
			if b.Receipt != "" && !b.Done {
				all = append(all, leftover{r, b})
			}
		}
	}
	return all
}

// abortUnbegun aborts jobs of older runs that have not begun in the org: they would undo this run later.
func (s *session) abortUnbegun(ctx context.Context, which func(older, mine *run.Run) bool) error {
	for _, left := range s.unbegun(which) {
		if err := s.abort(ctx, left.run, left.batch); err != nil {
			return err
		}
	}
	return nil
}

// abort notes what it has aborted: the older run takes its rows for unsent then. A crash before the note: the older
// run finds a job that the org calls aborted, and says so of its rows.
func (s *session) abort(ctx context.Context, r *run.Run, b *run.Batch) error {
	aborted, err := s.target.(connector.Collector).Abort(ctx, connector.Receipt{ID: b.Receipt})
	if err != nil {
		return fmt.Errorf("abort job %s of run %s: %w", b.Receipt, r.ID, err)
	}
	if !aborted {
		return nil
	}
	s.Log.Info("aborted a job of an older run that had not begun",
		"run", r.ID, "job", b.Job, "batch", b.Number, "receipt", b.Receipt)
	return s.writer.Note(journal.Event{What: journal.Aborted, Receipt: b.Receipt, Note: r.ID})
}
