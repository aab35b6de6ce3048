package loader

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"rosterload/loader/connector"
	"rosterload/loader/spool"
	"rosterload/validate"
)

const (
	foundationFile = "foundation.json" // what a run of a Founded kind rests on
	notesFile      = "notes.json"      // what a Clerk has to know of people
)

// found reads what the run is to rest on and seals it. The journal learns of it with the plan.
func (w *work) found(ctx context.Context, p *Planned) error {
	founded, ok := w.Target.(connector.Founded)
	if !ok {
		return nil
	}
	data, err := founded.Foundation(ctx)
	if err != nil {
		return err
	}
	return w.sealText(p, foundationFile, data)
}

// noteDown seals what the papers beside the results will have to say of people.
func (w *work) noteDown(p *Planned) error {
	clerk, ok := w.Target.(connector.Clerk)
	if !ok {
		return nil
	}
	data, err := clerk.Notes()
	if err != nil {
		return err
	}
	return w.sealText(p, notesFile, data)
}

func (w *work) sealText(p *Planned, name string, data []byte) error {
	f, err := spool.Create(w.run.path(name), 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Discard()
		return err
	}
	sealed, err := f.Seal()
	p.Files = append(p.Files, sealedFile(sealed))
	return err
}

// rest gives the target what the run was planned on, and what every run of this home has done to the org.
func (w *work) rest() error {
	if founded, ok := w.Target.(connector.Founded); ok {
		if err := w.handBack(foundationFile, founded.Rest); err != nil {
			return err
		}
	}
	if clerk, ok := w.Target.(connector.Clerk); ok {
		if err := w.handBack(notesFile, clerk.Recall); err != nil {
			return err
		}
	}
	return w.remember()
}

// handBack gives back a sealed text, where the plan has it.
func (w *work) handBack(name string, to func([]byte) error) error {
	for _, f := range w.run.Planned.Files {
		if f.File != name {
			continue
		}
		if err := w.verify(f); err != nil {
			return err
		}
		data, err := os.ReadFile(w.run.path(name))
		if err != nil {
			return err
		}
		return to(data)
	}
	return nil
}

// remember tells the target of every step and outcome of every run on its org, the oldest first.
func (w *work) remember() error {
	rememberer, ok := w.Target.(connector.Rememberer)
	if !ok {
		return nil
	}
	runs, _, err := Runs(w.Home)
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.Kind != w.Kind.Name || r.Org.ID != w.org.ID && r.ID != w.run.ID {
			continue
		}
		for _, s := range r.Batches {
			if err := recall(r, s, rememberer); err != nil {
				return err
			}
		}
	}
	return nil
}

// recall reads one batch's outcomes. A batch without a file has none; a torn line never happened.
func recall(r *Run, s *Shipment, to connector.Rememberer) error {
	f, err := os.Open(r.path(outcomesName(s)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = wholeRecords(f, func(rec []string, _ int64) error {
		to.Remember(r.ID, outcomeOf(rec))
		return nil
	})
	return err
}

// foresee lets the target see every sound line before the first is decided.
func (w *work) foresee(s *validate.Screening) error {
	forewarned, ok := w.Target.(connector.Forewarned)
	if !ok {
		return nil
	}
	var failed error
	forewarned.Foresee(func(yield func(validate.Request) bool) {
		for line, err := range w.roster.Lines() {
			if err != nil {
				failed = err
				return
			}
			r, fault := w.roster.Check(line)
			if fault == nil && s.Fault(line.Row) == nil && !yield(r) {
				return
			}
		}
	})
	return failed
}

// tune hands the kind's own flags on.
func (w *work) tune() error {
	tuned, ok := w.Target.(connector.Tuned)
	switch {
	case len(w.Flags.Own) == 0:
		return nil
	case !ok:
		return stop(ExitUsage, "", "a target of kind %s has no flags of its own", w.Kind.Name)
	}
	return tuned.Tune(w.Flags.Own)
}

// redraw asks the target for new values of rows that are to be sealed once more.
func (w *work) redraw(ctx context.Context, rows []int32) error {
	redrawer, ok := w.Target.(connector.Redrawer)
	if !ok {
		return nil
	}
	for _, i := range rows {
		value, err := redrawer.Redraw(ctx, w.ledger.change(i))
		if err != nil {
			return err
		}
		w.ledger.entries[i].value = w.ledger.names.of(value)
	}
	return nil
}

// outcomeOf reads a line of an outcomes file.
func outcomeOf(rec []string) connector.Outcome {
	return connector.Outcome{User: rec[0], State: connector.State(rec[1]), Code: rec[2], Reason: rec[3], Fields: rec[4], Next: rec[5], Again: rec[6] != "", Ref: rec[7]}
}
