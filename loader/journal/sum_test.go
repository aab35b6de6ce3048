package journal

import (
	"bytes"
	"testing"
)

func TestAByteThatWasAlteredIsNotBelieved(t *testing.T) {
	whole := contents(t, written(t, append(twoEvents, Event{What: Stale})...))
	for at := range len(whole) - 1 { // without its last line end the last line is a torn one
		altered := bytes.Clone(whole)
		altered[at] ^= 1
		if events, err := Read(file(t, altered)); err == nil {
			t.Fatalf("byte %d: %q is read as %v", at, altered, events)
		}
	}
}

func TestALineThatWasTakenOutOrMovedIsNotBelieved(t *testing.T) {
	lines := bytes.SplitAfter(contents(t, written(t, append(twoEvents, Event{What: Silent}, Event{What: Stale})...)), []byte("\n"))
	for name, altered := range map[string][][]byte{
		"one is missing":     {lines[0], lines[1], lines[3]},
		"two are exchanged":  {lines[0], lines[2], lines[1], lines[3]},
		"one stands twice":   {lines[0], lines[1], lines[1]},
		"one without a sum":  {lines[0], []byte("{\"event\":\"stale\"}\n")},
		"sums begin halfway": {[]byte(begun), lines[1]},
	} {
		if events, err := Read(file(t, bytes.Join(altered, nil))); err == nil {
			t.Errorf("%s: %v", name, events)
		}
	}
}

func TestAJournalWithoutSumsGoesOnWithoutThem(t *testing.T) {
	path := file(t, []byte(begun))
	j, _, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Append(Event{What: Stale}); err != nil {
		t.Fatal(err)
	}
	_ = j.Close()
	if events, err := Read(path); err != nil || len(events) != 2 || bytes.Contains(contents(t, path), []byte("sum")) {
		t.Errorf("%v %v", events, err)
	}
}
