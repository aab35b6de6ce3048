package plan

import (
	"hash/maphash"
	"slices"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
)

// History is what the run before said of its users, as hashes of key and code: enough to tell how much of tonight is
// old news. It is read when it is first asked for.
type History struct {
	path    string // of the results; empty: there is no run before
	seed    maphash.Seed
	failed  map[uint64]bool
	pending map[uint64]bool
}

// HistoryOf finds the newest run before r, of the same target, that has results. runs are all runs of the home, the
// oldest first.
func HistoryOf(r *run.Run, runs []*run.Run) *History {
	for _, earlier := range slices.Backward(runs) {
		if earlier.ID < r.ID && earlier.Target == r.Target && earlier.Last.Number != 0 && earlier.Seal.Refused == "" &&
			(earlier.SentAnything() || earlier.Over) {
			return &History{path: earlier.RevisionPath(earlier.Last.Number)}
		}
	}
	return &History{}
}

// load reads the results once. Results that cannot be read tell nothing.
func (h *History) load() {
	if h.failed == nil {
		h.seed, h.failed, h.pending = maphash.MakeSeed(), map[uint64]bool{}, map[uint64]bool{}
		if h.path != "" {
			h.read(h.path)
		}
	}
}

// read takes three cells of each row: a night's results have a million, and few of them failed.
func (h *History) read(path string) {
	for row, err := range results.Cells(path) {
		if err != nil || len(row) < len(results.Header) {
			return
		}
		key, code := row[keyColumn], row[codeColumn]
		switch transform.Word(row[wordColumn]) {
		case transform.Failed, transform.NotAttempted:
			h.failed[h.mark(string(key), string(code))] = true
		case transform.Pending:
			h.pending[h.mark(string(key), string(code))] = true
		}
	}
}

// Columns of a results file that tell of a failure.
var (
	keyColumn  = slices.Index(results.Header, "key")
	wordColumn = slices.Index(results.Header, "result")
	codeColumn = slices.Index(results.Header, "reason_code")
)

func (h *History) mark(key, code string) uint64 { return maphash.String(h.seed, key+"\x00"+code) }

// SawFailed tells whether the user failed then for the same reason.
func (h *History) SawFailed(key, code string) bool {
	h.load()
	return h.failed[h.mark(key, code)]
}

// SawPending tells whether the user was Pending then for the same reason.
func (h *History) SawPending(key, code string) bool {
	h.load()
	return h.pending[h.mark(key, code)]
}
