// Package plan takes the lines of a roster and a snapshot of the org to decided lines and sealed batches. It asks the
// org nothing.
//
//	line ──▶ fault                          faults.csv
//	     └─▶ request ──▶ verdict            verdicts.csv
//	                 └─▶ change ──▶ removals-0001.csv … | upserts-0001.csv …
package plan

import (
	"errors"
	"slices"

	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/loader/terms"
	"rosterload/transform"
	"rosterload/validate"
)

// Options is what deciding needs besides the lines.
type Options struct {
	Writer    *run.Writer
	Connector *connector.Connector
	Limits    transform.Limits
	Earlier   *History
	Terms     *terms.Terms // nil: the policy alone decides
	Others    *Others      // what is known of users besides those of the sound lines; nil without terms
	Progress  func(done, total int)
	// Veto may answer a line of a known user in the policy's place, when it has seen what the policy makes of it. Nil:
	// it never does.
	Veto func(s transform.Standing, d transform.Decision) (v transform.Verdict, vetoed bool)
}

// decider is where the way parts: each line goes to the faults, to the verdicts, or into one of the two jobs.
type decider struct {
	Options
	planned  *run.Planned
	snapshot *Snapshot
	policy   transform.Policy
	faults   *run.TableWriter
	verdicts *run.TableWriter
	before   *run.TableWriter
	jobs     map[transform.Job]*Sealer
	moves    map[[2]string]int
	wanted   map[string]bool // values of upserts
}

// Decide answers or seals each line, in roster order, and fills in what the plan counts. A crash in here leaves files
// that the next plan of the same roster writes again; nothing counts before the event that the caller writes.
func Decide(o Options, p *run.Planned, q *Requests, n *Snapshot, policy transform.Policy) ([]run.SealedBatch, error) {
	d, err := newDecider(o, p, n, policy)
	if err != nil {
		return nil, err
	}
	for line, err := range Lines(q.roster, q.screening) {
		if err == nil {
			err = d.line(line)
		}
		if err != nil {
			d.discard()
			return nil, err
		}
	}
	if err := d.absent(); err != nil {
		d.discard()
		return nil, err
	}
	return d.seal()
}

func newDecider(o Options, p *run.Planned, n *Snapshot, policy transform.Policy) (*decider, error) {
	d := &decider{
		Options: o, planned: p, snapshot: n, policy: policy, moves: map[[2]string]int{},
		wanted: map[string]bool{}, jobs: map[transform.Job]*Sealer{},
	}
	for _, job := range transform.LoadJobs() {
		d.jobs[job] = NewSealer(o.Writer, job, o.Limits)
	}
	for _, t := range []struct {
		table  **run.TableWriter
		name   string
		header []string
	}{
		{&d.faults, run.FaultsFile, run.FaultHeader},
		{&d.verdicts, run.VerdictsFile, run.VerdictHeader},
		{&d.before, run.BeforeFile, run.StandingHeader},
	} {
		var err error
		if *t.table, err = o.Writer.NewTable(t.name, t.header...); err != nil {
			d.discard()
			return nil, err
		}
	}
	return d, nil
}

func (d *decider) line(line Line) error {
	if line.Fault != nil {
		return d.faults.WriteFault(line.Row, line.Fault)
	}
	d.Progress(line.Row, d.planned.Rows)
	s := d.snapshot.Of(line.Request)
	value := line.Request.Value()
	verdict, free := d.Terms.Judge(value, s, d.Others.IsProtected(s.ID))
	decided := transform.Decision{Change: transform.Change{User: s.ID, Value: value}, Verdict: verdict}
	if free {
		decided = d.policy.Decide(line.Request, s)
		if d.Veto != nil && s.Found() {
			if v, vetoed := d.Veto(s, decided); vetoed {
				decided.Job, decided.Verdict = transform.None, v
			}
		}
	}
	if s.Found() {
		if err := d.before.WriteStanding(line.Row, s, decided.Verdict.Reason); err != nil {
			return err
		}
	}
	if decided.Job == transform.None {
		return d.answered(line.Request, s, decided)
	}
	d.count(s, decided)
	return d.jobs[decided.Job].Add(transform.SealedChange{Change: decided.Change, Own: decided.Own})
}

// answered is for lines of which everything is known without asking the org to do anything.
func (d *decider) answered(r validate.Request, s transform.Standing, decided transform.Decision) error {
	v, action := decided.Verdict, transform.NoAction
	if s.Found() && v.Word != transform.Unchanged && v.Word != transform.Skipped {
		action = d.policy.Action(decided.Change, s)
	}
	if r.Removal() && v.Next == transform.Retry && slices.Contains(d.Connector.RetryCodes, v.Code) {
		d.planned.RetryFirst++
	}
	if v.Word == transform.Pending && d.Connector.Stuck != "" && d.Earlier.SawPending(string(r.Cell()), v.Code) {
		v.Next, v.Reason = transform.AskAdmin, v.Reason+"; an earlier run saw it so already: "+d.Connector.Stuck
	}
	return d.verdicts.WriteVerdict(r.Row(), v, action, decided.Change.Value)
}

func (d *decider) count(s transform.Standing, decided transform.Decision) {
	if s.Group != "" || decided.Job.Removes() {
		d.moves[[2]string{s.Group, decided.Change.Value}]++
	}
	if !decided.Job.Removes() {
		d.planned.Upserts++
		d.wanted[decided.Change.Value] = true
		return
	}
	d.planned.Removals++
}

// seal makes everything final on disk. The journal does not know of it yet.
func (d *decider) seal() ([]run.SealedBatch, error) {
	if err := d.extra(); err != nil {
		d.discard()
		return nil, err
	}
	for _, t := range []*run.TableWriter{d.faults, d.verdicts, d.before} {
		sealed, _, err := t.Seal()
		if err != nil {
			d.discard()
			return nil, err
		}
		d.planned.Files = append(d.planned.Files, sealed)
	}
	d.planned.Moves = largest(d.moves)
	d.planned.Unheld = d.snapshot.unheld(d.wanted)
	var sealed []run.SealedBatch
	for _, job := range transform.LoadJobs() {
		batches, err := d.jobs[job].Finish()
		if err != nil {
			d.discard()
			return nil, err
		}
		sealed = append(sealed, batches...)
	}
	return sealed, nil
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
	t, err := d.Writer.NewTable(run.ExtraFile, run.StandingHeader...)
	if err != nil {
		return err
	}
	for _, s := range all {
		removal := transform.SealedChange{Change: transform.Change{User: s.ID}}
		if err := errors.Join(t.WriteStanding(0, s, ""), d.jobs[transform.Removals].Add(removal)); err != nil {
			t.Discard()
			return err
		}
		d.moves[[2]string{s.Group, ""}]++
	}
	sealed, _, err := t.Seal()
	d.planned.Extra, d.planned.Removals = len(all), d.planned.Removals+len(all)
	d.planned.Files = append(d.planned.Files, sealed)
	return err
}

// discard is safe after a seal too: what is sealed stays, and is written again by the next plan.
func (d *decider) discard() {
	for _, t := range []*run.TableWriter{d.faults, d.verdicts, d.before} {
		if t != nil {
			t.Discard()
		}
	}
	for _, s := range d.jobs {
		s.Discard()
	}
}

// Holders is the whole of which the removal guard takes its share, and whether the org itself counted it.
func Holders(p transform.Policy, n *Snapshot) (holders int, counted bool) {
	if holders = p.Holders(); holders < 0 {
		return n.holders(), false
	}
	return holders, true
}

// largest keeps the ten largest moves: a column that slipped by one shows there.
func largest(moves map[[2]string]int) []run.Move {
	var all []run.Move
	for m, n := range moves {
		all = append(all, run.Move{From: m[0], To: m[1], Count: n})
	}
	slices.SortFunc(all, func(a, b run.Move) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return slices.Compare([]string{a.From, a.To}, []string{b.From, b.To})
	})
	return all[:min(len(all), 10)]
}
