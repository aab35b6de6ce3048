package changes

import (
	"os"
	"slices"
	"strings"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/transform"
)

func TestWhatARunIsBeforeItSends(t *testing.T) {
	r := newRig(t)
	if r.Len() != 9 {
		t.Errorf("%d entries: the changes, and the user whose request is on its way", r.Len())
	}
	for n := range 9 {
		i := r.place(n)
		want := map[bool]State{true: Watched, false: Unsent}[n == 8]
		if r.State(i) != want || r.Attempts(i) != 0 || r.Seen(i) || r.IsSettled(i) || r.Before(i).Request != "Alpha" || r.After(i).Found() {
			t.Errorf("%s, %s", story(r.Changes, i), sighted(r.Changes, i))
		}
	}
	if c := r.Change(r.place(0)); c.Value != "" || r.Job(r.place(0)) != transform.Removals {
		t.Errorf("a removal asks for %q", c.Value)
	}
	if c := r.Change(r.place(8)); c.Value != "Beta" || r.Job(r.place(8)) != transform.None || r.Batch(r.place(8)) != nil {
		t.Errorf("a user who is watched: %+v", c)
	}
	if _, ok := r.Find(user(9)); ok {
		t.Error("a user without a change has an entry")
	}
	if got := slices.Collect(r.Of(r.batch(transform.Removals, 2))); !slices.Equal(got, []int32{r.place(3), r.place(4)}) {
		t.Errorf("the second batch holds %v", got)
	}
}

func TestAttemptsCountWhatWasHandedOver(t *testing.T) {
	accept, lock := accepted(0), locked(0)
	unprocessed := connector.Outcome{User: user(0), State: connector.Unprocessed}
	step := connector.Outcome{User: user(0), State: connector.Step, Code: "made", Ref: "x"}
	drifted := connector.Outcome{User: user(0), State: OutcomeDrifted}
	for _, c := range []struct {
		name string
		play func(r *rig, b *run.Batch)
		want int
	}{
		{"never sent", func(*rig, *run.Batch) {}, 0},
		{"sent, and no word of it yet", func(r *rig, b *run.Batch) { r.send(b) }, 0},
		{"accepted", func(r *rig, b *run.Batch) { r.send(b); r.said(b, true, accept) }, 1},
		{"accepted, and asked for twice", func(r *rig, b *run.Batch) { r.send(b); r.said(b, true, accept); r.said(b, true, accept) }, 1},
		{"a step is no end of it", func(r *rig, b *run.Batch) { r.send(b); r.said(b, false, step) }, 0},
		{"a step, and then the end", func(r *rig, b *run.Batch) { r.send(b); r.said(b, false, step); r.said(b, false, accept) }, 1},
		{"the org never came to it", func(r *rig, b *run.Batch) { r.send(b); r.said(b, true, unprocessed) }, 0},
		{"found by looking where the org never came to it", func(r *rig, b *run.Batch) {
			r.send(b)
			r.said(b, true, unprocessed)
			r.ok(r.Answer(b, []connector.Outcome{accept}))
		}, 1},
		{"a sending that missed does not count", func(r *rig, b *run.Batch) { r.send(b); r.miss(b); r.send(b); r.said(b, true, accept) }, 1},
		{"left alone", func(r *rig, b *run.Batch) { r.ok(r.Answer(b, []connector.Outcome{drifted})) }, 0},
		{"lost, and sent with others once more", func(r *rig, b *run.Batch) {
			r.send(b)
			b = r.further(b.Job, b, 0, 1)
			r.send(b)
			r.said(b, true, accept)
		}, 1},
		{"locked, and sent alone", func(r *rig, b *run.Batch) {
			r.send(b)
			r.said(b, true, lock)
			r.end(b)
			b = r.further(b.Job, nil, 0)
			r.send(b)
			r.said(b, true, accept)
		}, 2},
		{"locked three times", func(r *rig, b *run.Batch) {
			for range 3 {
				r.send(b)
				r.said(b, true, lock)
				r.end(b)
				b = r.further(b.Job, nil, 0)
			}
		}, 3},
		{"a retry counts on", func(r *rig, b *run.Batch) {
			r.send(b)
			r.said(b, true, accept)
			r.results(true)
			b = r.retry(0)[0]
			r.send(b)
			r.said(b, true, accept)
		}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			c.play(r, r.batch(transform.Removals, 1))
			if got := r.Attempts(r.place(0)); got != c.want {
				t.Errorf("%d attempts, want %d", got, c.want)
			}
			other := r.opened()
			if i, _ := other.Find(user(0)); story(other, i) != story(r.Changes, r.place(0)) {
				t.Errorf("another process reads\n%s, we know\n%s", story(other, i), story(r.Changes, r.place(0)))
			}
		})
	}
}

func TestNothingChangedMeansOurOwnFirstSendingOnlyWhereThereWasOne(t *testing.T) {
	same := connector.Outcome{User: user(0), State: connector.Same}
	r := newRig(t)
	b := r.batch(transform.Removals, 1)
	r.send(b)
	r.said(b, true, same)
	if r.State(r.place(0)) != Same {
		t.Error("on a first sending it was so before")
	}
	r = newRig(t)
	b = r.batch(transform.Removals, 1)
	r.send(b)
	r.miss(b)
	r.send(b)
	r.said(b, true, same)
	if r.State(r.place(0)) != Accepted {
		t.Error("on a resend it may be our own first sending")
	}
	r = newRig(t)
	b = r.batch(transform.Removals, 1)
	r.send(b)
	b = r.further(b.Job, b, 0, 2)
	r.send(b)
	r.said(b, true, same)
	if r.State(r.place(0)) != Accepted {
		t.Error("in a further batch, too")
	}
}

func TestOutcomesOfUsersWhoAreNotInTheBatchAreNotKept(t *testing.T) {
	r := newRig(t)
	b := r.batch(transform.Removals, 1)
	r.send(b)
	if strange := r.said(b, true, accepted(0), accepted(3), accepted(8), accepted(9), connector.Outcome{User: "stranger", State: connector.Refused}); strange != 4 {
		t.Errorf("%d outcomes were called strange", strange)
	}
	data, err := os.ReadFile(r.w.Run.Path(outcomesName(b)))
	if err != nil || strings.Count(string(data), "\n") != 2 {
		t.Errorf("kept: %s, %v", data, err)
	}
	for _, n := range []int{3, 8} {
		if s := r.State(r.place(n)); s == Accepted {
			t.Errorf("%s is accepted", user(n))
		}
	}
	// Runs of version 1 kept such lines. They answer nothing.
	text := strings.ReplaceAll(string(data), user(0), user(3))
	if err := os.WriteFile(r.w.Run.Path(outcomesName(b)), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	other := r.opened()
	if i, _ := other.Find(user(3)); other.State(i) != Unsent {
		t.Errorf("%s", story(other, i))
	}
}

func TestARowMovesToItsFurtherBatch(t *testing.T) {
	r := newRig(t)
	b := r.batch(transform.Removals, 1)
	r.send(b)
	r.said(b, true, accepted(1))
	if got := r.Unanswered(b); !slices.Equal(got, []int32{r.place(0), r.place(2)}) {
		t.Errorf("unanswered are %v", got)
	}
	further := r.further(b.Job, b, 2, 0)
	if got := slices.Collect(r.Of(b)); !slices.Equal(got, []int32{r.place(1)}) {
		t.Errorf("the first batch is left with %v", got)
	}
	if got := slices.Collect(r.Of(further)); !slices.Equal(got, []int32{r.place(2), r.place(0)}) {
		t.Errorf("the further one holds %v", got)
	}
	belongs := func(b *run.Batch, user string) bool { return (&Outcomes{batch: b, changes: r.Changes}).belongs(user) }
	if belongs(b, user(0)) || !belongs(further, user(0)) || belongs(b, "stranger") || !b.Done || !further.Resend {
		t.Error("a row belongs to its last batch")
	}
	if len(r.Unanswered(further)) != 0 || r.State(r.place(0)) != Unsent {
		t.Error("a batch that was not sent waits for no answer")
	}
	for i := range r.Of(further) {
		if i != r.place(2) {
			t.Error("a walk that was left goes on")
		}
		break
	}
}

func TestWhatTheOrgSaidIsFoundAgain(t *testing.T) {
	r := newRig(t)
	b := r.batch(transform.Removals, 1)
	r.send(b)
	r.said(b, true, locked(2), accepted(0), connector.Outcome{User: user(1), State: connector.Accepted, Ref: "ref7", Next: "wait", Fields: "A;B"})
	words := r.Words()
	defer words.Close()
	if said, spoke, err := words.Of(r.place(2)); err != nil || !spoke || said != locked(2) {
		t.Errorf("%+v, %v, %v", said, spoke, err)
	}
	if said, spoke, err := words.Of(r.place(1)); err != nil || !spoke || said.Ref != "ref7" || said.Fields != "A;B" || said.Next != "wait" {
		t.Errorf("%+v, %v, %v", said, spoke, err)
	}
	for _, n := range []int{0, 5} {
		if said, spoke, err := words.Of(r.place(n)); err != nil || spoke {
			t.Errorf("%s: %+v, %v", user(n), said, err)
		}
	}
	r.ok(os.Truncate(r.w.Run.Path(outcomesName(b)), 70))
	if _, _, err := words.Of(r.place(2)); err == nil {
		t.Error("words that are gone were found")
	}
}

// Outcomes are read from their file's start each time. A row that is named twice in one batch was still handed over once.
func TestABatchIsOneSendingHoweverOftenItsOutcomesAreRead(t *testing.T) {
	r := newRig(t)
	b := r.batch(transform.Removals, 1)
	r.send(b)
	for _, said := range []connector.State{connector.Accepted, connector.Unprocessed, connector.Accepted} {
		r.said(b, false, connector.Outcome{User: user(0), State: said})
	}
	if here, elsewhere := r.Attempts(r.place(0)), r.opened().Attempts(r.place(0)); here != 1 || elsewhere != 1 {
		t.Errorf("%d attempts here, %d in another process", here, elsewhere)
	}
}
