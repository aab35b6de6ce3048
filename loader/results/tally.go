package results

import (
	"slices"

	"rosterload/transform"
)

// Tally counts rows while they are written. It holds one number a word and one line a reason, and there are few of
// either.
type Tally struct {
	Rows    int
	words   map[string]int
	reasons map[Reason]*Reason // by code and next step
}

// NewTally counts from nothing.
func NewTally() *Tally {
	return &Tally{words: map[string]int{}, reasons: map[Reason]*Reason{}}
}

// Add counts one row.
func (t *Tally) Add(row *Row) {
	t.Rows++
	t.words[row.Result]++
	if row.ReasonCode == "" {
		return
	}
	key := Reason{ReasonCode: row.ReasonCode, NextStep: row.NextStep}
	r := t.reasons[key]
	if r == nil {
		r = &Reason{ReasonCode: row.ReasonCode, NextStep: row.NextStep, ExampleRow: row.Row}
		t.reasons[key] = r
	}
	r.Count++
}

// Count is how many rows have the word.
func (t *Tally) Count(word transform.Word) int { return t.words[string(word)] }

// Into fills in the counts of a summary: success, failed, pending and skipped add up to the rows.
func (t *Tally) Into(s *Summary) {
	s.Results = map[string]int{}
	for _, word := range transform.Words {
		s.Results[string(word)] = t.Count(word)
	}
	s.Success = 0
	for _, word := range successes {
		s.Success += t.Count(word)
	}
	s.Failed = t.Count(transform.Failed) + t.Count(transform.NotAttempted)
	s.Pending, s.Skipped = t.Count(transform.Pending), t.Count(transform.Skipped)
	s.Reasons = []Reason{}
	for _, r := range t.reasons {
		s.Reasons = append(s.Reasons, *r)
	}
	slices.SortFunc(s.Reasons, func(a, b Reason) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return a.ExampleRow - b.ExampleRow
	})
}
