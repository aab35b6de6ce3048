package vonage

import (
	"cmp"
	"encoding/json"
	"iter"
	"maps"
	"slices"

	"rosterload/loader/connector"
	policy "rosterload/transform/vonage"
)

// snapshot is what a later process of the run goes on from.
type snapshot struct {
	Foundation *template `json:"foundation"`
	Notes      notes     `json:"notes"`
}

// notes are agent IDs that the run has named or drawn: a later process makes up others. Runs of version 1 have none.
type notes struct {
	AgentIDs []string `json:"agent_ids"`
}

// Snapshot is the template, and the agent IDs of the run.
func (t *Target) Snapshot() ([]byte, error) {
	if t.planned != nil {
		t.spend(t.planned.IDs().Spent()...)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return json.MarshalIndent(snapshot{t.template, notes{slices.Sorted(maps.Keys(t.spent))}}, "", "  ")
}

// Restore takes the template that the run was planned on, and what runs of this home have made.
func (t *Target) Restore(text []byte, past iter.Seq2[connector.Outcome, error]) error {
	if len(text) > 0 {
		var s snapshot
		if err := json.Unmarshal(text, &s); err != nil {
			return err
		}
		t.template = s.Foundation
		t.spend(s.Notes.AgentIDs...)
	}
	for o, err := range past {
		if err != nil {
			return err
		}
		t.remember(o)
	}
	return nil
}

func (t *Target) spend(ids ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range ids {
		t.spent[policy.Canonical(id)] = true
	}
}

// made is what runs of this home have done for a Salesforce user.
type made struct {
	began  bool   // a create was sent
	userID string // VCC's answer, once it is known
	whole  bool   // everything was given and read back
}

// half tells whether an account is one of ours that still lacks something.
func (m made) half(a policy.Account) bool {
	return m.began && !m.whole && (m.userID == "" || m.userID == a.UserID)
}

// Codes of the steps that are on disk before the next begins.
const (
	stepTied     = "VCC_STEP_TIED"     // the agent ID stands in Salesforce
	stepCreating = "VCC_STEP_CREATING" // the create is about to be sent
	stepCreated  = "VCC_STEP_CREATED"  // VCC has the user, Ref is its id there
)

// remember takes in one step or outcome of a run of this home.
func (t *Target) remember(o connector.Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.made[o.User]
	switch {
	case o.State == connector.Step && o.Code == stepCreating:
		m.began = true
	case o.State == connector.Step && o.Code == stepCreated, o.State == connector.Refused && o.Code == "VCC_INCOMPLETE":
		m.began, m.userID = true, cmp.Or(o.Ref, m.userID)
	case o.State == connector.Accepted && m.began:
		m.whole = true
	case o.State == connector.Refused:
		m = made{}
	default:
		return
	}
	t.made[o.User] = m
}

func (t *Target) madeFor(id string) made {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.made[id]
}
