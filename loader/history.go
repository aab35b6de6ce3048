package loader

import (
	"hash/maphash"

	"rosterload/loader/results"
	"rosterload/transform"
)

// history is what the run before said of its users, as hashes of key and code: enough to tell how much of tonight is old news.
type history struct {
	seed    maphash.Seed
	failed  map[uint64]bool
	pending map[uint64]bool
}

// history reads the newest earlier results of the same target, once. Results that cannot be read tell nothing.
func (w *work) history() *history {
	if w.past != nil {
		return w.past
	}
	w.past = &history{seed: maphash.MakeSeed(), failed: map[uint64]bool{}, pending: map[uint64]bool{}}
	runs, _, err := Runs(w.Home)
	if err != nil {
		return w.past
	}
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		if r.ID >= w.run.ID || r.Target != w.Name || r.Last.Number == 0 || !r.SentAnything() && !r.Over {
			continue
		}
		w.past.read(r.revisionPath(r.Last.Number))
		break
	}
	return w.past
}

func (h *history) read(path string) {
	for row, err := range results.Read(path) {
		if err != nil {
			return
		}
		switch transform.Word(row.Result) {
		case transform.Failed, transform.NotAttempted:
			h.failed[h.mark(row.Key, row.ReasonCode)] = true
		case transform.Pending:
			h.pending[h.mark(row.Key, row.ReasonCode)] = true
		}
	}
}

func (h *history) mark(key, code string) uint64 { return maphash.String(h.seed, key+"\x00"+code) }

func (h *history) sawFailed(key, code string) bool  { return h.failed[h.mark(key, code)] }
func (h *history) sawPending(key, code string) bool { return h.pending[h.mark(key, code)] }
