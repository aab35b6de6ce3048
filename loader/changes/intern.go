package changes

import (
	"strings"

	"rosterload/transform"
)

// Names keeps what orgs say of users once, under numbers: values, and request, group, status and active together. Orgs
// have few of them however many users they have.
type Names struct {
	text   []string
	number map[string]uint32
	held   []held
	as     map[held]Held
}

// Held is the number of what an org says of a user; 0: it has said nothing.
type Held uint32

type held struct {
	request, group, status string
	active                 bool
}

// NewNames knows the empty text, as 0.
func NewNames() *Names {
	return &Names{
		text: []string{""}, number: map[string]uint32{"": 0}, held: []held{{}}, as: map[held]Held{{}: 0},
	}
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

// Pack keeps what a standing says; the user is left out.
func (n *Names) Pack(s transform.Standing) Held { return n.pack(said(s)) }

func said(s transform.Standing) held { return held{s.Request, s.Group, s.Status, s.Active} }

func (n *Names) pack(h held) Held {
	if i, ok := n.as[h]; ok {
		return i
	}
	h = held{n.kept(h.request), n.kept(h.group), n.kept(h.status), h.active}
	i := Held(len(n.held))
	n.held, n.as[h] = append(n.held, h), i
	return i
}

func (n *Names) kept(text string) string { return n.Text(n.Of(text)) }

// Unpack makes a standing of a user of it.
func (n *Names) Unpack(u transform.User, id string, i Held) transform.Standing {
	h := &n.held[i]
	return transform.Standing{
		User: u, ID: id, Active: h.active, Request: h.request, Group: h.group, Status: h.status,
	}
}

// Group is the group that is held.
func (n *Names) Group(i Held) string { return n.held[i].group }

// request is the request that is stored.
func (n *Names) request(i Held) string { return n.held[i].request }

// differ tells whether the org's answer, group or status, is another one.
func (n *Names) differ(a, b Held) bool {
	return n.held[a].status != n.held[b].status || n.held[a].group != n.held[b].group
}
