package loader

import (
	"context"
	"errors"
	"fmt"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/evidence"
	"rosterload/loader/plan"
	"rosterload/loader/report"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/validate"
)

// session is one run in hand: its folder locked and, once entered, its org too. One goroutine uses it.
type session struct {
	Options
	writer   *run.Writer
	target   connector.Target
	policy   transform.Policy // of the last look
	roster   *validate.Roster
	org      connector.Org
	locks    []*run.Lock      // of the org, and of the host org
	runs     []*run.Run       // of the home, the oldest first, read once the org's lock is held
	unread   []run.Unread     // runs of the home that cannot be read
	changes  *changes.Changes // once they are read from the sealed files
	warnings []string
	// newerSent names, by user, the newer run that has sent a change for the user; filled when it is first asked for.
	newerSent map[string]string
	resumed   bool // an earlier process planned the run: time has passed since the org was looked at
	fresh     bool // the last look showed every user touched, and all had settled
	restored  bool
	again     bool // the results are only written again, whatever they say
}

func (s *session) run() *run.Run { return s.writer.Run }

// reopen takes up a run where its journal ends.
func reopen(ctx context.Context, o Options, id string) (*session, error) {
	o.fill()
	writer, err := run.Take(ctx, o.Home, id, o.queue(id), o.Trip)
	if err != nil {
		return nil, err
	}
	s := &session{Options: o, writer: writer, resumed: true}
	if s.run().Seal.Refused != "" {
		writer.Close()
		return nil, run.Stopf(run.ExitNothing, run.Type("show", id), "the delivery of run %s was no roster: nothing to go on with", id)
	}
	s.Flags = s.run().Seal.Flags
	if o.Flags.AllowRemovals != 0 {
		s.Flags.AllowRemovals = o.Flags.AllowRemovals
	}
	if s.run().Retry != nil {
		s.Flags.Wait = s.run().Retry.Wait
	}
	if o.Wait != nil {
		s.Flags.Wait = *o.Wait
	}
	s.Flags.Renderings = wanted(s.run(), o.Flags.Renderings)
	s.Flags.Poll.Fill()
	if err = s.takeUp(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// takeUp believes nothing in the run's folder that does not fit its digest.
func (s *session) takeUp(ctx context.Context) error {
	if s.run().Pruned {
		return run.Stopf(run.ExitUsage, run.Type("show", s.run().ID), "run %s was pruned: its rows are gone, its evidence stays", s.run().ID)
	}
	if err := s.evidence().Open(ctx); err != nil {
		return err
	}
	if err := s.run().VerifyRoster(); err != nil {
		return err
	}
	if err := s.run().VerifyKept(); err != nil {
		return err
	}
	if err := s.run().VerifyPlan(); err != nil {
		return err
	}
	if err := s.unsealTerms(); err != nil {
		return err
	}
	var err error
	if s.target, err = s.openTarget(ctx); err != nil {
		return err
	}
	s.run().SetLimits(s.limits)
	s.roster, err = s.openRoster(s.run().Path(run.RosterFile))
	return err
}

// enter signs in and locks the org. It may be called again.
func (s *session) enter(ctx context.Context) error {
	if len(s.locks) > 0 {
		return nil
	}
	org, err := s.target.Org(ctx)
	if err != nil {
		return err
	}
	if r := s.run(); r.Org.ID != "" && r.Org.ID != org.ID {
		return run.Stopf(run.ExitUsage, run.Hint{}, "run %s belongs to org %s, but target %s is now org %s", r.ID, r.Org.ID, s.Name, org.ID)
	}
	if err := s.lock(ctx, org.ID); err != nil {
		return err
	}
	s.org = org
	return s.restore()
}

// lock takes the org's lock and, where the users live in another org, that one's too.
func (s *session) lock(ctx context.Context, org string) error {
	orgs := []string{org}
	if hosted, ok := s.target.(connector.Hosted); ok {
		host, err := hosted.HostOrg(ctx)
		if err != nil {
			return err
		}
		orgs = append(orgs, host.ID)
	}
	for _, id := range orgs {
		lock, err := run.LockOrg(ctx, s.Home, id, s.run().ID, s.queue(s.run().ID))
		if err != nil {
			s.unlock()
			return err
		}
		s.locks = append(s.locks, lock)
	}
	return nil
}

func (s *session) unlock() {
	for _, l := range s.locks {
		l.Release()
	}
	s.locks = nil
}

// restore gives the target what the run was planned on, and what every run of this home has done to the org. It may be called again.
func (s *session) restore() (err error) {
	if s.restored {
		return nil
	}
	if s.runs, s.unread, err = run.List(s.Home); err != nil {
		return err
	}
	s.restored = true
	stateful, ok := s.target.(connector.Stateful)
	if !ok {
		return nil
	}
	snapshot, err := s.run().Snapshot()
	if err != nil {
		return err
	}
	return stateful.Restore(snapshot, changes.Past(s.runs, s.run(), s.Connector.Name, s.orgID()))
}

func (s *session) orgID() string {
	if s.org.ID != "" {
		return s.org.ID
	}
	return s.run().Org.ID
}

// openChanges reads them from the run's sealed files, once.
func (s *session) openChanges() (err error) {
	if s.changes != nil || s.run().Planned == nil || s.run().Planned.Rows == 0 {
		return nil
	}
	s.changes, err = changes.Open(s.run())
	return err
}

// thinking is the policy of the last look, or that of what is known without one.
func (s *session) thinking(ctx context.Context) (transform.Policy, error) {
	if s.policy != nil {
		return s.policy, nil
	}
	if err := s.restore(); err != nil {
		return nil, err
	}
	none := func(func(transform.User) bool) {}
	var err error
	s.policy, err = s.target.Look(ctx, none, func(transform.Standing) error { return nil })
	return s.policy, err
}

// look asks the org what it holds of these entries now.
func (s *session) look(ctx context.Context, which []int32) error {
	if len(which) == 0 {
		_, err := s.thinking(ctx)
		return err
	}
	s.changes.BeginLook(which)
	policy, err := s.target.Look(ctx, s.changes.Users(which), s.changes.See)
	if err != nil {
		return err
	}
	s.changes.EndLook(which)
	s.policy = policy
	return nil
}

// limits are the org's; a retry's files have the headings and the one word of the status field.
func (s *session) limits(job transform.Job) transform.Limits {
	l := s.target.Limits()
	if s.MostRows > 0 {
		l.Rows = min(l.Rows, s.MostRows)
	}
	if retrier, ok := s.target.(connector.Retrier); ok && job.IsRetry() {
		l.Headings, l.Nothing = retrier.RetrySpelling()
		l.Own, l.SplitValue = "", nil
	}
	return l
}

// finish writes the results of a run, however it ended, and proves them. It asks the org nothing, so that it works when the org is the
// reason; a signal does not stop it. The error that ended the run comes back, unless the results themselves cannot be believed.
func (s *session) finish(ctx context.Context, ended error) (*results.Summary, error) {
	if errors.As(ended, new(*run.Held)) {
		return nil, ended
	}
	summary, err := s.report(context.WithoutCancel(ctx), ended)
	switch {
	case err == nil:
		return summary, ended
	case OfDisk(err) && ExitCode(err) == run.ExitUsage && s.run().SentAnything(): // exit 2 would mean that nothing was sent
		err = &run.Stop{Code: run.ExitPending, Text: "the results could not be written", Hint: run.Hint{Before: "make room, then: ", Verb: "results", Args: []string{s.run().ID}}, Err: err}
	}
	return summary, errors.Join(err, ended)
}

func (s *session) report(ctx context.Context, ended error) (*results.Summary, error) {
	if err := s.openChanges(); err != nil {
		return nil, err
	}
	policy, err := s.thinking(ctx)
	if err != nil {
		return nil, err
	}
	renderings, err := s.renderings()
	if err != nil {
		return nil, err
	}
	attacher, _ := s.target.(connector.Attacher)
	r := report.Report{
		Writer: s.writer, Changes: s.changes, Policy: policy, Connector: &s.Connector, Attacher: attacher, Roster: s.roster, Flags: s.Flags,
		Org: s.org, By: s.By, Version: s.Version, Warnings: s.warnings, Earlier: plan.HistoryOf(s.run(), s.runs), Newer: s.newerChange,
		Code: s.unsentCode(ended), Ended: s.endedBy(ended), Command: s.Command, Now: s.Now,
		Progress: func(done, total int) { s.progress("writing", done, total) }, Again: s.again,
		Evidence:   &evidence.Keeper{Home: s.evidence(), Context: ctx, Run: s.run(), Version: s.Version},
		Renderings: renderings, Codes: codesOf(&s.Connector),
	}
	return r.Write()
}

// sameBytes names the newest earlier run of the same roster and target that has sent something.
func (s *session) sameBytes(sha string) string {
	for i := len(s.runs) - 1; i >= 0; i-- {
		if r := s.runs[i]; r.Seal.SHA256 == sha && r.Target == s.Name && r.ID != s.run().ID && r.SentAnything() {
			return r.ID
		}
	}
	return ""
}

func (s *session) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, said := range s.warnings {
		if said == text {
			return
		}
	}
	s.warnings = append(s.warnings, text)
	s.Log.Warn(text, "run", s.run().ID)
}

func (s *session) progress(stage string, done, total int) {
	s.Watch(Progress{Run: s.run().ID, Stage: stage, Done: done, Total: total})
}

// tagged lets log lines say which run, and which batch, a call belongs to; nil is no batch.
func (s *session) tagged(ctx context.Context, b *run.Batch) context.Context {
	if b == nil {
		return connector.WithTag(ctx, s.run().ID, transform.None, 0)
	}
	return connector.WithTag(ctx, s.run().ID, b.Job, b.Number)
}

func (s *session) close() {
	if s.roster != nil {
		_ = s.roster.Close()
	}
	s.unlock()
	s.writer.Close()
}
