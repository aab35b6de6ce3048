// Package terms is what decides about a roster besides its flags: what a feed's words mean, which groups it owns, who
// is protected, what is expected. It is sealed with the run, so that a resume decides the same. It asks no org and
// reads no config.
package terms

import (
	"encoding/json"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"rosterload/transform"
	"rosterload/validate"
)

// Terms are in force for one run. Their JSON is the sealed file.
type Terms struct {
	Full       bool              `json:"full,omitempty"` // the file names all users who should have a group
	OwnsAll    bool              `json:"owns_all,omitempty"`
	Owns       []string          `json:"owns,omitempty"` // groups that may be assigned and taken away; none and not all: any
	TakeOver   bool              `json:"take_over,omitempty"`
	Values     map[string]string `json:"values,omitempty"` // HR's word and the group, blank for a removal
	ValuesFold bool              `json:"values_fold,omitempty"`
	Rules      []Rule            `json:"rules,omitempty"`
	Protect    []string          `json:"protect,omitempty"` // keys of users that no run changes
	Expect     Expect            `json:"expect,omitzero"`
	Unknown    Unknown           `json:"unknown,omitzero"`
	Approval   Approval          `json:"approval,omitzero"`
}

// Approval is when a second person must sign, and who may.
type Approval struct {
	Removals int    `json:"removals,omitempty"` // more within a day; 0: the number does not matter
	Changes  int    `json:"changes,omitempty"`  // likewise
	Signers  string `json:"signers,omitempty"`  // the text of the allowed_signers file
}

// Expect is what the file should be like.
type Expect struct {
	Least  int    `json:"least,omitempty"`  // rows
	Most   int    `json:"most,omitempty"`   // rows, 0: any number
	Change string `json:"change,omitempty"` // share of the holders who may be changed
	New    bool   `json:"new,omitempty"`    // not the bytes of an earlier delivery
	Rising bool   `json:"rising,omitempty"` // a name behind that of the last delivery
}

// Unknown is what lines whose user is not known do to the absent, in full mode.
type Unknown struct {
	Hold bool `json:"hold,omitempty"`
	Most int  `json:"most,omitempty"` // so many are tolerated
}

// The reason codes of feeds.
const (
	CodeUnknownValue = "FEED_UNKNOWN_VALUE"
	CodeRule         = "FEED_RULE"
	CodeNoRule       = "FEED_NO_RULE"
	CodeNotOwned     = "FEED_NOT_OWNED"
	CodeProtected    = "FEED_PROTECTED"
	CodeAbsentUnsure = "FEED_ABSENT_UNSURE"
)

// Seal spells terms for the run's folder.
func (t *Terms) Seal() ([]byte, error) { return json.MarshalIndent(t, "", " ") }

// Unseal reads them.
func Unseal(data []byte) (*Terms, error) {
	t := &Terms{}
	return t, json.Unmarshal(data, t)
}

// Restricts tells whether only some groups are the feed's.
func (t *Terms) Restricts() bool { return t != nil && !t.OwnsAll && len(t.Owns) > 0 }

// OwnsGroup tells whether a group is the feed's. No group at all belongs to every feed.
func (t *Terms) OwnsGroup(name string) bool {
	return !t.Restricts() || name == "" || slices.ContainsFunc(t.Owns,
		func(own string) bool { return norm.NFC.String(own) == norm.NFC.String(name) })
}

// Judge says what the terms say of a request before the policy is asked. ok: the policy decides.
func (t *Terms) Judge(value string, s transform.Standing, protected bool) (v transform.Verdict, ok bool) {
	switch {
	case t == nil || !s.Found():
		return v, true
	case protected:
		return transform.Verdict{
			Word: transform.Skipped, Code: CodeProtected,
			Reason: "the user is protected: no run of this feed changes it",
		}, false
	case !t.OwnsGroup(value):
		return t.notOwned("the feed does not own the group "+value, value), false
	case !t.TakeOver && !t.OwnsGroup(s.Group):
		return t.notOwned("the user holds the group "+s.Group+", which the feed does not own", ""), false
	case !t.TakeOver && !t.OwnsGroup(s.Request):
		return t.notOwned("the group "+s.Request+" is requested for the user, which the feed does not own", ""), false
	}
	return v, true
}

func (t *Terms) notOwned(reason, asked string) transform.Verdict {
	if near := validate.Near(asked, t.Owns); asked != "" && len(near) > 0 {
		reason += "; near it: " + strings.Join(near, ", ")
	}
	return transform.Verdict{Word: transform.Failed, Code: CodeNotOwned, Reason: reason, Next: transform.AskAdmin}
}
