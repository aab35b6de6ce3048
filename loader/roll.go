package loader

import (
	"slices"

	"rosterload/transform"
	"rosterload/validate"
)

// roll holds, while a run is planned, what the org says of each row's user: 20 bytes a row and the ids.
type roll struct {
	screening *validate.Screening
	names     *names
	ids       ids
	place     []uint32 // by row: its holding + 1, 0: nobody found
	held      []holding
	several   map[int][]transform.Standing // rows whose key matched more than one user
	stray     int                          // standings nobody had asked for: a bulk query answers with the whole org
}

// holding is a standing without its text.
type holding struct {
	request, group, status uint32
	active                 bool
}

func newRoll(s *validate.Screening) *roll {
	r := &roll{screening: s, names: newNames(), place: make([]uint32, s.Rows+1), held: make([]holding, 0, s.Rows), several: map[int][]transform.Standing{}}
	r.ids.expect(s.Rows)
	return r
}

// found joins one standing to its row by key. Users of no row are let go.
func (r *roll) found(s transform.Standing) error {
	row, ok := r.screening.Find([]byte(s.User.Key))
	if !ok {
		r.stray++
		return nil
	}
	if r.place[row] == 0 {
		r.ids.add(s.ID)
		r.held = append(r.held, r.pack(s))
		r.place[row] = uint32(len(r.held))
		return nil
	}
	first := r.unpack(row, s.User)
	if len(r.several[row]) == 0 {
		r.several[row] = []transform.Standing{first}
	}
	if !slices.ContainsFunc(r.several[row], func(o transform.Standing) bool { return o.ID == s.ID }) {
		r.several[row] = append(r.several[row], s)
	}
	return nil
}

// standing is what is known of a row's user; without an ID nobody, or nobody certain, was found.
func (r *roll) standing(row int, u transform.User) transform.Standing {
	if r.place[row] == 0 {
		return transform.Standing{User: u}
	}
	if matches := r.several[row]; len(matches) > 1 {
		// The order in which the org names them must not decide anything: a resume asks again.
		slices.SortFunc(matches, func(a, b transform.Standing) int { return slices.Compare([]byte(a.ID), []byte(b.ID)) })
		return transform.Choose(matches)
	}
	return r.unpack(row, u)
}

// holders counts those of the roster who have a group.
func (r *roll) holders() int {
	n := 0
	for _, h := range r.held {
		if h.group != 0 {
			n++
		}
	}
	return n
}

func (r *roll) pack(s transform.Standing) holding {
	return holding{r.names.of(s.Request), r.names.of(s.Group), r.names.of(s.Status), s.Active}
}

func (r *roll) unpack(row int, u transform.User) transform.Standing {
	at := int(r.place[row] - 1)
	h := r.held[at]
	return transform.Standing{
		User: u, ID: string(r.ids.at(at)), Active: h.active,
		Request: r.names.text[h.request], Group: r.names.text[h.group], Status: r.names.text[h.status],
	}
}
