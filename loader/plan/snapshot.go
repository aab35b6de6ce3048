package plan

import (
	"maps"
	"slices"
	"strings"

	"rosterload/loader/changes"
	"rosterload/transform"
	"rosterload/validate"
)

// Snapshot holds, while a run is planned, what the org says of each row's user: 8 bytes a row and the ids.
type Snapshot struct {
	sightings
	screening *validate.Screening
	names     *changes.Names
	ids       changes.IDs
	place     []uint32 // by row: its standing + 1, 0: no user found
	held      []changes.Held
	several   map[int][]transform.Standing // rows whose key matched more than one user
}

// NewSnapshot is empty.
func NewSnapshot(s *validate.Screening) *Snapshot {
	n := &Snapshot{
		screening: s, names: changes.NewNames(), place: make([]uint32, s.Rows+1),
		held: make([]changes.Held, 0, s.Rows), several: map[int][]transform.Standing{},
	}
	n.ids.Expect(s.Rows)
	n.sightings = newSightings(s.Rows)
	return n
}

// join gives a standing to its row. A second one of a row is another user that the key fits.
func (n *Snapshot) join(row int, u transform.User, id string, h changes.Held) {
	if n.place[row] == 0 {
		n.ids.Add(id)
		n.held = append(n.held, h)
		n.place[row] = uint32(len(n.held))
		return
	}
	u.Key = strings.Clone(u.Key) // a piece of the page
	if len(n.several[row]) == 0 {
		n.several[row] = []transform.Standing{n.unpack(row, u)}
	}
	if !slices.ContainsFunc(n.several[row], func(o transform.Standing) bool { return o.ID == id }) {
		n.several[row] = append(n.several[row], n.names.Unpack(u, strings.Clone(id), h))
	}
}

// Found is how many rows have a user.
func (n *Snapshot) Found() int { return len(n.held) }

// HasAny tells whether any of these users stands in the snapshot.
func (n *Snapshot) HasAny(ids []string) bool {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	for i := range n.ids.Len() {
		if wanted[n.ids.At(i)] {
			return true
		}
	}
	for _, matches := range n.several { // the one that is meant may be any of them
		if slices.ContainsFunc(matches, func(s transform.Standing) bool { return wanted[s.ID] }) {
			return true
		}
	}
	return false
}

// Of is what is known of a request's user; without an ID no user, or no certain one, was found.
func (n *Snapshot) Of(r validate.Request) transform.Standing {
	return n.standing(r.Row(), transform.User{By: r.By(), Key: string(r.Key())})
}

func (n *Snapshot) standing(row int, u transform.User) transform.Standing {
	if n.place[row] == 0 {
		return transform.Standing{User: u}
	}
	if matches := n.several[row]; len(matches) > 1 {
		// The order in which the org names them must not decide anything: a resume asks again.
		slices.SortFunc(matches, func(a, b transform.Standing) int {
			return slices.Compare([]byte(a.ID),
				[]byte(b.ID))
		})
		return transform.Choose(matches)
	}
	return n.unpack(row, u)
}

// holders counts those of the roster who have a group, each match of a row for itself.
func (n *Snapshot) holders() int {
	count := 0
	for _, h := range n.held {
		if n.names.Group(h) != "" {
			count++
		}
	}
	for row, matches := range n.several {
		if n.names.Group(n.held[n.place[row]-1]) != "" {
			count-- // it is one of the matches
		}
		for _, m := range matches {
			if m.Group != "" {
				count++
			}
		}
	}
	return count
}

// Groups are those that users of the roster hold.
func (n *Snapshot) Groups() []string {
	held, groups := map[changes.Held]bool{}, map[string]bool{}
	for _, h := range n.held {
		held[h] = true
	}
	for h := range held {
		groups[n.names.Group(h)] = true
	}
	delete(groups, "")
	return slices.Sorted(maps.Keys(groups))
}

// mostUnheld bounds how many groups are named, and asked for.
const mostUnheld = 20

// unheld are those of the wanted groups that no user of the roster holds.
func (n *Snapshot) unheld(wanted map[string]bool) []string {
	rest := maps.Clone(wanted)
	for _, group := range n.Groups() {
		delete(rest, group)
	}
	names := slices.Sorted(maps.Keys(rest))
	return names[:min(len(names), mostUnheld)]
}

func (n *Snapshot) unpack(row int, u transform.User) transform.Standing {
	at := int(n.place[row] - 1)
	return n.names.Unpack(u, n.ids.At(at), n.held[at])
}
