package loader

import (
	"context"
	"errors"

	"rosterload/loader/journal"
	"rosterload/loader/report"
	"rosterload/loader/run"
)

// begin makes a run of a roster: a copy of its bytes that stays, and the first event. A crash before that event leaves a folder
// without a journal, which is no run; it may be deleted.
func begin(ctx context.Context, o Options, verb, roster string) (*session, error) {
	o.fill()
	if o.Into != nil {
		return beginInto(ctx, o, roster)
	}
	seal, err := run.Describe(o.Flags, verb, roster)
	if err != nil {
		return nil, err
	}
	s := &session{Options: o}
	if s.target, err = s.openTarget(ctx); err != nil {
		return nil, err
	}
	err = s.evidence().Open(ctx)
	if err == nil {
		s.writer, err = run.Create(ctx, o.Home, o.queue(""), o.Trip)
	}
	if OfDisk(err) {
		err = run.Stopf(run.ExitUsage, run.Say("use --home to name a folder that can be written"), "cannot make a run in %s: %v", o.Home, err)
	}
	if err != nil {
		return nil, err
	}
	if err := s.begin(s.tagged(ctx, nil), o.sign(seal), roster); err != nil {
		s.writer.Discard()
		s.close()
		return nil, err
	}
	return s, nil
}

// beginInto makes a run of a feed's delivery in the folder that the feed has made. The folder stays when the run cannot begin: the file
// that was claimed for it carries its name, and the next try begins there again.
func beginInto(ctx context.Context, o Options, roster string) (*session, error) {
	s := &session{Options: o, writer: o.Into}
	seal, err := o.Into.DescribeDelivery(o.Flags, o.Delivery)
	if err == nil {
		err = s.evidence().Open(ctx)
	}
	if err == nil {
		s.target, err = s.openTarget(ctx)
	}
	if err == nil {
		seal.RosterBytes = o.First
		err = s.begin(s.tagged(ctx, nil), o.sign(seal), roster)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// sign adds what a seal says of the program, its user and why it was begun.
func (o *Options) sign(seal *run.Seal) *run.Seal {
	seal.Pretend, seal.Source, seal.By, seal.Version = o.Pretend, o.Source, o.By, o.Version
	seal.Reason, seal.Ticket, seal.ConfigSHA256, seal.Undoes = o.Reason, o.Ticket, o.ConfigSHA256, o.undoes
	return seal
}

func (s *session) begin(ctx context.Context, seal *run.Seal, roster string) (err error) {
	if err := report.TryNames(s.run(), seal); err != nil {
		return err
	}
	if seal.SHA256, err = s.writer.CopyRoster(roster, seal.RosterBytes); err != nil {
		return err
	}
	if err := s.sealTerms(seal); err != nil {
		return err
	}
	if err := s.describe(seal); err != nil {
		return err
	}
	if s.roster, err = s.openRoster(s.run().Path(run.RosterFile)); err != nil {
		return err
	}
	signIn := s.enter(ctx)
	if errors.As(signIn, new(*run.Held)) || ctx.Err() != nil {
		return signIn // a run does not begin while another one holds the org
	}
	err = s.writer.Begin(journal.Event{Target: s.Name, Kind: s.Connector.Name, OrgID: s.org.ID}, seal)
	if err != nil {
		return err
	}
	if earlier := s.sameBytes(seal.SHA256); earlier != "" {
		s.warn("the same bytes were loaded before, by run %s", earlier)
	}
	return nil
}
