package loader

import (
	"encoding/csv"
	"os"
	"time"

	"rosterload/transform"
)

// ledger holds the changes of a run, one entry a user, read from its sealed files. It is what memory a load needs: about 60 bytes a change.
type ledger struct {
	names   *names
	ids     ids
	index   *index
	entries []entry
	began   time.Time       // settled times are kept as seconds from here
	words   map[int32]words // what the org said of an entry, where it said more than yes: where to read it
	batches []*Shipment     // entry.batch - 1 is a place in here
}

type entry struct {
	value     uint32 // a name, 0 asks for nothing
	before    holding
	after     holding
	settledAt uint32 // seconds after began, 0: not settled
	batch     uint16 // the last batch that holds it, 0: none - looked at, never sent
	attempts  uint8
	state     state
	seen      bool // after was filled by a look
	again     bool // refused for the moment only
}

// state is how far a change has come.
type state uint8

const (
	unsent    state = iota
	asked           // handed to the org; no outcome yet
	same            // the org says that nothing changed by it
	accepted        // stored by the org, or found stored by looking
	refused         // the org's no; the ledger's words say which
	untouched       // the org never came to it
	dropped         // somebody else moved the user: never sent
	watched         // nothing is sent: somebody else's request is on its way
)

// words tells where the org's words for an entry stand: in the outcomes of a batch, at an offset.
type words struct {
	batch  uint16
	offset int64
}

func (l *ledger) id(i int32) string { return string(l.ids.at(int(i))) }
func (l *ledger) change(i int32) transform.Change {
	return transform.Change{User: l.id(i), Value: l.names.text[l.entries[i].value]}
}

// batchOf is the last batch that holds the entry, nil for one that is only watched.
func (l *ledger) batchOf(i int32) *Shipment {
	if l.entries[i].batch == 0 {
		return nil
	}
	return l.batches[l.entries[i].batch-1]
}

func (l *ledger) job(i int32) transform.Job {
	if b := l.batchOf(i); b != nil {
		return b.Job
	}
	return transform.None
}

func (l *ledger) standing(i int32, h holding) transform.Standing {
	return transform.Standing{
		User: transform.User{By: "Id", Key: l.id(i)}, ID: l.id(i), Active: h.active,
		Request: l.names.text[h.request], Group: l.names.text[h.group], Status: l.names.text[h.status],
	}
}

func (l *ledger) pack(s transform.Standing) holding {
	return holding{l.names.of(s.Request), l.names.of(s.Group), l.names.of(s.Status), s.Active}
}

func (l *ledger) after(i int32) transform.Standing {
	if !l.entries[i].seen {
		return transform.Standing{User: transform.User{By: "Id", Key: l.id(i)}}
	}
	return l.standing(i, l.entries[i].after)
}

// openLedger reads the run's sealed batches, what was held before, and every outcome that is on disk: the same for a run that was
// planned a second ago and for one that died last week.
func (w *work) openLedger() error {
	l := &ledger{names: newNames(), began: w.run.Begun, words: map[int32]words{}}
	changes := w.run.Planned.Removals + w.run.Planned.Upserts
	l.ids.expect(changes)
	l.index = newIndex(&l.ids, changes)
	l.entries = make([]entry, 0, changes)
	w.ledger = l
	if err := w.rest(); err != nil {
		return err
	}
	for _, s := range w.run.Batches {
		if err := w.enterBatch(s); err != nil {
			return err
		}
	}
	if err := w.enterBefore(); err != nil {
		return err
	}
	for _, s := range w.run.Batches {
		if err := w.replay(s); err != nil {
			return err
		}
	}
	return w.enterAfter()
}

// enterBatch puts a batch's rows into the ledger, those of a further batch onto the entries they have already.
func (w *work) enterBatch(s *Shipment) error {
	if err := w.verify(Sealed{File: fileName(s.Path), SHA256: s.SHA256}); err != nil {
		return err
	}
	l := w.ledger
	l.batches = append(l.batches, s)
	number := uint16(len(l.batches))
	rows := 0
	for c, err := range s.Changes() {
		if err != nil {
			return err
		}
		place, isNew := l.index.add(c.User)
		if isNew { // a retry's file names no value: what was asked of a row that was never sent stands among the verdicts
			l.entries = append(l.entries, entry{value: l.valueOf(s, c)})
		} else if w.run.isPlanned(s) {
			return stop(ExitUnproved, "", "%s names user %s, who stands in an earlier batch", s.Name(), c.User)
		} else if !isRetry(s.Job) { // a value that was made up may have been made up anew
			l.entries[place].value = l.names.of(c.Value)
		}
		l.entries[place].enter(number, isRetry(s.Job))
		rows++
	}
	if rows != s.Rows {
		return stop(ExitUnproved, "", "%s holds %d rows, the journal says %d", s.Path, rows, s.Rows)
	}
	return nil
}

func (l *ledger) valueOf(s *Shipment, c transform.Change) uint32 {
	if isRetry(s.Job) {
		return 0
	}
	return l.names.of(c.Value)
}

// enter moves an entry to a further batch. What was asked and never arrived is unsent again; a retry asks anew.
func (e *entry) enter(batch uint16, retry bool) {
	if e.batch = batch; e.state == asked || retry {
		e.state = unsent
	}
	if retry {
		e.settledAt, e.again = 0, false
	}
}

// enterBefore fills in what was held before, and adds those who are only watched.
func (w *work) enterBefore() error {
	l := w.ledger
	verdicts, err := openTable(w.run.path(verdictsFile))
	if err != nil {
		return err
	}
	defer verdicts.close()
	before, err := openTable(w.run.path(beforeFile))
	if err != nil {
		return err
	}
	defer before.close()
	for before.row != 0 {
		s, _ := standingOf(before.rec)
		place, ok := l.index.find([]byte(s.ID))
		answered, err := verdicts.at(before.row)
		if err != nil {
			return err
		}
		if !ok && answered && verdictOf(verdicts.rec).Word == transform.Pending {
			place, _ = l.index.add(s.ID)
			l.entries = append(l.entries, entry{state: watched, value: l.names.of(verdicts.rec[6])})
			ok = true
		}
		if ok {
			l.entries[place].before = l.pack(s)
		}
		if ok && answered { // never sent by the load, but watched, or sent by a retry
			l.entries[place].value = l.names.of(verdicts.rec[6])
		}
		if err := before.next(); err != nil {
			return err
		}
	}
	return w.eachExtra(func(place int32, s transform.Standing) { l.entries[place].before = l.pack(s) })
}

// eachExtra walks the people who are in no line and lose something in the removal job.
func (w *work) eachExtra(each func(place int32, before transform.Standing)) error {
	if w.run.Planned.Extra == 0 {
		return nil
	}
	f, err := os.Open(w.run.path(extraFile))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll() // as many as there are seats to take back
	if err != nil {
		return err
	}
	for _, rec := range rows[1:] {
		s, _ := standingOf(rec)
		if place, ok := w.ledger.index.find([]byte(s.ID)); ok {
			each(int32(place), s)
		}
	}
	return nil
}

// replay lets what is on disk of one batch's outcomes happen to the ledger.
func (w *work) replay(s *Shipment) error {
	if s.Done {
		if err := w.verify(s.Outcomes); err != nil {
			return err
		}
	}
	if s.Submitted && !s.Dropped {
		w.ledger.markAsked(s)
	}
	return w.applyOutcomes(s)
}

// markAsked: every row of the batch was handed over. Outcomes say more.
func (l *ledger) markAsked(s *Shipment) {
	number := l.numberOf(s)
	for i := range l.entries {
		if l.entries[i].batch == number {
			l.entries[i].state = asked
		}
	}
}

// markUnsent takes that back.
func (l *ledger) markUnsent(s *Shipment) {
	number := l.numberOf(s)
	for i := range l.entries {
		if l.entries[i].batch == number && l.entries[i].state == asked {
			l.entries[i].state = unsent
		}
	}
}

// verify holds a sealed file against the digest taken when it was sealed.
func (w *work) verify(f Sealed) error {
	if f.File == "" {
		return nil
	}
	if err := verifyFile(w.run.path(f.File), f.SHA256); err != nil {
		return &Stop{Code: ExitUnproved, Text: "a sealed file of run " + w.run.ID + " was altered", Hint: "restore it from a copy; nothing was sent", Err: err}
	}
	return nil
}
