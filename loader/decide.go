package loader

import (
	"errors"

	"rosterload/loader/spool"
	"rosterload/transform"
	"rosterload/validate"
)

// decider is the fork in the road: each line goes to the faults, to the verdicts, or into one of the two jobs.
type decider struct {
	w         *work
	planned   *Planned
	screening *validate.Screening
	roll      *roll
	policy    transform.Policy
	faults    *tableWriter
	verdicts  *tableWriter
	before    *tableWriter
	jobs      map[transform.Job]*sealer
	moves     map[[2]string]int
}

func (w *work) newDecider(p *Planned, s *validate.Screening, roll *roll) (*decider, error) {
	d := &decider{w: w, planned: p, screening: s, roll: roll, policy: w.Target.Policy(), moves: map[[2]string]int{}}
	if p.Holders = d.policy.Holders(); p.Holders < 0 {
		p.Holders = roll.holders()
		w.warn("the org does not say how many people have a group; the removal guard counts those of the roster: %d", p.Holders)
	}
	d.jobs = map[transform.Job]*sealer{
		transform.Removals: {w: w, job: transform.Removals, limits: w.Target.Limits()},
		transform.Upserts:  {w: w, job: transform.Upserts, limits: w.Target.Limits()},
	}
	for _, t := range []struct {
		table  **tableWriter
		name   string
		header []string
	}{{&d.faults, faultsFile, faultHeader}, {&d.verdicts, verdictsFile, verdictHeader}, {&d.before, beforeFile, standingHeader}} {
		var err error
		if *t.table, err = w.newTable(w.run.path(t.name), t.header...); err != nil {
			d.discard()
			return nil, err
		}
	}
	return d, nil
}

func (d *decider) line(line *validate.Line) error {
	r, fault := d.w.roster.Check(line)
	if fault == nil {
		fault = d.screening.Fault(line.Row)
	}
	if fault != nil {
		return d.faults.write(faultCells(line.Row, fault)...)
	}
	d.w.progress("splitting", line.Row, d.screening.Rows)
	s := d.roll.standing(line.Row, transform.User{By: r.By(), Key: string(r.Key())})
	change, job, verdict := d.policy.Decide(r, s)
	if s.Found() {
		if err := d.before.write(standingCells(line.Row, s, verdict.Reason)...); err != nil {
			return err
		}
	}
	if job == transform.None {
		return d.answered(line.Row, r, s, change, verdict)
	}
	d.count(job, r, s, change)
	return d.jobs[job].add(change)
}

// answered is for lines of which everything is known without asking the org to do anything.
func (d *decider) answered(row int, r validate.Request, s transform.Standing, c transform.Change, v transform.Verdict) error {
	action := transform.NoAction
	if s.Found() && v.Word != transform.Unchanged && v.Word != transform.Skipped {
		action = d.policy.Action(c, s)
	}
	if v.Code == "ENGAGE_RETRY_NEEDED" && r.Removal() {
		d.planned.RetryFirst++
	}
	if v.Word == transform.Pending && d.w.history().sawPending(string(r.Cell()), v.Code) {
		v.Next, v.Reason = transform.AskAdmin, v.Reason+"; an earlier run saw it so already: ask for the vendor's manual sync"
	}
	return d.verdicts.write(verdictCells(row, v, action, c.Value)...)
}

func (d *decider) count(job transform.Job, r validate.Request, s transform.Standing, c transform.Change) {
	if s.Group != "" || job == transform.Removals {
		d.moves[[2]string{s.Group, c.Value}]++
	}
	if job == transform.Upserts {
		d.planned.Upserts++
		return
	}
	d.planned.Removals++
	if len(d.planned.Names) < 20 {
		d.planned.Names = append(d.planned.Names, string(r.Cell()))
	}
}

// seal makes everything final on disk. The journal does not know of it yet.
func (d *decider) seal() ([]Parcel, error) {
	if err := d.extra(); err != nil {
		d.discard()
		return nil, err
	}
	for _, t := range []*tableWriter{d.faults, d.verdicts, d.before} {
		sealed, err := t.seal()
		if err != nil {
			d.discard()
			return nil, err
		}
		d.planned.Files = append(d.planned.Files, sealedFile(sealed))
	}
	d.planned.Moves = largest(d.moves)
	var parcels []Parcel
	for _, job := range transform.Jobs {
		if err := d.jobs[job].finish(); err != nil {
			return nil, err
		}
		parcels = append(parcels, d.jobs[job].parcels...)
	}
	return parcels, nil
}

// extra adds the changes that no line asked for to the removal job.
func (d *decider) extra() error {
	extras, ok := d.policy.(transform.Extras)
	if !ok {
		return nil
	}
	all := extras.Extra()
	if len(all) == 0 {
		return nil
	}
	t, err := d.w.newTable(d.w.run.path(extraFile), standingHeader...)
	if err != nil {
		return err
	}
	for _, s := range all {
		if err := errors.Join(t.write(standingCells(0, s, "")...), d.jobs[transform.Removals].add(transform.Change{User: s.ID})); err != nil {
			t.discard()
			return err
		}
		d.moves[[2]string{s.Group, ""}]++
	}
	sealed, err := t.seal()
	d.planned.Extra, d.planned.Removals = len(all), d.planned.Removals+len(all)
	d.planned.Files = append(d.planned.Files, sealedFile(sealed))
	return err
}

// discard is safe after a seal too: what is sealed stays, and is written again by the next plan.
func (d *decider) discard() {
	for _, t := range []*tableWriter{d.faults, d.verdicts, d.before} {
		if t != nil {
			t.discard()
		}
	}
	for _, s := range d.jobs {
		if s.table != nil {
			s.table.discard()
		}
	}
}

// sealer cuts one job into sealed batches within the org's limits.
type sealer struct {
	w       *work
	job     transform.Job
	limits  transform.Limits
	first   int // number of the first batch, minus one
	table   *tableWriter
	size    int64
	parcels []Parcel
}

func (s *sealer) add(c transform.Change) error {
	value := c.Value
	if value == "" {
		value = s.limits.Nothing
	}
	size := int64(len(c.User) + 2*len(value) + 4) // at most, when every character is a quote
	if s.table != nil && (s.table.rows >= s.limits.Rows || s.size+size > s.limits.Bytes) {
		if err := s.finish(); err != nil {
			return err
		}
	}
	if s.table == nil {
		b := transform.Batch{Job: s.job, Number: s.first + len(s.parcels) + 1}
		table, err := s.w.newTable(s.w.run.path(b.Name()+".csv"), s.limits.Headings[0], s.limits.Headings[1])
		if err != nil {
			return err
		}
		s.table, s.size = table, int64(len(s.limits.Headings[0])+len(s.limits.Headings[1])+2)
	}
	s.size += size
	return s.table.write(c.User, value)
}

func (s *sealer) finish() error {
	if s.table == nil {
		return nil
	}
	rows := s.table.rows
	sealed, err := s.table.seal()
	if err != nil {
		return err
	}
	s.table = nil
	f := sealedFile(sealed)
	s.parcels = append(s.parcels, Parcel{s.job, s.first + len(s.parcels) + 1, f.File, rows, sealed.Size, f.SHA256})
	return nil
}

func sealedFile(s spool.Sealed) Sealed { return Sealed{File: fileName(s.Path), SHA256: s.SHA256} }
