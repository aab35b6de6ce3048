package validate

import "hash/maphash"

// index finds rows by key. It holds eight bytes a slot: a row and 32 bits of its key's hash. A hash that was seen
// before is a guess, which the caller confirms against the key itself.
type index struct {
	seed  maphash.Seed
	slots []uint64 // row<<32 | tag, 0 is free
	used  int
	shift uint // a tag's first slot is tag >> shift
}

func newIndex(expected int) *index {
	x := &index{seed: maphash.MakeSeed()}
	bits := uint(14)
	for expected*8 > 5<<bits && bits < 31 {
		bits++
	}
	x.resize(bits)
	return x
}

func (x *index) resize(bits uint) {
	old := x.slots
	x.slots, x.shift = make([]uint64, 1<<bits), 32-bits
	for _, slot := range old {
		if slot != 0 {
			x.place(slot)
		}
	}
}

func (x *index) place(slot uint64) {
	mask := uint32(len(x.slots) - 1)
	for i := uint32(slot) >> x.shift; ; i = (i + 1) & mask {
		if x.slots[i] == 0 {
			x.slots[i] = slot
			return
		}
	}
}

func (x *index) tag(key []byte) uint32 { return uint32(maphash.Bytes(x.seed, key)) }

// add puts a row under a tag.
func (x *index) add(row int, tag uint32) {
	if x.used++; x.used*8 > len(x.slots)*5 {
		x.resize(32 - x.shift + 1)
	}
	x.place(uint64(row)<<32 | uint64(tag))
}

// find answers the first row with this tag that is confirmed.
func (x *index) find(tag uint32, confirm func(row int) (bool, error)) (int, error) {
	mask := uint32(len(x.slots) - 1)
	for i := tag >> x.shift; x.slots[i] != 0; i = (i + 1) & mask {
		if uint32(x.slots[i]) != tag {
			continue
		}
		row := int(x.slots[i] >> 32)
		if yes, err := confirm(row); yes || err != nil {
			return row, err
		}
	}
	return 0, nil
}
