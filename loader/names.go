package loader

import "strings"

// names keeps each group name or status once, under a number. Orgs have few of them however many users they have.
type names struct {
	text   []string
	number map[string]uint32
}

func newNames() *names {
	return &names{text: []string{""}, number: map[string]uint32{"": 0}}
}

func (n *names) of(text string) uint32 {
	if i, ok := n.number[text]; ok {
		return i
	}
	text = strings.Clone(text) // the caller's string may be a piece of a large page
	i := uint32(len(n.text))
	n.text, n.number[text] = append(n.text, text), i
	return i
}

// ids keeps org ids one after the other. As long as all of them have one length, as in most orgs, an id costs that length and nothing else.
type ids struct {
	bytes []byte
	width int      // of every id so far
	ends  []uint32 // nil while all have one width
	count int
}

// expect makes room for so many ids of 18 characters, so that nothing has to be moved while they come in.
func (s *ids) expect(count int) { s.bytes = make([]byte, 0, 18*count) }

func (s *ids) add(id string) int {
	if s.count == 0 {
		s.width = len(id)
	}
	if s.ends == nil && len(id) != s.width {
		for i := range s.count {
			s.ends = append(s.ends, uint32((i+1)*s.width))
		}
	}
	s.bytes = append(s.bytes, id...)
	if s.ends != nil {
		s.ends = append(s.ends, uint32(len(s.bytes)))
	}
	s.count++
	return s.count - 1
}

func (s *ids) at(i int) []byte {
	if s.ends == nil {
		return s.bytes[i*s.width : (i+1)*s.width]
	}
	begin := uint32(0)
	if i > 0 {
		begin = s.ends[i-1]
	}
	return s.bytes[begin:s.ends[i]]
}

func (s *ids) len() int { return s.count }
