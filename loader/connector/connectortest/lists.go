package connectortest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader"
)

// shortener stands before an org and takes the first entry out of one of the lists that the org counts: the answer is
// well formed, and an entry is missing. With at 0 it only counts.
type shortener struct {
	http.Handler
	counted func(r *http.Request) bool
	at      int // from 1
	mu      sync.Mutex
	lists   int
	struck  string
}

func (s *shortener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.counted(r) {
		s.Handler.ServeHTTP(w, r)
		return
	}
	r.Header.Del("Accept-Encoding")
	answer := httptest.NewRecorder()
	s.Handler.ServeHTTP(answer, r)
	body := answer.Body.Bytes()
	if short, ok := withoutFirst(body); ok && answer.Code/100 == 2 && s.mine(r) {
		body = short
	}
	send(w, answer, body, len(body))
}

// mine counts a list, and tells whether it is the one to be cut short.
func (s *shortener) mine(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists++
	if s.lists == s.at {
		s.struck = r.Method + " " + r.URL.Path
	}
	return s.lists == s.at
}

// withoutFirst takes the first entry out of a list: of JSON, or of an object's longest member; of a CSV the first line
// behind its header.
func withoutFirst(body []byte) (short []byte, ok bool) {
	switch trimmed := bytes.TrimSpace(body); {
	case bytes.HasPrefix(trimmed, []byte("{")), bytes.HasPrefix(trimmed, []byte("[")):
		return withoutFirstOf(trimmed)
	}
	lines := bytes.SplitAfterN(body, []byte("\n"), 3)
	if len(lines) < 3 {
		return nil, false
	}
	return append(bytes.Clone(lines[0]), lines[2]...), true
}

func withoutFirstOf(text []byte) (short []byte, ok bool) {
	var list []json.RawMessage
	if json.Unmarshal(text, &list) == nil {
		if len(list) == 0 {
			return nil, false
		}
		short, err := json.Marshal(list[1:])
		return short, err == nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return nil, false
	}
	longest, most := "", 0
	for name, member := range members {
		if json.Unmarshal(member, &list) == nil && len(list) > most {
			longest, most = name, len(list)
		}
	}
	if most == 0 {
		return nil, false
	}
	members[longest], _ = withoutFirstOf(members[longest])
	short, err := json.Marshal(members)
	return short, err == nil
}

// shortNights cut short each list that the org counts, one in each night. The list is asked for again, or the run stops
// and is gone on with.
func shortNights(t *testing.T, rig Rig, calm calm) {
	if calm.lists == 0 {
		t.Fatal("no list that the org counts was asked for: nothing is known of short ones")
	}
	for at := 1; at <= calm.lists; at++ {
		t.Run(fmt.Sprintf("list %d", at), func(t *testing.T) {
			t.Parallel()
			s := &shortener{counted: rig.Counted, at: at}
			n := newNight(t, rig, 0, func(org http.Handler) http.Handler {
				s.Handler = org
				return s
			})
			calm.compare(t, n, n.untilOver(t))
			if t.Failed() {
				t.Logf("it was %s", s.struck)
			}
		})
	}
}

// pagedNight is the same night in an org whose lists take several pages.
func pagedNight(t *testing.T, rig Rig, calm calm) {
	rig.Serve = rig.Paged
	n, u, s := undisturbed(t, rig, 0)
	n.checkLines(t, s, rig.Want)
	holds := n.watch.Holds()
	for user := range holds { // further users may stand there
		if _, ours := rig.After[user]; !ours {
			delete(holds, user)
		}
	}
	if diff := cmp.Diff(rig.After, holds); diff != "" {
		t.Errorf("the org:\n%s", diff)
	}
	n.checkOrg(t)
	if u.Calls() <= calm.calls {
		t.Errorf("%d calls, and %d in the org of one page: no list has taken a second page", u.Calls(), calm.calls)
	}
	second, err := loader.Load(context.Background(), n.options(t), n.roster())
	if err != nil || second.Results["Created"]+second.Results["Updated"]+second.Results["Removed"] != 0 {
		t.Errorf("the second load: %v, %+v", err, second)
	}
}
