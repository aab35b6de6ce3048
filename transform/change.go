// Package transform holds the words that a roster's row goes by between the reader and the org: user, standing, change,
// job, batch, verdict, and the interface of the policies, which do the thinking. It holds no connection and writes no
// file.
package transform

// User names a person: by a column of the roster, or, where By is "Id", by the org's own id.
type User struct {
	By  string // "Id", "Username", "Email", "FederationIdentifier", "EmployeeNumber"
	Key string // canonical, as validate spells it
}

// Change is all that may be asked of an org: one user, one value of the request field. An empty value asks for nothing,
// a removal. There is no third field on purpose: what cannot be said cannot be written.
type Change struct {
	User  string // the org's id
	Value string // the request field's new value, in the org's spelling
}
