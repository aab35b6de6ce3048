package connectortest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"rosterload/loader"
)

// outage stands before an org that is away from one of its calls on, until it is back. The first call is carried out,
// or not; none is answered.
type outage struct {
	http.Handler
	at    int // from 1
	after bool
	mu    sync.Mutex
	calls int
	back  bool
}

func (o *outage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	o.calls++
	away, first := o.calls >= o.at && !o.back, o.calls == o.at
	o.mu.Unlock()
	switch {
	case away && first && o.after:
		o.Handler.ServeHTTP(httptest.NewRecorder(), r)
		fallthrough
	case away:
		panic(http.ErrAbortHandler)
	}
	o.Handler.ServeHTTP(w, r)
}

func (o *outage) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.back = true
}

// outageNights are longer than a call is tried for (retry_for): the process gives up, and the run is gone on with when
// the org is back.
func outageNights(t *testing.T, rig Rig, calm calm) {
	for nth, at := range calm.writes {
		o := &outage{at: at, after: nth%2 == 0}
		t.Run(fmt.Sprintf("from call %d on, carried out %v", at, o.after), func(t *testing.T) {
			t.Parallel()
			n := newNight(t, rig, 0, func(org http.Handler) http.Handler {
				o.Handler = org
				return o
			})
			s, err := loader.Load(context.Background(), n.options(t), n.roster())
			if err == nil && s.Final && s.Plan.HoldersAfter != nil { // the last count alone may be missing
				t.Error("an org that is away is no reason to stop")
			}
			o.end()
			calm.compare(t, n, n.untilOver(t))
		})
	}
}
