package loader

import (
	"cmp"
	"context"
	"time"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/patience"
	"rosterload/loader/run"
	"rosterload/transform"
)

// unreactive is how long a finished job may go without one status changing before that is told.
const unreactive = 2 * time.Minute

// await follows a finished job until the org has settled each of its rows, or patience is over. The first look is at once; after the
// upserts it takes in every user the run has touched, so that it may be the last.
func (s *session) await(ctx context.Context, job transform.Job) error {
	open := s.changes.Unsettled(job, s.resumed)
	if s.Flags.Wait <= 0 || len(open) == 0 || job.Removes() && s.run().JobBegan(job.Next()) {
		return nil
	}
	look, all := open, len(open)
	if !job.Removes() {
		look = s.mine(job)
	}
	began, wait, left := s.Now(), patience.Pause{Next: s.Flags.Poll.Status, Most: s.Flags.Poll.StatusMost}, s.newPatience()
	for looks := 1; ; looks++ {
		if err := s.look(ctx, look); err != nil {
			return err
		}
		still := s.changes.Judge(s.policy, open, s.Now())
		if len(still) < len(open) {
			left.Moved()
		}
		open, look = still, still
		s.progress("waiting for "+job.String(), all-len(open), all)
		if len(open) == 0 {
			s.fresh = !job.Removes() && looks == 1
			return s.writer.Note(journal.Event{What: journal.Settled, Job: job.String()})
		}
		if left.Over() {
			return s.impatient(job, all, open)
		}
		if s.Now().Sub(began) >= unreactive && len(open) == all && s.changes.NoneChanged(open) {
			s.warn("two minutes after the job not one status has changed: this org does not react (%s)", s.Connector.WorkerOff)
		}
		if err := s.idle(ctx, min(wait.Take(), left.Left())); err != nil {
			return err
		}
	}
}

// longestIdle is how long an org hears nothing of us while we wait. The shortest life of an idle session anywhere is ten minutes.
const longestIdle = 4 * time.Minute

// idle waits between two looks, and keeps the session alive where that needs a call now and then.
func (s *session) idle(ctx context.Context, d time.Duration) error {
	keeper, ok := s.target.(connector.KeepAliver)
	for ok && d > longestIdle {
		if err := s.Sleep(ctx, longestIdle); err != nil {
			return err
		}
		if err := keeper.KeepAlive(ctx); err != nil {
			return err
		}
		d -= longestIdle
	}
	return s.Sleep(ctx, d)
}

// impatient decides whether to go on without the rows that have not settled. When not one removal settled, the worker that carries requests out is
// silent: stop once, before any upsert; the next resume waits once more and then goes on whatever happens, unless no person has asked for
// it.
func (s *session) impatient(job transform.Job, all int, open []int32) error {
	if !job.Removes() {
		return nil
	}
	silent := len(open) == all && !s.changes.AnySettled(job)
	if silent && (!s.run().Silent || s.Unattended) {
		if !s.run().Silent {
			if err := s.writer.Note(journal.Event{What: journal.Silent, Job: job.String()}); err != nil {
				return err
			}
		}
		worker := cmp.Or(s.Connector.Worker, "the org")
		return run.Stopf(run.ExitPending, run.Type("resume", s.run().ID), "%s is silent: not one of %d removals settled within %s; no upsert was sent", worker, all, s.Flags.Wait)
	}
	if s.run().Planned.Upserts > 0 {
		s.warn("%d removals have not settled: as many assignments can now miss a licence", len(open))
	}
	return nil
}

// mine are the users that the last look of a job takes in: a retry leaves alone whatever was settled before it.
func (s *session) mine(job transform.Job) []int32 {
	if !job.IsRetry() {
		return s.changes.Touched()
	}
	return s.retried()
}

// readBack looks at users one last time. Patience is not asked again.
func (s *session) readBack(ctx context.Context, users []int32) error {
	if s.fresh {
		return nil
	}
	if err := s.look(ctx, users); err != nil {
		return err
	}
	s.changes.Judge(s.policy, s.changes.In(changes.Accepted), s.Now())
	return nil
}
