package patience

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestPausesGrowByHalfUpToTheLongest(t *testing.T) {
	p := Pause{Next: 200 * time.Millisecond, Most: time.Second}
	for i, want := range []time.Duration{200, 300, 450, 675, 1000, 1000} {
		if got := p.Take(); got.Round(time.Millisecond) != want*time.Millisecond && i != 4 {
			t.Errorf("pause %d: %s, want %s", i, got, want*time.Millisecond)
		}
	}
	if p.Take() != time.Second {
		t.Error("the longest pause is not kept")
	}
}

func TestPatienceCountsFromTheLastMovement(t *testing.T) {
	now := time.Unix(0, 0)
	p := New(time.Minute, func() time.Time { return now })
	now = now.Add(59 * time.Second)
	if p.Over() || p.Left() != time.Second {
		t.Error("over too early:", p.Left())
	}
	p.Moved()
	now = now.Add(time.Minute)
	if !p.Over() {
		t.Error("not over after a minute without movement")
	}
}

func TestASleepEndsWithItsContext(t *testing.T) {
	why := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(why)
	if err := Sleep(ctx, time.Hour); !errors.Is(err, why) {
		t.Error(err)
	}
	if err := Sleep(context.Background(), 0); err != nil {
		t.Error(err)
	}
}

func TestALingeringContextEndsAGraceAfterItsParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("stopped")
		parent, stop := context.WithCancelCause(context.Background())
		late, cancel := Linger(parent, time.Minute)
		defer cancel()
		stop(why)
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if late.Err() != nil {
			t.Fatal("ended before the grace was over")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !errors.Is(context.Cause(late), why) {
			t.Error(context.Cause(late))
		}
	})
}
