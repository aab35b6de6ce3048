// Package transform turns sound requests into changes: it decides what each user needs, splits removals from upserts, and judges what became of them.
//
// It holds no connection and writes no file. A row is a request when it arrives here and a change, or a verdict, when it leaves.
package transform

// User names a person: by a column of the roster, or, where By is "Id", by the org's own id.
type User struct {
	By  string // "Id", "Username", "Email", "FederationIdentifier", "EmployeeNumber"
	Key string // canonical, as validate spells it
}

// Standing is what the org holds of one user now.
type Standing struct {
	User    User   // as it was asked for; the same Key in the same spelling
	ID      string // the org's id, canonical (Salesforce: 18 characters)
	Active  bool
	Request string // the request field as stored, "" for nothing
	Group   string // what the user really holds, "" for nothing
	Status  string // the provisioning status, raw
	// Others is how many further users matched the same key. Look reports each match; the loader counts.
	Others int
	// Holders is how many of all matches hold a group or have a request stored.
	Holders int
	Extra   any // owned by the kind, for one run only
}

// Found tells whether the org knows the user at all.
func (s Standing) Found() bool { return s.ID != "" }

// Change is all that may be asked of an org: one user, one value of the request field. An empty value asks for nothing, a removal.
// There is no third field on purpose: what cannot be said cannot be written.
type Change struct {
	User  string // the org's id
	Value string // the request field's new value, in the org's spelling
}

// Job says in which of the two jobs a change travels. They are never mixed, and removals are over before the first upsert leaves.
type Job string

// The jobs of a run, in the order in which they run.
const (
	None     Job = ""
	Removals Job = "removals"
	Upserts  Job = "upserts"
)

// Jobs are the two jobs in the order in which they run.
var Jobs = []Job{Removals, Upserts}
