package report

import (
	"slices"
	"time"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/validate"
)

// rows says of every line what became of it, in roster order, by walking the run's tables side by side.
type rows struct {
	*Report
	faults   *run.TableReader
	verdicts *run.TableReader
	before   *run.TableReader
	seen     []*run.TableReader // what exports have shown, the oldest first
	words    *changes.Words
	trusting transform.Trusting // nil for other policies
	settled  stamps
	behind   map[*run.Batch][]int32 // rows that were never handed over, once they are asked for
	removed  []string               // keys of the first removals of the plan: the journal holds no names
}

// stamps are the seconds in which rows were settled, and how they read: a run has few of them.
type stamps map[int64]string

func (s stamps) of(at time.Time) string {
	text, known := s[at.Unix()]
	if !known {
		text = at.UTC().Format(time.RFC3339)
		s[at.Unix()] = text
	}
	return text
}

// mostNames is how many removals a plan shows by name.
const mostNames = 20

func (r *Report) openRows() (*rows, error) {
	w := &rows{Report: r, settled: stamps{}}
	w.trusting, _ = r.Policy.(transform.Trusting)
	if r.Changes == nil {
		return w, nil
	}
	w.words = r.Changes.Words()
	for _, t := range []struct {
		table **run.TableReader
		name  string
	}{{&w.faults, run.FaultsFile}, {&w.verdicts, run.VerdictsFile}, {&w.before, run.BeforeFile}} {
		var err error
		if *t.table, err = run.OpenTable(r.run().Path(t.name)); err != nil {
			w.close()
			return nil, err
		}
	}
	if err := w.openSeen(); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *rows) close() {
	for _, t := range append([]*run.TableReader{w.faults, w.verdicts, w.before}, w.seen...) {
		t.Close()
	}
	if w.words != nil {
		w.words.Close()
	}
}

// fill says of one line what is said of it.
func (w *rows) fill(row *results.Row, line *validate.Line) error {
	key := ""
	if cell := w.Roster.UserColumn; cell < len(line.Cells) {
		key = validate.Trim(line.Cells[cell])
	}
	if w.faults == nil {
		w.begin(row, line.Row, key)
		w.unplanned(row, line)
		return nil
	}
	return w.at(row, line.Row, key)
}

func (w *rows) begin(row *results.Row, number int, key string) {
	*row = results.Row{
		Row: number, Key: key, Action: string(transform.NoAction), Target: w.run().Target,
		RunID: w.run().ID,
	}
}

// at fills a row that the plan knows. Rows are asked for in rising order.
func (w *rows) at(row *results.Row, number int, key string) error {
	w.begin(row, number, key)
	for _, t := range []struct {
		table *run.TableReader
		say   func(*results.Row) error
	}{{w.faults, w.fault}, {w.verdicts, w.verdict}, {w.before, w.changed}} {
		found, err := t.table.At(number)
		if err != nil {
			return err
		}
		if found {
			return t.say(row)
		}
	}
	return run.Stopf(run.ExitUnproved, run.Hint{}, "row %d of run %s is in none of its files", number, w.run().ID)
}

// unplanned is for runs that stopped before any line was decided: what is wrong with the line itself is known all the
// same.
func (w *rows) unplanned(row *results.Row, line *validate.Line) {
	if _, fault := w.Roster.Check(line); fault != nil {
		say(row, run.VerdictOf(fault))
		return
	}
	say(row, w.notAttempted(nil))
}

func say(row *results.Row, v transform.Verdict) {
	row.Result, row.ReasonCode, row.Reason, row.NextStep = string(v.Word), v.Code, v.Reason, v.Next
}

// trusted spells provisioning_status for policies that tell what is seen from what may be believed.
func (w *rows) trusted(row *results.Row, c transform.Change, v transform.Verdict, now transform.Standing) {
	if w.trusting != nil {
		row.ProvisioningStatus = w.trusting.Status(c, v, now)
	}
}

func (w *rows) fault(row *results.Row) error {
	d, err := w.faults.Decided()
	say(row, d.Verdict)
	return err
}

// verdict is for rows that the policy answered when the run was planned.
func (w *rows) verdict(row *results.Row) error {
	d, err := w.verdicts.Decided()
	if err != nil {
		return err
	}
	say(row, d.Verdict)
	asked := transform.Change{Value: d.Requested}
	row.Action, row.Requested = d.Action, w.Policy.Shown(asked)
	known, err := w.before.At(row.Row)
	if err != nil || !known {
		return err
	}
	s, _, err := w.before.Standing()
	if err != nil {
		return err
	}
	row.RecordID, row.Before, row.After, row.ProvisioningStatus = s.ID, s.Group, s.Group, s.Status
	w.trusted(row, asked, d.Verdict, s)
	i, ok := w.Changes.Find(s.ID)
	switch {
	case !ok:
		return w.unsentShown(row, d.Verdict, s)
	case w.Changes.State(i) == changes.Watched:
		w.watched(row, i, s)
		return w.unsentShown(row, verdictOf(row), s)
	}
	return w.changed(row) // a retry has asked for it
}

// watched is for a row that was on its way before the run: when it has arrived it is Unchanged, since this run sent
// nothing.
func (w *rows) watched(row *results.Row, i int32, before transform.Standing) {
	c := w.Changes
	if !c.Seen(i) || row.Result == string(transform.Failed) && !w.Policy.AsAsked(c.Change(i), before) {
		return // a retry has looked at it, and the org was never asked for this
	}
	after := c.After(i)
	v, settled := w.Policy.Judge(c.Change(i), before, after)
	row.After, row.ProvisioningStatus = after.Group, after.Status
	w.trusted(row, c.Change(i), v, after)
	switch {
	case v.Word == transform.Created || v.Word == transform.Updated || v.Word == transform.Removed:
		say(row, transform.Verdict{
			Word:   transform.Unchanged,
			Reason: "it was on its way before this run and has arrived",
		})
		row.Action = string(transform.NoAction)
	case settled && v.Code != row.ReasonCode: // else the plan's own words say more
		say(row, v)
	}
}

// changed is for rows that became a change.
func (w *rows) changed(row *results.Row) error {
	before, note, err := w.before.Standing()
	if err != nil {
		return err
	}
	c := w.Changes
	i, ok := c.Find(before.ID)
	if !ok {
		return run.Stopf(run.ExitUnproved, run.Hint{},
			"row %d of run %s has neither a verdict nor a place in a sealed batch", row.Row, w.run().ID)
	}
	change := c.Change(i)
	row.RecordID, row.Before, row.Requested, row.Action = before.ID, before.Group, w.Policy.Shown(change),
		string(w.Policy.Action(change, before))
	row.Attempts = c.Attempts(i)
	if job := c.Job(i); job.Removes() && !job.IsRetry() && len(w.removed) < mostNames {
		w.removed = append(w.removed, row.Key)
	}
	if c.Seen(i) {
		now := c.After(i)
		row.After, row.ProvisioningStatus = now.Group, now.Status
	}
	said, spoke, err := w.words.Of(i)
	if err != nil {
		return err
	}
	if b := c.Batch(i); b != nil && b.Submitted {
		row.JobID = b.Receipt // blank where an org has no jobs
	}
	if at := c.SettledAt(i); !at.IsZero() {
		row.SettledAt = w.settled.of(at)
	}
	if err := w.ended(row, i, before, said, spoke); err != nil {
		return err
	}
	if row.Reason == "" {
		row.Reason = note
	}
	return nil
}

// ended says how a change ended. said is the org's own record of it, where it said more than yes.
func (w *rows) ended(row *results.Row, i int32, before transform.Standing, said connector.Outcome, spoke bool) error {
	c := w.Changes
	switch state, b := c.State(i), c.Batch(i); {
	case state == changes.Refused || state == changes.Drifted || state == changes.Superseded ||
		state == changes.Unprocessed:
		w.refused(row, state, said)
	case state == changes.Same:
		say(row, transform.Verdict{Word: transform.Unchanged})
	case state == changes.Accepted:
		return w.accepted(row, i, before, said, spoke)
	case state == changes.Sent && b != nil && b.Submitted && !w.unreached(b, i):
		row.Attempts++
		say(row, transform.Verdict{
			Word: transform.Pending, Reason: "handed to the org; its answer is not known yet",
			Next: transform.Wait,
		})
	default:
		say(row, w.notAttempted(b))
	}
	return nil
}

// unreached tells of a row that none of its batch's calls has come to.
func (w *rows) unreached(b *run.Batch, i int32) bool {
	if w.behind == nil {
		w.behind = map[*run.Batch][]int32{}
	}
	behind, known := w.behind[b]
	if !known {
		behind = w.Changes.Unreached(b)
		slices.Sort(behind)
		w.behind[b] = behind
	}
	_, is := slices.BinarySearch(behind, i)
	return is
}

func (w *rows) accepted(
	row *results.Row, i int32, before transform.Standing, said connector.Outcome, spoke bool,
) error {
	c := w.Changes
	v := transform.Verdict{
		Word:   transform.Pending,
		Reason: "the org has stored the request; it was not looked at again", Next: transform.Wait,
	}
	if c.Seen(i) || c.Gone(i) {
		v, _ = c.Verdict(w.Policy, i)
		if w.trusting != nil {
			w.trusted(row, c.Change(i), v, c.After(i))
		}
	}
	v, err := w.shown(row, v, c.Change(i), before)
	if spoke {
		row.Fields = said.Fields
		if v.Reason == "" {
			v.Reason = said.Reason
		}
	}
	say(row, w.byNewer(i, v))
	return err
}

// byNewer: a request that a newer run of this home has changed was no drift, and its line is not to be loaded again.
func (w *rows) byNewer(i int32, v transform.Verdict) transform.Verdict {
	if v.Code != transform.CodeChanged {
		return v
	}
	if by := w.Newer(w.Changes.ID(i)); by != "" {
		v.Reason, v.Next = "run "+by+" is newer and has changed this user's request", transform.AskAdmin
	}
	return v
}

func (w *rows) refused(row *results.Row, state changes.State, said connector.Outcome) {
	v := transform.Verdict{Word: transform.Failed, Code: said.Code, Reason: said.Reason, Next: said.Next}
	if state == changes.Unprocessed || state == changes.Superseded {
		v.Word = transform.NotAttempted
	}
	say(row, v)
	row.Fields = said.Fields
}

// notAttempted says why a row was never sent, and what follows from it. b is the batch in which it waits, nil without
// one.
func (w *rows) notAttempted(b *run.Batch) transform.Verdict {
	v := transform.Verdict{Word: transform.NotAttempted}
	switch r := w.run(); {
	case b != nil && b.Job.IsRetry() && r.MaySend(b.Job):
		v.Code, v.Reason = w.Code, "the retry ended before this row was sent; a resume goes on with it"
	case r.Superseded:
		v.Code, v.Reason, v.Next = "RUN_SUPERSEDED",
			"a newer run was at work on this org; an order this old is not carried out", transform.AskAdmin
	case r.Rejected != nil:
		v.Code, v.Reason, v.Next = "RUN_REJECTED", "the run was held and has been rejected: "+r.Rejected.Reason,
			transform.AskAdmin
	case r.Stopped != "":
		v.Code, v.Reason, v.Next = "RUN_STOPPED", "the org gave up a job of this run: "+r.Stopped, transform.FixAndLoad
	case r.Stale:
		v.Code, v.Reason, v.Next = "RUN_STOPPED", "the plan was no longer true when it was to be carried out",
			transform.FixAndLoad
	default:
		v.Code, v.Reason = w.Code, "the run ended before this row was sent; a resume goes on with it"
	}
	return v
}
