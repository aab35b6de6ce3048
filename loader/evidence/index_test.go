package evidence

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestEntriesAreSortedAsNumbers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var entries []uint64
		hash := rapid.OneOf(rapid.Uint64Range(0, 3), rapid.Uint64Range(0, 1<<(64-placeBits)-1))
		for place, h := range rapid.SliceOfN(hash, 0, 300).Draw(rt, "hashes") {
			entries = append(entries, h<<placeBits|uint64(place/2))
		}
		want := slices.Sorted(slices.Values(entries))
		if sortEntries(entries); !slices.Equal(entries, want) {
			rt.Fatalf("%x, want %x", entries, want)
		}
	})
}
