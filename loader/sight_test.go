package loader

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/run"
)

// What is said of a row rests on what was seen behind its last sending, by whichever process.

// cutAt pulls the plug when such an event is on disk.
func cutAt(event string) run.Trip {
	return func(write string, done bool) error {
		if write == "journal: "+event && done {
			return errPulled
		}
		return nil
	}
}

func TestARowThatWasSentAndNotSeenSinceIsPending(t *testing.T) {
	want, _ := undisturbed(t)
	n := newNight(t)
	first := n.options(n.org)
	first.Trip = cutAt("settled") // the removals are over, the upserts wait
	if _, err := Load(context.Background(), first, n.roster); !errors.Is(err, errPulled) {
		t.Fatal(err)
	}
	id := n.theRun(t)
	// The resume looks at its users as they were, sends them, and loses the line before it sees them again.
	f := &flaky{fakeOrg: n.org, means: connector.ErrUnavailable}
	o := n.options(f)
	o.Trip = func(write string, done bool) error {
		if write == "journal: ended" && done {
			f.mu.Lock()
			f.fail = f.calls + 1
			f.mu.Unlock()
		}
		return nil
	}
	s, err := Carry(context.Background(), o, id)
	if ExitCode(err) != run.ExitUnavailable || s == nil || s.Final || !f.pulled {
		t.Fatalf("%v, %+v", err, s)
	}
	if row := rowOf(t, s, 2); row.Result != "Pending" || row.Attempts != 1 || row.After != "" {
		t.Errorf("%+v", row)
	}
	if s, err = Carry(context.Background(), n.options(n.org), id); err != nil {
		t.Fatal(err)
	}
	n.check(t, s, want)
}

func TestAUserWhoIsGoneEndsItsRow(t *testing.T) {
	n := newNight(t)
	h := &hooked{fakeOrg: n.org}
	h.on = func(int) {
		n.org.mu.Lock()
		defer n.org.mu.Unlock()
		if n.org.applied["id0001"] > 0 {
			delete(n.org.users, "id0001")
		}
	}
	s, err := Load(context.Background(), n.options(h), n.roster)
	if err != nil || !s.Final {
		t.Fatalf("%v, final %v", err, s.Final)
	}
	if row := rowOf(t, s, 2); row.ReasonCode != "USER_CHANGED_MEANWHILE" || row.Reason != "the org no longer shows this user" {
		t.Errorf("%+v", row)
	}
}

func TestARetryThatWasKilledBehindItsSendingIsWaitedFor(t *testing.T) {
	n, first := failedNight(t)
	o, pulled := n.options(n.org), false
	var mu sync.Mutex
	o.Trip = func(write string, done bool) error {
		mu.Lock()
		defer mu.Unlock()
		if pulled = pulled || cutAt("outcomes")(write, done) != nil; pulled {
			return errPulled // and every later one: not even results are written
		}
		return nil
	}
	if _, err := Retry(context.Background(), o, first.Run); !errors.Is(err, errPulled) {
		t.Fatal(err)
	}
	later := func() time.Time { return time.Now().Add(time.Hour) }
	for range 3 { // job by job
		o := n.options(n.org)
		o.Now = later
		s, err := Carry(context.Background(), o, first.Run)
		if err != nil {
			t.Fatal(err)
		}
		if s.Final {
			checkRetried(t, n, s)
			row := rowOf(t, s, 2)
			if at, err := time.Parse(time.RFC3339, row.SettledAt); err != nil || at.Before(time.Now().Add(time.Minute)) || row.Attempts != 2 {
				t.Errorf("it settled when the load's failure did: %+v", row)
			}
			return
		}
	}
	t.Error("the retry does not come to its end")
}

func TestARetryOfARunThatWasStoppedSendsItsRows(t *testing.T) {
	n := newNight(t)
	n.org.breaks, n.org.atOnce = "upserts", 1 // row 2 is in the first batch, and the org carries out the first row of each
	n.org.broken = map[string]bool{"id0001": true}
	s, err := Load(context.Background(), n.options(n.org), n.roster)
	if err != nil || !s.Final || rowOf(t, s, 2).ReasonCode != "ENGAGE_REQUEST_FAILED" {
		t.Fatalf("%v, %+v", err, rowOf(t, s, 2))
	}
	n.org.breaks, n.org.broken, n.org.log = "", nil, nil
	before := rowOf(t, s, 5)
	if s, err = Retry(context.Background(), n.options(n.org), s.Run); err != nil || !s.Final {
		t.Fatal(err)
	}
	if row := rowOf(t, s, 2); row.Result != "Updated" || row.Attempts != 2 {
		t.Errorf("%+v", row)
	}
	if row := rowOf(t, s, 5); row != before {
		t.Errorf("a row that the retry does not take: %+v, was %+v", row, before)
	}
	if len(n.org.log) != 1 {
		t.Errorf("sent were %v", n.org.log)
	}
	if r, _ := run.Open(n.home, s.Run); r.Status().State != run.StateStopped {
		t.Errorf("%+v", r.Status())
	}
}
