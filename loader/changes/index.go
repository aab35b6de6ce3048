package changes

import "hash/maphash"

// index finds the place of an id in ids by an open-addressing table of places and tags. A tag that fits is always
// confirmed against the id itself.
type index struct {
	ids   *IDs
	seed  maphash.Seed
	table []uint64 // (place + 1) << 32 | tag, 0 is free
}

func newIndex(s *IDs, expected int) *index {
	size := 16
	for size*3 < expected*4 {
		size *= 2
	}
	return &index{ids: s, seed: maphash.MakeSeed(), table: make([]uint64, size)}
}

// add puts the id at the end of ids, or answers the place where it stands already.
func (x *index) add(id string) (place int, isNew bool) {
	if (x.ids.Len()+1)*4 > len(x.table)*3 {
		x.grow()
	}
	hash := maphash.String(x.seed, id)
	slot := x.slot(id, hash)
	if at := x.table[slot]; at != 0 {
		return int(at>>32) - 1, false
	}
	place = x.ids.Add(id)
	x.table[slot] = uint64(place+1)<<32 | hash>>32
	return place, true
}

// near are the places of one reader's last finds in two walks. The tables of a run, its outcomes and, as a rule, an
// org's answers go through the entries in their order, and the removals and the upserts of a roster alternate.
type near [2]int

// find looks behind the last finds before it hashes: there it needs no more than one comparison, and no far memory.
func (x *index) find(id string, last *near) (place int, ok bool) {
	if place = x.behind(id, last); place >= 0 {
		return place, true
	}
	at := x.table[x.slot(id, maphash.String(x.seed, id))]
	if at == 0 {
		return 0, false
	}
	last[0], last[1] = int(at>>32)-1, last[0]
	return last[0], true
}

// behind is the place behind a last find, -1 where the id does not stand there.
func (x *index) behind(id string, last *near) int {
	for walk, at := range last {
		if next := at + 1; next < x.ids.Len() && x.ids.At(next) == id {
			last[walk] = next
			return next
		}
	}
	return -1
}

// findAll finds the places of many ids, -1 of those that are not there. Of the ids that stand behind no last find all
// slots are looked up before the first is compared, so that far memory is waited for once and not each time.
func (x *index) findAll(all []glimpse, last *near) {
	mask := uint64(len(x.table) - 1)
	for i := range all {
		s := &all[i]
		if s.place = x.behind(s.id, last); s.place < 0 {
			s.hash = maphash.String(x.seed, s.id)
			s.at = x.table[s.hash&mask]
		}
	}
	for i := range all {
		s := &all[i]
		if s.place >= 0 || s.at == 0 {
			continue
		}
		if s.at&(1<<32-1) != s.hash>>32 || x.ids.At(int(s.at>>32)-1) != s.id {
			s.at = x.table[x.slot(s.id, s.hash)]
		}
		if s.place = int(s.at>>32) - 1; s.place >= 0 {
			last[0], last[1] = s.place, last[0]
		}
	}
}

// slot is where the id stands, or the free slot where it would.
func (x *index) slot(id string, hash uint64) uint64 {
	mask := uint64(len(x.table) - 1)
	for slot := hash & mask; ; slot = (slot + 1) & mask {
		at := x.table[slot]
		if at == 0 || at&(1<<32-1) == hash>>32 && x.ids.At(int(at>>32)-1) == id {
			return slot
		}
	}
}

func (x *index) grow() {
	x.table = make([]uint64, 2*len(x.table))
	for i := range x.ids.Len() {
		id := x.ids.At(i)
		hash := maphash.String(x.seed, id)
		x.table[x.slot(id, hash)] = uint64(i+1)<<32 | hash>>32
	}
}
