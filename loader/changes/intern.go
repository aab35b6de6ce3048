package changes

import (
	"strings"

	"rosterload/transform"
)

// Names keeps each group name or status once, under a number. Orgs have few of them however many users they have.
type Names struct {
	text   []string
	number map[string]uint32
}

// NewNames knows the empty text, as 0.
func NewNames() *Names {
	return &Names{text: []string{""}, number: map[string]uint32{"": 0}}
}

// Of is the number of a text.
func (n *Names) Of(text string) uint32 {
	if i, ok := n.number[text]; ok {
		return i
	}
	text = strings.Clone(text) // the caller's string may be a piece of a large page
	i := uint32(len(n.text))
	n.text, n.number[text] = append(n.text, text), i
	return i
}

// IDs keeps org IDs one after the other. As long as all of them have one length, as in most orgs, an id costs that
// length and nothing else. An id that is asked for is a piece of what is kept, and no copy.
type IDs struct {
	text  strings.Builder
	width int      // of every id so far
	ends  []uint32 // nil while all have one width
	count int
}

// Expect makes room for so many IDs of 18 characters, so that nothing has to be moved while they come in.
func (s *IDs) Expect(count int) { s.text.Grow(18 * count) }

// Add puts an id at the end and returns its place.
func (s *IDs) Add(id string) int {
	if s.count == 0 {
		s.width = len(id)
	}
	if s.ends == nil && len(id) != s.width {
		for i := range s.count {
			s.ends = append(s.ends, uint32((i+1)*s.width))
		}
	}
	s.text.WriteString(id)
	if s.ends != nil {
		s.ends = append(s.ends, uint32(s.text.Len()))
	}
	s.count++
	return s.count - 1
}

// At is the id at a place.
func (s *IDs) At(i int) string {
	if s.ends == nil {
		return s.text.String()[i*s.width : (i+1)*s.width]
	}
	begin := uint32(0)
	if i > 0 {
		begin = s.ends[i-1]
	}
	return s.text.String()[begin:s.ends[i]]
}

// Len is how many there are.
func (s *IDs) Len() int { return s.count }

// Text is what stands under a number.
func (n *Names) Text(i uint32) string { return n.text[i] }

// Packed is a standing without its text.
type Packed struct {
	Request, Group, Status uint32
	Active                 bool
}

// Pack keeps the texts of a standing.
func (n *Names) Pack(s transform.Standing) Packed {
	return Packed{n.Of(s.Request), n.Of(s.Group), n.Of(s.Status), s.Active}
}

// Unpack makes a standing of a user of it.
func (n *Names) Unpack(u transform.User, id string, p Packed) transform.Standing {
	return transform.Standing{
		User: u, ID: id, Active: p.Active, Request: n.text[p.Request], Group: n.text[p.Group],
		Status: n.text[p.Status],
	}
}
