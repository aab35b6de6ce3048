package connectortest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"rosterload/loader"
)

// mortal stands before an org and ends the process that calls it at one of its calls: what is on its disk at this
// moment is all that is left of it, and none of its later calls arrives.
type mortal struct {
	http.Handler
	at     int  // from 1
	after  bool // the call is carried out, and not answered
	die    func()
	mu     sync.Mutex
	calls  int
	isDead bool
}

func (m *mortal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	m.calls++
	mine := m.calls == m.at
	if mine && m.after {
		m.Handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	if mine {
		m.die()
		m.isDead = true
	}
	dead := m.isDead
	m.mu.Unlock()
	if dead {
		panic(http.ErrAbortHandler)
	}
	m.Handler.ServeHTTP(w, r)
}

func (m *mortal) revive() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.isDead
	m.isDead = false
	return was
}

var errKilled = errors.New("killed")

// killedNights end the process once at each call, by turns before and after it is carried out, and go on with a new
// one.
func killedNights(t *testing.T, rig Rig, calm calm) {
	for at := 1; at <= calm.calls; at++ {
		m := &mortal{at: at, after: at%2 == 0}
		t.Run(fmt.Sprintf("at call %d, carried out %v", at, m.after), func(t *testing.T) {
			t.Parallel()
			killedNight(t, rig, calm, m)
		})
	}
}

func killedNight(t *testing.T, rig Rig, calm calm, m *mortal) {
	n := newNight(t, rig, 0, func(org http.Handler) http.Handler {
		m.Handler = org
		return m
	})
	left := filepath.Join(n.folder, "left")
	ctx, kill := context.WithCancelCause(t.Context())
	defer kill(nil)
	m.die = func() {
		if err := copied(left, n.home); err != nil {
			t.Error(err)
		}
		kill(errKilled)
	}
	_, _ = loader.Load(ctx, n.options(t), n.roster()) // its end does not count: a killed process says nothing
	if m.revive() {
		n.home = left
	}
	calm.compare(t, n, n.untilOver(t))
}

// copied copies a home while others may write to it. A file that is renamed meanwhile is one more reason to look again.
func copied(to, home string) (err error) {
	for range 20 {
		if err = os.RemoveAll(to); err != nil {
			return err
		}
		if err = os.MkdirAll(home, 0o700); err != nil {
			return err
		}
		if err = os.CopyFS(to, os.DirFS(home)); !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return err
}
