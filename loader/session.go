package loader

import (
	"context"
	"errors"
	"fmt"

	"rosterload/loader/carry"
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
	roster   *validate.Roster
	org      connector.Org
	carrier  *carry.Carrier
	locks    []*run.Lock  // of the org, and of the host org
	runs     []*run.Run   // of the home, the oldest first, read once the org's lock is held
	unread   []run.Unread // runs of the home that cannot be read
	warnings []string
	// newerSent names, by user, the newer run that has sent a change for the user; filled when it is first asked for.
	newerSent map[string]string
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
	s := &session{Options: o, writer: writer}
	if s.run().Seal.Refused != "" {
		writer.Close()
		return nil, run.Stopf(run.ExitNothing, run.Type("show", id),
			"the delivery of run %s was no roster: nothing to go on with", id)
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
		return run.Stopf(run.ExitUsage, run.Type("show", s.run().ID),
			"run %s was pruned: its rows are gone, its evidence stays", s.run().ID)
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
	s.carrier = s.newCarrier(true)
	s.run().SetLimits(s.carrier.Limits)
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
		return run.Stopf(run.ExitUsage, run.Hint{},
			"run %s belongs to org %s, but target %s is now org %s", r.ID, r.Org.ID, s.Name, org.ID)
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

// newCarrier needs the target and the writer.
func (s *session) newCarrier(resumed bool) *carry.Carrier {
	return &carry.Carrier{
		Writer: s.writer, Target: s.target, Connector: &s.Connector, Flags: &s.Flags, MostRows: s.MostRows,
		RetryFor:   s.RetryFor,
		Unattended: s.Unattended, Resumed: resumed, MaySend: s.notPaused, Warn: s.warn, Progress: s.progress,
		Log: s.Log, Now: s.Now, Sleep: s.Sleep,
	}
}

// notPaused asks before each batch: a pause holds from the next one on, whatever process it was typed beside.
func (s *session) notPaused() error {
	paused, err := run.IsPaused(s.Home, s.Name, s.orgID(), s.runs)
	if err != nil || !paused {
		return err
	}
	return run.Stopf(run.ExitUnavailable, run.Type("unpause", s.Name),
		"target %s is paused: nothing more is sent", s.Name)
}

// restore gives the target what the run was planned on, and what every run of this home has done to the org. It may
// be called again.
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
	if err := stateful.Restore(snapshot, changes.Past(s.runs, s.run(), s.Connector.Name, s.orgID())); err != nil {
		return err
	}
	return plan.Recall(s.target, s.runs, s.run(), s.Connector.Name, s.orgID())
}

func (s *session) orgID() string {
	if s.org.ID != "" {
		return s.org.ID
	}
	return s.run().Org.ID
}

// openChanges reads them from the run's sealed files, once.
func (s *session) openChanges() (err error) {
	if s.carrier.Changes != nil || s.run().Planned == nil || s.run().Planned.Rows == 0 {
		return nil
	}
	s.carrier.Changes, err = changes.Open(s.run())
	return err
}

// counted notes how many people have a group now, behind what ended without an error.
func (s *session) counted(ctx context.Context, ended error) error {
	if ended != nil {
		return ended
	}
	return s.carrier.CountHolders(ctx)
}

// finish writes the results of a run, however it ended, and proves them. It asks the org nothing, so that it works
// when the org is the reason; a signal does not stop it. The error that ended the run comes back, unless the results
// themselves cannot be believed.
func (s *session) finish(ctx context.Context, ended error) (*results.Summary, error) {
	if errors.As(ended, new(*run.Held)) {
		return nil, ended
	}
	summary, err := s.report(context.WithoutCancel(ctx), ended)
	if err == nil {
		return summary, ended
	}
	if OfDisk(err) && ExitCode(err) == run.ExitUsage && s.run().SentAnything() {
		err = s.noRoom(err)
	}
	if summary != nil && ended == nil {
		summary.Exit = ExitCode(err) // they are in the run's folder, and not yet where their reader looks
	}
	return summary, errors.Join(err, ended)
}

// noRoom is the end of a run whose results the disk did not take. Exit 2 would mean that nothing was sent. An open
// run is resumed: its users must be looked at once more, which writing the results again does not do.
func (s *session) noRoom(err error) error {
	verb := "results"
	if !s.run().Over {
		verb = "resume"
	}
	return &run.Stop{
		Code: run.ExitPending, Text: "the results could not be written",
		Hint: run.Hint{Before: "make room, then: ", Verb: verb, Args: []string{s.run().ID}}, Err: err,
	}
}

func (s *session) report(ctx context.Context, ended error) (*results.Summary, error) {
	if err := s.openChanges(); err != nil {
		return nil, err
	}
	if err := s.restore(); err != nil {
		return nil, err
	}
	policy, err := s.carrier.Thinking(ctx)
	if err != nil {
		return nil, err
	}
	renderings, err := s.renderings()
	if err != nil {
		return nil, err
	}
	attacher, _ := s.target.(connector.Attacher)
	r := report.Report{
		Writer: s.writer, Changes: s.carrier.Changes, Policy: policy, Connector: &s.Connector, Attacher: attacher,
		Roster: s.roster, Flags: s.Flags,
		Org: s.org, By: s.By, Version: s.Version, Warnings: s.warnings, Earlier: plan.HistoryOf(s.run(), s.runs),
		Newer: s.newerChange,
		Code:  s.unsentCode(ended), Ended: s.endedBy(ended), Command: s.Command, Now: s.Now,
		Progress: s.rows("writing"), Again: s.again,
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

// rows is the progress of a stage that tells every row.
func (s *session) rows(stage string) func(done, total int) {
	return everyFew(func(done, total int) { s.progress(stage, done, total) })
}

// everyFew passes on the first, each 256th and the last. Asking the time a million times takes a quarter of a second.
func everyFew(tell func(done, total int)) func(done, total int) {
	const few = 256
	last := -few
	return func(done, total int) {
		if done >= last+few || done < last || done == total && done != last {
			last = done
			tell(done, total)
		}
	}
}

// tagged lets log lines say which run a call belongs to.
func (s *session) tagged(ctx context.Context) context.Context {
	return connector.WithTag(ctx, s.run().ID, transform.None, 0)
}

func (s *session) close() {
	if s.roster != nil {
		_ = s.roster.Close()
	}
	s.unlock()
	s.writer.Close()
}
