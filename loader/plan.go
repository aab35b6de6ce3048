package loader

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/transform"
	"rosterload/validate"
)

// plan takes a roster as far as it can go without writing to the org: every line is answered, or sealed in a batch. A crash anywhere
// in here leaves files that the next plan of the same copy writes again; nothing counts before the event at the end.
func (w *work) plan(ctx context.Context) error {
	if w.run.Planned != nil {
		return nil
	}
	if err := w.enter(ctx); err != nil {
		return err
	}
	screening, err := w.roster.Screen(func(rows int) { w.progress("reading", rows, 0) })
	if err != nil {
		return err
	}
	p := w.planned(screening)
	if screening.Rows == 0 {
		return w.conclude(p, nil)
	}
	if err := w.found(ctx, p); err != nil {
		return err
	}
	if err := w.remember(); err != nil {
		return err
	}
	if err := w.ready(ctx); err != nil {
		return err
	}
	if err := w.foresee(screening); err != nil {
		return err
	}
	if err := w.clearTheWay(ctx); err != nil {
		return err
	}
	roll := newRoll(screening)
	users := w.users(screening)
	if err := w.Target.Look(ctx, users.all, func(s transform.Standing) error {
		w.progress("looking", len(roll.held), screening.Rows)
		return roll.found(s)
	}); err != nil {
		return fmt.Errorf("look: %w", err)
	}
	if users.err != nil {
		return users.err
	}
	batches, err := w.decide(p, screening, roll)
	if err != nil {
		return err
	}
	if err := w.hintSuffix(ctx, p, roll); err != nil {
		return err
	}
	if err := w.noteDown(p); err != nil {
		return err
	}
	return w.conclude(p, batches)
}

func (w *work) planned(s *validate.Screening) *Planned {
	p := &Planned{
		Rows: s.Rows, Blanks: s.Blanks, NAs: s.NAs, BlankLines: s.BlankLines, Windows1252: s.Windows1252,
		Encoding: w.roster.Encoding, Delimiter: string(w.roster.Delimiter), Org: w.org, As: w.org.As,
	}
	if s.Windows1252 > 0 {
		p.Encoding = "Windows-1252"
		w.warn("%d lines were no UTF-8 and were read as Windows-1252", s.Windows1252)
	}
	return p
}

// ready runs the checks that `check` runs, before anything is looked at or sent.
func (w *work) ready(ctx context.Context) error {
	var failed []connector.Finding
	err := w.Target.Ready(ctx, nil, func(f connector.Finding) error {
		switch {
		case f.Subject != "": // of somebody else: `check` tells
		case f.Mark == connector.Fail:
			failed = append(failed, f)
		case f.Mark == connector.Warn:
			w.warn("%s: %s", f.Check, f.Saw)
		}
		return nil
	})
	if err != nil || len(failed) == 0 {
		return err
	}
	f := failed[0]
	return stop(ExitDenied, "rosterload check "+w.Name, "%s: %s; %s", f.Check, f.Saw, f.Cure)
}

// roll call: the users of the sound lines, as often as a target wants to hear them.
type users struct {
	all iter.Seq[transform.User]
	err error // of the last time through
}

func (w *work) users(s *validate.Screening) *users {
	u := &users{}
	u.all = func(yield func(transform.User) bool) {
		u.err = nil
		for line, err := range w.roster.Lines() {
			if err != nil {
				u.err = err
				return
			}
			r, fault := w.roster.Check(line)
			if fault != nil || s.Fault(line.Row) != nil {
				continue
			}
			if !yield(transform.User{By: r.By(), Key: string(r.Key())}) {
				return
			}
		}
	}
	return u
}

// decide answers or seals each line, in roster order.
func (w *work) decide(p *Planned, s *validate.Screening, roll *roll) ([]Parcel, error) {
	d, err := w.newDecider(p, s, roll)
	if err != nil {
		return nil, err
	}
	for line, err := range w.roster.Lines() {
		if err == nil {
			err = d.line(line)
		}
		if err != nil {
			d.discard()
			return nil, err
		}
	}
	return d.seal()
}

// conclude writes the one event that makes the plan true. From here on a resume sends what was sealed and plans no more.
func (w *work) conclude(p *Planned, batches []Parcel) error {
	p.Batches = batches
	p.Guard = w.guard(p)
	p.Warnings = w.warned
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := w.note(journal.Event{What: journal.Planned, Rows: p.Rows, Data: data}); err != nil {
		return err
	}
	for _, s := range w.run.Batches {
		s.Limits = w.limits(s.Job)
	}
	return nil
}

func (w *work) progress(stage string, done, total int) {
	w.Watch(Progress{Run: w.run.ID, Stage: stage, Done: done, Total: total})
}

// largest keeps the ten largest moves: a column that slipped by one shows there.
func largest(moves map[[2]string]int) []Move {
	var all []Move
	for m, n := range moves {
		all = append(all, Move{m[0], m[1], n})
	}
	slices.SortFunc(all, func(a, b Move) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return slices.Compare([]string{a.From, a.To}, []string{b.From, b.To})
	})
	return all[:min(len(all), 10)]
}
