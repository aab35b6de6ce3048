package results

import (
	"testing"

	"rosterload/transform"
)

func TestTheFourCountsAddUpToTheRows(t *testing.T) {
	tally := NewTally()
	for i, word := range transform.Words {
		for range i + 1 {
			tally.Add(&Row{Row: tally.Rows + 1, Result: string(word), ReasonCode: map[bool]string{true: "SF_X"}[word == transform.Failed], NextStep: "retry"})
		}
	}
	var s Summary
	tally.Into(&s)
	if s.Success+s.Failed+s.Pending+s.Skipped != tally.Rows || s.Success != 1+2+3+4 || s.Failed != 5+8 || len(s.Results) != 8 {
		t.Errorf("%+v", s)
	}
	if want := (Reason{ReasonCode: "SF_X", NextStep: "retry", Count: 5, ExampleRow: 11}); len(s.Reasons) != 1 || s.Reasons[0] != want {
		t.Errorf("%+v", s.Reasons)
	}
	if want := "10 succeeded (1 created, 2 updated, 3 removed, 4 unchanged), 13 failed (8 not attempted), 7 pending, 6 skipped"; s.Line() != want {
		t.Errorf("%s\nwant %s", s.Line(), want)
	}
}
