package validate

import (
	"fmt"
	"testing"
)

// Keys with the same tag are told apart by the key itself, and growing loses none.
func TestAnIndexFindsEachKeyUnderItsOwnRow(t *testing.T) {
	const keys = 60_000
	x := newIndex(0)
	tag := func(i int) uint32 { return uint32(i%1000) * 4_000_037 } // sixty keys a tag
	for i := range keys {
		x.add(i+1, tag(i))
	}
	for i := range keys {
		asked := 0
		row, err := x.find(tag(i), func(row int) (bool, error) {
			asked++
			return row == i+1, nil
		})
		if err != nil || row != i+1 || asked > keys/1000 {
			t.Fatalf("key %d is found in row %d after %d guesses, %v", i, row, asked, err)
		}
	}
}

func TestAKeyThatIsNotThereIsNotFound(t *testing.T) {
	x := newIndex(10)
	x.add(1, 7)
	if row, err := x.find(7, func(int) (bool, error) { return false, nil }); row != 0 || err != nil {
		t.Errorf("a hash that is no proof: row %d, %v", row, err)
	}
	if row, _ := x.find(8, func(int) (bool, error) { return true, nil }); row != 0 {
		t.Errorf("another tag: row %d", row)
	}
	if _, err := x.find(7, func(int) (bool, error) { return false, fmt.Errorf("the disk is gone") }); err == nil {
		t.Error("an error of the disk is lost")
	}
}
