// Package changes knows what has become of each change of a run, one entry a user, read from the run's sealed files and
// outcomes: the same for a run that was planned a second ago and for one that was cut short last week. It takes no lock
// and asks no org. It is used by one goroutine; while batches are delivered side by side only Of and what Outcomes
// write may be called.
package changes

import (
	"iter"
	"runtime"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/transform"
)

// Changes are what memory a load needs: about 60 bytes a change, id and index included.
type Changes struct {
	run      *run.Run
	names    *Names
	ids      IDs
	index    *index
	last     near // of Find
	glimpses []glimpse
	entries  []entry
	began    time.Time         // settled times are kept as seconds from here
	words    map[int32]inFile  // what the org said of an entry, where it said more than yes
	batches  []*run.Batch      // entry.batch - 1 is a place in here
	rows     map[uint16]extent // by batch

	memo memo
}

type entry struct {
	value     uint32 // a name, 0 asks for nothing
	before    Held
	after     Held
	settledAt uint32 // seconds after began, 0: not settled
	batch     uint16 // the last batch that holds it, 0: none - looked at, never sent
	attempts  uint8
	state     State
	sight     sight
	transient bool // refused for the moment only
	counted   bool // attempts has the sending of this batch
}

// extent is the entries of a batch: those of the plan lie side by side, those of a further batch anywhere.
type extent struct {
	first, count int32
	listed       []int32
}

// State is how far a change has come.
type State uint8

// The states of a change.
const (
	Unsent      State = iota
	Sent              // handed to the org; no outcome yet
	Same              // the org says that nothing changed by it
	Accepted          // stored by the org, or found stored by looking
	Refused           // the org's no; Said says which
	Unprocessed       // the org never came to it
	Drifted           // its user's standing was changed by others meanwhile: never sent
	Superseded        // a newer run has sent a change for the same user: never sent
	Watched           // nothing is sent: a request of others is on its way
)

// inFile tells where the org's words for an entry stand: in the outcomes of a batch, at an offset.
type inFile struct {
	batch  uint16
	offset int64
}

// LetGo gives the memory of all entries back when everything is said of them. Behind it only DropAfter may be called.
func (c *Changes) LetGo() {
	c.entries, c.index, c.ids, c.words, c.rows = nil, nil, IDs{}, nil, nil
	runtime.GC() // now, and not beside the next large table
}

// Len is how many entries there are.
func (c *Changes) Len() int { return len(c.entries) }

// ID is the org's id of an entry's user.
func (c *Changes) ID(i int32) string { return c.ids.At(int(i)) }

// Find is the place of a user's entry.
func (c *Changes) Find(id string) (int32, bool) {
	place, ok := c.index.find(id, &c.last)
	return int32(place), ok
}

// Change is what is asked.
func (c *Changes) Change(i int32) transform.Change {
	return transform.Change{User: c.ID(i), Value: c.names.Text(c.entries[i].value)}
}

// SetValue replaces a value that was made up and is taken by now.
func (c *Changes) SetValue(i int32, value string) { c.entries[i].value = c.names.Of(value) }

// Batch is the last batch that holds the entry, nil for one that is only watched.
func (c *Changes) Batch(i int32) *run.Batch {
	if c.entries[i].batch == 0 {
		return nil
	}
	return c.batches[c.entries[i].batch-1]
}

// Job is the job of that batch.
func (c *Changes) Job(i int32) transform.Job {
	if b := c.Batch(i); b != nil {
		return b.Job
	}
	return transform.None
}

// State is how far the change has come.
func (c *Changes) State(i int32) State { return c.entries[i].state }

// SetState is for what a look has shown.
func (c *Changes) SetState(i int32, s State) { c.entries[i].state = s }

// Attempts is how often the change was really handed over.
func (c *Changes) Attempts(i int32) int { return int(c.entries[i].attempts) }

// Seen tells whether the last look at the user showed it.
func (c *Changes) Seen(i int32) bool { return c.entries[i].sight.shows() }

// Gone tells whether the last look at the user was whole and did not show it.
func (c *Changes) Gone(i int32) bool { return c.entries[i].sight == lost }

// Before is how the user stood when the run was planned.
func (c *Changes) Before(i int32) transform.Standing { return c.unpack(i, c.entries[i].before) }

// After is how the user stood at the last look; without an ID where the look did not show it.
func (c *Changes) After(i int32) transform.Standing {
	if !c.entries[i].sight.shows() {
		return transform.Standing{User: transform.User{By: "Id", Key: c.ID(i)}}
	}
	return c.unpack(i, c.entries[i].after)
}

func (c *Changes) unpack(i int32, h Held) transform.Standing {
	id := c.ID(i)
	return c.names.Unpack(transform.User{By: "Id", Key: id}, id, h)
}

// IsSettled tells whether the org has carried the change out, or failed it for good.
func (c *Changes) IsSettled(i int32) bool { return c.entries[i].settledAt != 0 }

// Settle notes when that was first seen.
func (c *Changes) Settle(i int32, now time.Time) {
	if c.entries[i].settledAt == 0 {
		c.entries[i].settledAt = uint32(max(1, now.Sub(c.began)/time.Second))
	}
}

// SettledAt is zero for a change that is not settled.
func (c *Changes) SettledAt(i int32) time.Time {
	if at := c.entries[i].settledAt; at != 0 {
		return c.began.Add(time.Duration(at) * time.Second)
	}
	return time.Time{}
}

// Pick lists the entries that fit. They are counted first: a list that grows leaves twice its size behind.
func (c *Changes) Pick(fits func(i int32) bool) []int32 {
	count := 0
	for i := range int32(len(c.entries)) {
		if fits(i) {
			count++
		}
	}
	picked := make([]int32, 0, count)
	for i := range int32(len(c.entries)) {
		if fits(i) {
			picked = append(picked, i)
		}
	}
	return picked
}

// Of are the entries whose last batch this is.
func (c *Changes) Of(b *run.Batch) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		number := c.number(b)
		in := c.rows[number]
		for i := in.first; i < in.first+in.count; i++ {
			if c.entries[i].batch == number && !yield(i) {
				return
			}
		}
		for _, i := range in.listed {
			if c.entries[i].batch == number && !yield(i) {
				return
			}
		}
	}
}

func (c *Changes) number(b *run.Batch) uint16 {
	for i, other := range c.batches {
		if other == b {
			return uint16(i + 1)
		}
	}
	return 0
}

// Unanswered are the rows of a batch without an outcome that ends them.
func (c *Changes) Unanswered(b *run.Batch) []int32 {
	var silent []int32
	for i := range c.Of(b) {
		if s := c.entries[i].state; s == Sent || s == Unprocessed {
			silent = append(silent, i)
		}
	}
	return silent
}

// MarkSent says that every row of the batch was handed over. Outcomes say more; what was seen before says nothing any
// more.
func (c *Changes) MarkSent(b *run.Batch) {
	for i := range c.Of(b) {
		e := &c.entries[i]
		e.state, e.sight, e.after = Sent, unseen, 0
	}
}

// MarkUnsent takes that back where no outcome has said more.
func (c *Changes) MarkUnsent(b *run.Batch) {
	for i := range c.Of(b) {
		if c.entries[i].state == Sent {
			c.entries[i].state = Unsent
		}
	}
}

// Watch adds an entry for a user that is sent nothing, or finds the one that is there.
func (c *Changes) Watch(id, value string) int32 {
	place, isNew := c.index.add(id)
	if isNew {
		c.entries = append(c.entries, entry{state: Watched, value: c.names.Of(value)})
	}
	return int32(place)
}

// wasSent tells what was really handed over.
func wasSent(s State) bool { return s == Accepted || s == Refused || s == Same }

// apply joins one outcome to its change by user id.
func (c *Changes) apply(number uint16, o connector.Outcome, offset int64) {
	place, ok := c.Find(o.User)
	if !ok || c.entries[place].batch != number {
		return // of a user in no batch, or in another: runs of version 1 could keep such a line. It answers nothing
	}
	i, e := place, &c.entries[place]
	delete(c.words, i)
	e.transient = o.Transient
	if o.State == connector.Step {
		c.words[i] = inFile{number, offset}
		return
	}
	if o.Reason != "" || o.Fields != "" || o.Ref != "" || o.State != connector.Accepted && o.State != connector.Same {
		c.words[i] = inFile{number, offset}
	}
	if state, known := c.stateOf(number, o.State); known {
		e.state = state
	}
	if !e.counted && wasSent(e.state) && e.attempts < 255 {
		e.counted = true // outcomes are read from the file's start each time, and a batch is one sending
		e.attempts++
	}
}

func (c *Changes) stateOf(number uint16, s connector.State) (State, bool) {
	switch s {
	case connector.Accepted:
		return Accepted, true
	case connector.Same: // on a batch that was sent again it is our own first sending that the org found there
		if c.batches[number-1].Resend {
			return Accepted, true
		}
		return Same, true
	case connector.Refused:
		return Refused, true
	case connector.Unprocessed:
		return Unprocessed, true
	case OutcomeDrifted:
		return Drifted, true
	case OutcomeSuperseded:
		return Superseded, true
	}
	return 0, false
}
