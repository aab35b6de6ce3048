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

// ids keeps org ids one after the other: 22 bytes each for Salesforce's 18 characters.
type ids struct {
	bytes []byte
	ends  []uint32
}

func (s *ids) add(id string) int {
	s.bytes = append(s.bytes, id...)
	s.ends = append(s.ends, uint32(len(s.bytes)))
	return len(s.ends) - 1
}

func (s *ids) at(i int) []byte {
	begin := uint32(0)
	if i > 0 {
		begin = s.ends[i-1]
	}
	return s.bytes[begin:s.ends[i]]
}

func (s *ids) len() int { return len(s.ends) }
