package loader

import "hash/maphash"

// index finds the place of an id in ids by an open-addressing table of 4-byte places: a hit is always confirmed against the id itself.
type index struct {
	ids   *ids
	seed  maphash.Seed
	table []uint32 // place + 1, 0 is free
}

func newIndex(s *ids, expected int) *index {
	size := 16
	for size < expected*3/2 {
		size *= 2
	}
	return &index{ids: s, seed: maphash.MakeSeed(), table: make([]uint32, size)}
}

// add puts the id at the end of ids, or answers the place where it stands already.
func (x *index) add(id string) (place int, isNew bool) {
	if (x.ids.len()+1)*4 > len(x.table)*3 {
		x.grow()
	}
	slot := x.slot([]byte(id))
	if at := x.table[slot]; at != 0 {
		return int(at - 1), false
	}
	place = x.ids.add(id)
	x.table[slot] = uint32(place + 1)
	return place, true
}

func (x *index) find(id []byte) (place int, ok bool) {
	at := x.table[x.slot(id)]
	return int(at) - 1, at != 0
}

// slot is where the id stands, or the free slot where it would.
func (x *index) slot(id []byte) uint64 {
	mask := uint64(len(x.table) - 1)
	for slot := maphash.Bytes(x.seed, id) & mask; ; slot = (slot + 1) & mask {
		at := x.table[slot]
		if at == 0 || string(x.ids.at(int(at-1))) == string(id) {
			return slot
		}
	}
}

func (x *index) grow() {
	x.table = make([]uint32, 2*len(x.table))
	for i := range x.ids.len() {
		x.table[x.slot(x.ids.at(i))] = uint32(i + 1)
	}
}
