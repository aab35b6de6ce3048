package vonage

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"rosterload/loader/connector"
	"rosterload/transform"
	"rosterload/validate"
)

// person is a Salesforce user.
type person struct {
	ID, Username, Name, Email, Phone, CallCenter, AgentID string
	Active                                                bool
}

var personFields = []string{"Id", "Username", "Name", "Email", "Phone", "CallCenterId", "IsActive", agentField}

func personOf(row []string) person {
	return person{ID: validate.UserID(row[0]), Username: row[1], Name: row[2], Email: row[3], Phone: strings.TrimSpace(row[4]), CallCenter: row[5], Active: row[6] == "true", AgentID: strings.TrimSpace(row[7])}
}

// world is what both systems hold of everybody, and not only of the roster: who is called what, and which agent IDs are taken.
type world struct {
	accounts map[string]account  // by username in lower case
	agents   int                 // licences in use
	active   int                 // accounts that are not archived
	taken    map[string][]holder // by canonical agent ID
	centers  map[string][]string // names of a call center, by its id
}

// holder has an agent ID.
type holder struct{ system, username string }

// Look reports how the users stand in both systems. It reads all of VCC each time: an account may be in the way of another.
func (t *Target) Look(ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) error {
	keys, by := []string{}, "Id"
	for u := range users {
		by = u.By
		keys = append(keys, u.Key)
	}
	if len(keys) == 0 {
		return nil
	}
	if err := t.survey(ctx); err != nil {
		return err
	}
	spell := rules.KeyOf(by)
	fields := personFields
	if !slices.Contains(fields, by) {
		fields = append(slices.Clone(fields), by)
	}
	at := slices.Index(fields, by)
	return t.org.QueryIn(ctx, fields, "User", by, keys, func(row []string) error {
		key, fault := spell(nil, []byte(row[at]))
		if fault != nil || len(key) == 0 {
			return nil // somebody without this key is nobody's
		}
		p := personOf(row)
		t.people[p.ID], t.ids[string(key)] = p, p.ID
		return found(t.standing(transform.User{By: by, Key: string(key)}, p))
	})
}

// survey reads what both systems hold.
func (t *Target) survey(ctx context.Context) error {
	w := &world{accounts: map[string]account{}, taken: map[string][]holder{}, centers: map[string][]string{}}
	if err := t.wire.all(ctx, w.addAccount); err != nil {
		return fmt.Errorf("VCC users: %w", err)
	}
	err := t.org.Query(ctx, []string{"Username", agentField}, "SELECT Username, "+agentField+" FROM User WHERE "+agentField+" != null", func(row []string) error {
		w.take(row[1], holder{"Salesforce", row[0]})
		return nil
	})
	if err != nil {
		return fmt.Errorf("agent IDs in Salesforce: %w", err)
	}
	// Names of call centers only help to compare a statement; an org that does not show them is no trouble.
	_ = t.org.Query(ctx, []string{"Id", "Name", "InternalName"}, "SELECT Id, Name, InternalName FROM CallCenter", func(row []string) error {
		w.centers[row[0]] = []string{row[0], row[1], row[2]}
		return nil
	})
	t.world = w
	return nil
}

func (w *world) addAccount(a account) {
	w.accounts[strings.ToLower(a.Username)] = a
	w.take(a.AgentID, holder{"VCC", a.Username})
	if a.Active {
		w.active++
	}
	if a.takesLicence() {
		w.agents++
	}
}

func (w *world) take(id string, by holder) {
	if id != "" {
		w.taken[canonical(id)] = append(w.taken[canonical(id)], by)
	}
}

// others are those who hold an agent ID besides this person in either system.
func (w *world) others(id string, p person) []holder {
	return slices.DeleteFunc(slices.Clone(w.taken[canonical(id)]), func(h holder) bool { return strings.EqualFold(h.username, p.Username) })
}

// What a standing's status says.
const (
	statusCreated    = "created"
	statusIncomplete = "created_incomplete"
	statusArchived   = "archived"
)

// plainMark is the value of somebody who has an account and takes no agent ID.
const plainMark = "(supervisor)"

// undrawn is the value of somebody who would have been given an agent ID, had he not failed before.
const undrawn = "(to be generated)"

// standing: the request is what VCC holds and is complete, so that an account of ours that is half made counts as not asked for yet.
func (t *Target) standing(u transform.User, p person) transform.Standing {
	s := transform.Standing{User: u, ID: p.ID, Active: p.Active}
	a, there := t.world.accounts[strings.ToLower(p.Username)]
	switch {
	case !there:
	case !a.Active:
		s.Status = statusArchived
	case t.oursIs(p.ID).half(a):
		s.Status, s.Group = statusIncomplete, a.AgentID
	default:
		s.Status, s.Group, s.Request = statusCreated, a.AgentID, a.AgentID
		if a.AgentID == "" {
			s.Request = plainMark
		}
	}
	return s
}

// made is what runs of this home have done for a Salesforce user.
type made struct {
	began  bool   // a create was sent
	userID string // VCC's answer, once it is known
	whole  bool   // everything was given and read back
}

// half tells whether an account is one of ours that lacks something still.
func (m made) half(a account) bool {
	return m.began && !m.whole && (m.userID == "" || m.userID == a.UserID)
}

// Codes of the steps that are on disk before the next begins.
const (
	stepTied     = "VCC_STEP_TIED"     // the agent ID stands in Salesforce
	stepCreating = "VCC_STEP_CREATING" // the create is about to be sent
	stepCreated  = "VCC_STEP_CREATED"  // VCC has the user, Ref is his id there
)

// Remember takes in what runs of this home have done.
func (t *Target) Remember(_ string, o connector.Outcome) {
	m := t.ours[o.User]
	switch {
	case o.State == connector.Step && o.Code == stepCreating:
		m.began = true
	case o.State == connector.Step && o.Code == stepCreated:
		m.began, m.userID = true, o.Ref
	case o.State == connector.Refused && o.Code == "VCC_INCOMPLETE":
		m.began, m.userID = true, o.Ref
	case o.State == connector.Accepted && m.began:
		m.whole = true
	case o.State == connector.Refused:
		m = made{}
	default:
		return
	}
	t.ours[o.User] = m
}
