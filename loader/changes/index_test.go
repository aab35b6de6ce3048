package changes

import (
	"fmt"
	"testing"
)

func TestIDsOfOneWidthAndOfSeveralAreFoundAgain(t *testing.T) {
	for _, width := range []string{"%018d", "%d"} {
		all := &IDs{}
		x := newIndex(all, 3)
		for i := range 5000 {
			id := fmt.Sprintf(width, i*7)
			if place, isNew := x.add(id); !isNew || place != i {
				t.Fatalf("%s: place %d, new %v", id, place, isNew)
			}
			if place, isNew := x.add(id); isNew || place != i {
				t.Fatalf("%s a second time: place %d, new %v", id, place, isNew)
			}
		}
		for i := range 5000 {
			if place, ok := x.find([]byte(fmt.Sprintf(width, i*7))); !ok || place != i {
				t.Fatalf("%d is found at %d, %v", i*7, place, ok)
			}
		}
		if _, ok := x.find([]byte("unknown")); ok {
			t.Error("an unknown id was found")
		}
	}
}
