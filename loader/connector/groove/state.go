package groove

import (
	"encoding/json"
	"iter"

	"rosterload/loader/connector"
	policy "rosterload/transform/groove"
)

// snapshot is what a later process of the run goes on from.
type snapshot struct {
	Foundation *carriers `json:"foundation"`
	Notes      notes     `json:"notes"`
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
	return json.MarshalIndent(snapshot{t.carriers, n}, "", "  ")
}

// Restore takes the carriers that the run was planned on, and the names of its users. What earlier runs did does not matter.
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
	return nil
}
