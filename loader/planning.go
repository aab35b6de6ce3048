package loader

import (
	"context"
	"fmt"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/plan"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/loader/survey"
	"rosterload/loader/undo"
	"rosterload/transform"
	"rosterload/validate"
)

// plan takes a roster as far as it can go without writing to the org: every line is answered, or sealed in a batch. A
// crash anywhere in here leaves files that the next plan of the same copy writes again; nothing counts before the
// event at the end.
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
	if err := s.planRows(ctx, p, screening); err != nil {
		return err
	}
	return s.conclude(p)
}

func (s *session) planRows(ctx context.Context, p *run.Planned, screening *validate.Screening) error {
	asks := s.survey(screening)
	if err := s.look(ctx, asks); err != nil {
		return err
	}
	s.carrier.Policy = asks.Policy
	if err := s.abortUnbegun(ctx, func(older, mine *run.Run) bool {
		return !sameSource(older, mine) && asks.Snapshot.HasAny(older.SentUsers())
	}); err != nil {
		return err
	}
	if err := s.decide(ctx, p, asks); err != nil {
		return err
	}
	if err := asks.Hint(ctx, p, s.run().Seal.Verb == "plan"); err != nil {
		return err
	}
	return s.sealSnapshot(p)
}

// look runs the checks, aborts what an earlier run of the source has left unbegun in the org, and looks at the roster's
// users, in this order: to abort is to write, and what was not aborted could change the users behind the look. Where
// nothing is left to abort, as on most nights, checks and look go side by side.
func (s *session) look(ctx context.Context, asks *survey.Survey) error {
	if s.Connector.ChecksBesideLook && len(s.unbegun(sameSource)) == 0 {
		return asks.ReadyAndLook(ctx)
	}
	if err := asks.Ready(ctx); err != nil {
		return err
	}
	if err := s.abortUnbegun(ctx, sameSource); err != nil {
		return err
	}
	return asks.Look(ctx)
}

func (s *session) planned(screening *validate.Screening) *run.Planned {
	p := &run.Planned{
		Rows: screening.Rows, Blanks: screening.Blanks, NAs: screening.NAs, BlankLines: screening.BlankLines,
		Windows1252: screening.Windows1252,
		Encoding:    s.roster.Encoding, Delimiter: string(s.roster.Delimiter), Org: s.org, As: s.org.As,
	}
	if screening.Windows1252 > 0 {
		p.Encoding = "Windows-1252"
		lines := "1 line was"
		if screening.Windows1252 > 1 {
			lines = fmt.Sprintf("%d lines were", screening.Windows1252)
		}
		s.warn("%s no UTF-8 and read as Windows-1252", lines)
	}
	return p
}

func (s *session) survey(screening *validate.Screening) *survey.Survey {
	return &survey.Survey{
		Target: s.target, Name: s.Name, Connector: &s.Connector, Roster: s.roster, Screening: screening, Terms: s.Terms,
		Log: s.Log.With("run", s.run().ID), Warn: s.warn,
		Progress: s.rows("looking"),
	}
}

// decide is the one place where a line becomes a removal, an upsert or an answer: by plan.Decide and the policy.
func (s *session) decide(ctx context.Context, p *run.Planned, asks *survey.Survey) (err error) {
	counted := false
	if p.Holders, counted = plan.Holders(s.carrier.Policy, asks.Snapshot); !counted {
		s.warn("the org does not say how many people have a group; the removal guard counts those of the roster: %d",
			p.Holders)
	}
	others, err := asks.Others(ctx, p)
	if err != nil {
		return err
	}
	veto, err := s.veto()
	if err != nil {
		return err
	}
	p.Batches, err = plan.Decide(plan.Options{
		Terms: s.Terms, Others: others, Veto: veto,
		Writer: s.writer, Connector: &s.Connector, Limits: s.carrier.Limits(transform.Removals),
		Earlier:  plan.HistoryOf(s.run(), s.runs),
		Progress: s.rows("deciding"),
	}, p, asks.Requests, asks.Snapshot, s.carrier.Policy)
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
	undone.SetLimits(s.carrier.Limits)
	return undo.Veto(undone, s.carrier.Policy)
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

// conclude writes the one event that makes the plan true. From here on a resume sends what was sealed and plans no
// more.
func (s *session) conclude(p *run.Planned) error {
	if p.Guard = plan.Guard(s.Flags, p); p.Guard != "" {
		p.Holds = append(p.Holds, plan.RemovalsHold(s.Flags, p))
	}
	p.Holds = append(p.Holds, plan.Expected(s.Terms, s.run(), s.runs, p)...)
	p.Warnings = s.warnings
	if err := s.writer.NoteData(journal.Event{What: journal.Planned, Rows: p.Rows}, p); err != nil {
		return err
	}
	s.run().SetLimits(s.carrier.Limits)
	return nil
}
