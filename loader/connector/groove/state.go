package groove

import (
	"encoding/json"
	"iter"
	"maps"

	"rosterload/loader/connector"
	policy "rosterload/transform/groove"
)

// snapshot is what a later process of the run goes on from.
type snapshot struct {
	Foundation *carriers `json:"foundation"`
	Notes      notes     `json:"notes"`
	// Past is what earlier runs had left of these users when the run was planned; a later run goes on from it, also
	// when those are pruned.
	Past map[string]policy.Past `json:"past,omitempty"`
}

// notes are of users by Salesforce id: what attachments say of them.
type notes struct {
	People map[string][3]string `json:"people"` // username, name, e-mail
	Seats  map[string][2]string `json:"seats"`  // of inactive users, who may be in no line: username, id of the seat
}

// Snapshot is the carriers, everyone who was looked at, and the seats that may be taken back.
func (t *Target) Snapshot() ([]byte, error) {
	n := notes{map[string][3]string{}, map[string][2]string{}}
	for id, p := range t.people {
		n.People[id] = [3]string{p.username, p.name, p.email}
	}
	for id, s := range t.stale {
		n.Seats[id] = [2]string{s.Username, s.ID}
	}
	past := maps.Clone(t.past)
	maps.DeleteFunc(past, func(id string, _ policy.Past) bool {
		_, looked := t.people[id]
		return !looked
	})
	return json.MarshalIndent(snapshot{t.carriers, n, past}, "", "  ")
}

// Restore takes the carriers that the run was planned on, and the names of its users. What earlier runs did does not
// matter.
func (t *Target) Restore(text []byte, _ iter.Seq2[connector.Outcome, error]) error {
	if len(text) == 0 {
		return nil
	}
	var s snapshot
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	t.carriers = s.Foundation
	for id, p := range s.Notes.People {
		t.people[id] = person{Person: policy.Person{ID: id}, username: p[0], name: p[1], email: p[2]}
	}
	for id, seat := range s.Notes.Seats {
		t.stale[id] = policy.Seat{ID: seat[1], Username: seat[0], Inactive: true}
	}
	maps.Copy(t.past, s.Past)
	return nil
}

// Recall takes in what one run has left on trust, and what exports have shown of it.
func (t *Target) Recall(
	text []byte, left iter.Seq2[connector.Left, error], seen iter.Seq2[connector.Seen, error],
) error {
	if len(text) > 0 {
		var s snapshot
		if err := json.Unmarshal(text, &s); err != nil {
			return err
		}
		maps.Copy(t.past, s.Past)
	}
	for l, err := range left {
		if err != nil {
			return err
		}
		t.past[l.User] = t.past[l.User].Left(l.Value, l.Sent, l.Pending)
	}
	for s, err := range seen {
		if err != nil {
			return err
		}
		t.past[s.User] = t.past[s.User].Seen(s.Value, s.Asked, s.Shown, s.Worked)
	}
	return nil
}
