package plan

import (
	"slices"

	"rosterload/loader/changes"
	"rosterload/transform"
)

// sightings are standings on their way to their rows. A key that fits a row by its hash is confirmed by reading the
// row's line, and an org names its users in another order than HR: a page of them is confirmed together, in the order
// of the file, so that one read serves several.
type sightings struct {
	most  int // of a page: an eighth of the rows, so that the file is walked some eight times, or of ten million 40 times
	by    string
	text  []byte // keys and ids, one after the other
	page  []sighting
	order []uint64 // guess<<32 | place in page
}

// leastSightings are confirmed together however small the roster is, and mostSightings, which take 20 MiB, however large.
const (
	leastSightings = 1 << 12
	mostSightings  = 1 << 18
)

type sighting struct {
	key, id int // where they end in text
	held    changes.Held
}

func newSightings(rows int) sightings {
	most := min(max(leastSightings, rows/8), mostSightings)
	room := min(most, rows)
	return sightings{
		most: most, text: make([]byte, 0, 48*room), page: make([]sighting, 0, room),
		order: make([]uint64, 0, room),
	}
}

// See takes in one standing; Join must follow the last. Users of no row are skipped: a bulk query answers with the
// whole org.
func (n *Snapshot) See(s transform.Standing) error {
	guess := n.screening.Guess(s.User.Key)
	if guess == 0 {
		return nil
	}
	n.by = s.User.By
	n.order = append(n.order, uint64(guess)<<32|uint64(len(n.page)))
	n.text = append(n.text, s.User.Key...)
	key := len(n.text)
	n.text = append(n.text, s.ID...)
	n.page = append(n.page, sighting{key, len(n.text), n.names.Pack(s)})
	if len(n.page) < n.most {
		return nil
	}
	return n.joinPage()
}

// Join gives the last standings to their rows.
func (n *Snapshot) Join() error {
	err := n.joinPage()
	n.sightings = sightings{most: n.most}
	return err
}

// Seen is how many standings have come that fit a row.
func (n *Snapshot) Seen() int { return len(n.held) + len(n.page) }

func (n *Snapshot) joinPage() error {
	slices.Sort(n.order)
	text := string(n.text)
	for _, o := range n.order {
		i, begin := int(uint32(o)), 0
		if i > 0 {
			begin = n.page[i-1].id
		}
		s := n.page[i]
		u := transform.User{By: n.by, Key: text[begin:s.key]}
		row, ok, err := n.screening.Confirm(int(o>>32), n.text[begin:s.key])
		if err != nil {
			return err
		}
		if ok {
			n.join(row, u, text[s.key:s.id], s.held)
		}
	}
	n.text, n.page, n.order = n.text[:0], n.page[:0], n.order[:0]
	return nil
}
