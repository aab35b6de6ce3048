package connector

// Mark is how a check ended.
type Mark string

// The four marks of a check. What the org does not let us ask is NotChecked, never Fail.
const (
	Pass       Mark = "pass"
	Warn       Mark = "warn"
	Fail       Mark = "fail"
	NotChecked Mark = "not checked"
)

// Finding is one line of what a check saw.
type Finding struct {
	Subject string `json:"subject,omitempty"` // whose: a user's name; empty: the org's or our own
	Type    string `json:"type,omitempty"`    // what sort of user, where the connector has sorts
	Mark    Mark   `json:"state"`
	Check   string `json:"check"` // what was looked at: "sign-in", "API Enabled"
	Saw     string `json:"found"` // what was seen, in words
	Cure    string `json:"cure,omitempty"`
	// Rights is set when a failure is one of our own sign-in, rights or licence: exit 3 instead of 4.
	Rights bool `json:"-"`
	// Setting is set when a failure is a mistake in rosterload.yaml or in a flag: a load ends with exit 2.
	Setting bool `json:"-"`
}
