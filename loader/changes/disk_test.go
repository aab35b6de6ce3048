package changes

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/run"
	"rosterload/transform"
)

// A crash may tear a file of outcomes at any byte. What is whole is kept, what is torn never happened, and the next outcome stands behind it.
func TestOutcomesTornAtEveryByte(t *testing.T) {
	r := newRig(t)
	b := r.batch(transform.Removals, 1)
	r.send(b)
	r.said(b, true, accepted(1), locked(2), connector.Outcome{User: user(0), State: connector.Refused, Reason: "a,\"b\"\n\nc"})
	path := r.w.Run.Path(outcomesName(b))
	whole, err := os.ReadFile(path)
	r.ok(err)
	users := []string{user(1), user(2), user(0)}
	ends := make([]int, len(users)) // where each record ends
	for k, from := range []string{user(2) + ",", user(0) + ","} {
		ends[k] = strings.Index(string(whole), "\n"+from) + 1
	}
	ends[2] = len(whole)
	for cut := range len(whole) + 1 {
		r.ok(os.WriteFile(path, whole[:cut], 0o600))
		kept := 0
		for kept < len(ends) && ends[kept] <= cut {
			kept++
		}
		var read []string
		r.ok(ReadOutcomes(r.w.Run, b, func(o connector.Outcome, _ int64) error { read = append(read, o.User); return nil }))
		if strings.Join(read, " ") != strings.Join(users[:kept], " ") {
			t.Fatalf("cut at %d: %v", cut, read)
		}
		o, err := r.OpenOutcomes(b, false)
		if err != nil || o.Rows != kept {
			t.Fatalf("cut at %d: %d rows, %v", cut, o.Rows, err)
		}
		r.ok(errors.Join(o.Write(accepted(0)), o.Close()))
		other := r.opened()
		for n := range 3 {
			i, _ := other.Find(user(n))
			want := map[bool]State{true: []State{Accepted, Accepted, Refused}[n], false: Sent}[n == 0 || n == 1 && kept > 0 || n == 2 && kept > 1]
			if other.State(i) != want {
				t.Fatalf("cut at %d: %s", cut, story(other, i))
			}
		}
	}
}

func TestAFileOfOutcomesIsBegunOnceMore(t *testing.T) {
	r := newRig(t)
	b := r.batch(transform.Removals, 1)
	r.send(b)
	r.said(b, true, locked(0), accepted(1))
	r.said(b, true, accepted(0))
	if data, _ := os.ReadFile(r.w.Run.Path(outcomesName(b))); strings.Contains(string(data), user(1)) || !strings.HasPrefix(string(data), "id,state,") {
		t.Errorf("%s", data)
	}
	stop := errors.New("stop")
	if err := ReadOutcomes(r.w.Run, b, func(connector.Outcome, int64) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
	if sealed, err := r.SealOutcomes(r.batch(transform.Upserts, 1)); err != nil || sealed.File != "" {
		t.Errorf("a batch without outcomes: %+v, %v", sealed, err)
	}
}

func TestAFileThatWasAlteredIsNotRead(t *testing.T) {
	for _, name := range []string{"removals-0001.csv", "upserts-0001.csv", "outcomes-removals-0001.csv", run.BeforeFile, run.VerdictsFile, afterName(1)} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			b := r.batch(transform.Removals, 1)
			r.send(b)
			r.said(b, true, accepted(0), accepted(1), accepted(2))
			r.end(b)
			r.look(true, []int{0}, map[int]string{0: "Alpha"})
			r.results(false)
			r.opened()
			path := r.w.Run.Path(name)
			data, err := os.ReadFile(path)
			r.ok(err)
			for what, text := range map[string]string{"a letter": strings.Replace(string(data), "e", "o", 1), "its last line": string(data[:len(data)-8])} {
				r.ok(os.WriteFile(path, []byte(text), 0o600))
				if _, err := Open(r.w.Run); exitCode(err) != run.ExitUnproved {
					t.Errorf("%s was altered: %v", what, err)
				}
			}
			r.ok(os.Remove(path))
			if _, err := Open(r.w.Run); exitCode(err) != run.ExitUnproved {
				t.Errorf("gone: %v", err)
			}
		})
	}
}

func exitCode(err error) int {
	var stop *run.Stop
	if errors.As(err, &stop) {
		return stop.Code
	}
	return -1
}

func TestASealedFileThatTheJournalContradictsIsNotBelieved(t *testing.T) {
	r := newRig(t)
	r.w.Run.Batches[0].Rows = 4
	if _, err := Open(r.w.Run); exitCode(err) != run.ExitUnproved {
		t.Errorf("a batch with a row less: %v", err)
	}
	r = newRig(t)
	twice := r.seal(transform.Upserts, 1, "Beta", 5, 0, 7)
	r.w.Run.Batches[2].SHA256 = twice.SHA256
	if _, err := Open(r.w.Run); exitCode(err) != run.ExitUnproved || !strings.Contains(err.Error(), user(0)) {
		t.Errorf("a user in two batches of one plan: %v", err)
	}
	r = newRig(t)
	r.batches = make([]*run.Batch, mostBatches)
	if err := r.Enter(r.batch(transform.Removals, 1)); exitCode(err) != run.ExitUsage {
		t.Errorf("one batch too many: %v", err)
	}
}

func TestALookThatIsCutShortTakesNothingAway(t *testing.T) {
	r := newRig(t)
	r.look(true, []int{0, 1, 2, 3}, map[int]string{0: "Alpha", 1: "Alpha", 2: "Alpha"})
	if r.Seen(r.place(3)) || !r.Gone(r.place(3)) || r.Seen(r.place(5)) || r.Gone(r.place(5)) {
		t.Error("a whole look tells which of the users it asked for are gone")
	}
	r.look(false, []int{0, 1, 2, 3}, map[int]string{1: "Beta"}) // the line broke behind user1
	for n, want := range []string{"Alpha", "Beta", "Alpha"} {
		if got := r.After(r.place(n)); got.Request != want || !r.Seen(r.place(n)) {
			t.Errorf("%s: %+v", user(n), got)
		}
	}
	r.look(true, []int{0, 1, 2, 3}, map[int]string{3: "Alpha", 0: "Alpha"})
	if r.Seen(r.place(1)) || r.Seen(r.place(2)) || !r.Seen(r.place(3)) || r.Gone(r.place(3)) {
		t.Error("the next whole look counts")
	}
	r.ok(r.See(transform.Standing{ID: "stranger"})) // a bulk query answers with the whole org
	r.ok(r.See(transform.Standing{ID: user(1), Active: true, Request: "of a look that was given up"}))
	r.look(true, []int{0, 1}, map[int]string{0: "Alpha"})
	if r.Seen(r.place(1)) {
		t.Errorf("a look that was given up counts in the next: %+v", r.After(r.place(1)))
	}
}

func TestWhatWasLastSeenIsKeptWithARevision(t *testing.T) {
	r := newRig(t)
	b := r.batch(transform.Removals, 1)
	r.send(b)
	r.said(b, true, accepted(0), accepted(1), accepted(2))
	r.end(b)
	r.look(true, []int{0, 1, 2, 8}, map[int]string{0: "", 1: "Alpha, \"East\"\nside"})
	r.now = r.now.Add(90 * time.Second)
	r.Settle(r.place(0), r.now)
	r.now = r.now.Add(time.Hour)
	r.Settle(r.place(0), r.now) // when it was first seen counts
	r.results(false)
	other := r.opened()
	for n := range 9 {
		if i, _ := other.Find(user(n)); sighted(other, i) != sighted(r.Changes, r.place(n)) {
			t.Errorf("taken up again:\n%s, want\n%s", sighted(other, i), sighted(r.Changes, r.place(n)))
		}
	}
	if i, _ := other.Find(user(0)); !other.IsSettled(i) || !other.SettledAt(i).Equal(r.w.Run.Begun.Add(90*time.Second)) {
		t.Errorf("settled at %s", other.SettledAt(i))
	}
	r.results(false)
	if _, err := os.Stat(r.w.Run.Path(afterName(1))); err == nil {
		t.Error("what an earlier revision knew is still there")
	}
}

func TestWhatWasSeenBeforeASendingSaysNothingOfIt(t *testing.T) {
	r := newRig(t)
	b := r.batch(transform.Removals, 1)
	r.look(true, []int{0, 1, 2}, map[int]string{0: "Alpha", 1: "Alpha"}) // a resume looks before it sends
	r.results(false)
	r.send(b)
	r.said(b, true, accepted(0), accepted(1), accepted(2))
	r.end(b)
	for name, c := range map[string]*Changes{"we": r.Changes, "another process": r.opened()} {
		for n := range 3 {
			if i, _ := c.Find(user(n)); c.Seen(i) || c.Gone(i) || c.State(i) != Accepted {
				t.Errorf("%s: %s, %s", name, story(c, i), sighted(c, i))
			}
		}
	}
}

func TestARetryThatIsTakenUpAgainWaitsForItsRows(t *testing.T) {
	r := newRig(t)
	b := r.batch(transform.Upserts, 1)
	r.send(b)
	r.said(b, true, accepted(5), accepted(6), accepted(7))
	r.end(b)
	r.look(true, []int{5, 6, 7}, map[int]string{5: "Beta", 6: "Beta", 7: "Beta"})
	for n := 5; n < 8; n++ {
		r.Settle(r.place(n), r.now.Add(time.Minute))
	}
	r.results(true)
	retry := r.retry(5, 9)[0]
	if r.Change(r.place(9)).Value != "Beta" || r.Before(r.place(9)).Group != "Alpha" {
		t.Errorf("a row that was never sent: %s", story(r.Changes, r.place(9)))
	}
	r.send(retry)
	r.said(retry, true, accepted(5), accepted(9))
	for name, c := range map[string]*Changes{"we": r.Changes, "another process": r.opened()} {
		five, _ := c.Find(user(5))
		six, _ := c.Find(user(6))
		if c.IsSettled(five) || c.Seen(five) || c.State(five) != Accepted || !c.IsSettled(six) {
			t.Errorf("%s: %s, %s", name, story(c, five), sighted(c, five))
		}
		if nine, _ := c.Find(user(9)); c.State(nine) != Accepted || c.Attempts(nine) != 1 {
			t.Errorf("%s: %s", name, story(c, nine))
		}
	}
}

// asking is a policy that knows one thing: whether the request is as asked.
type asking struct{ transform.Policy }

func (asking) AsAsked(c transform.Change, now transform.Standing) bool {
	return now.Found() && now.Request == c.Value
}

func TestWhereAUserStands(t *testing.T) {
	r := newRig(t)
	r.look(true, []int{0, 1, 2, 3}, map[int]string{0: "", 1: "Alpha", 2: "Gamma"})
	for n, want := range []Position{AsAsked, AsBefore, Elsewhere, Elsewhere} {
		if got := r.Position(asking{}, r.place(n)); got != want {
			t.Errorf("%s: %d, want %d", user(n), got, want)
		}
	}
	r.ok(r.See(transform.Standing{ID: user(4), Request: "new", Group: "Alpha", Status: "success"}))
	r.TakeIn()
	if !r.NoneChanged([]int32{r.place(4)}) || r.NoneChanged([]int32{r.place(0)}) {
		t.Error("untouched are those whose group and status are as before, whatever the request says")
	}
	users := 0
	for u := range r.Users([]int32{r.place(0), r.place(1)}) {
		if u.By != "Id" || u.Key != user(users) {
			t.Errorf("%+v", u)
		}
		users++
	}
	i := r.place(5)
	r.SetValue(i, "another")
	r.SetState(i, Refused)
	if r.Change(i).Value != "another" || r.State(i) != Refused || users != 2 {
		t.Errorf("%s", story(r.Changes, i))
	}
}
