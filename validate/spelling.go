// Package validate reads rosters: it cuts a file into lines, and says of each line what it asks for, or why it can
// ask for nothing.
//
// It knows no org. How a connector spells columns, keys, values and blanks is handed in as Spelling.
package validate

import "slices"

// Spelling is how a connector spells columns, keys, values and blanks; syntax only.
type Spelling struct {
	Users         []UserColumn
	Values        []string // headings of the value column; case, blanks, underscores and __c do not count
	Nothing       []string // cells that ask for nothing, besides blank ones: "#N/A"
	Blank         string   // what a blank value cell means by default: Remove, Ignore, Reject or Keep
	MaxValue      int      // longest value in characters, 0: no limit here
	ValueOptional bool     // a roster with a user column alone is a good one
	// Statements are further columns that the connector reads: what a line says of its user besides the value.
	Statements []Statement
	// StatementsAlone: a line with a blank value that makes statements is about those, and is not left out as blank.
	StatementsAlone bool
	// Interpret reads what a line asks for where its value cell does not say it all, and spells the value. Nil: the
	// cell is the value, and a line without one asks for nothing. The caller adds the line to a fault's reason.
	Interpret func(w ValueCells) (value []byte, removal bool, f *Fault)
}

// Statement is a column that a connector reads besides user and value.
type Statement struct {
	Name     string   // the connector's word for it
	Headings []string // headings recognised for it
}

// ValueCells is what a line with more than a value says.
type ValueCells struct {
	Value   []byte // blanks at the ends aside; empty for a blank cell, or one that says nothing in words
	Nothing bool   // it says nothing in words: "#N/A"
	Blank   bool   // it is blank, and a blank removes
	Said    func(name string) string
}

// What a blank value cell, or one that says nothing in words, may mean.
const (
	Remove = "remove"
	Ignore = "ignore"
	Reject = "reject"
	Keep   = "keep" // what is there already, or is found another way: a blank is never a removal
)

// Which of several lines for one user counts.
const (
	First = "first"
	Last  = "last"
)

// UserColumn is one way of naming users.
type UserColumn struct {
	By       string   // the org's word for it: "Username"
	Headings []string // headings recognised for it
	Key      KeyFunc
}

// Options is what the admin decides for one roster.
type Options struct {
	User           string // heading of the user column, where the known ones do not decide
	Group          string // heading of the value column
	Blank          string // Remove, Ignore or Reject; empty: as the spelling says
	NA             string // Remove or Reject
	Duplicates     string // Reject, First or Last
	UsernameSuffix string // added to each username
	MayBeEmpty     bool   // a file without a header is a roster without columns and rows, not ErrEmpty
	// Meaning says what a line asks for in other words than the value cell's. Nil: the cell is what is asked.
	Meaning Meaning
	// NoValue: what a line asks for stands in other columns, and no value column is looked for.
	NoValue bool
}

// Meaning makes a reader for a header. Its error is a *RosterError: the file does not fit.
type Meaning func(header []string) (Reader, error)

// Reader says what a line asks for. cell is a column's text, blanks at the ends aside; value is that of the value
// column, and nothing tells that it is blank or a word for nothing, which keep their meaning unless known. known: said
// is asked for, blank for a removal. The caller adds the line to a fault's reason. It may be called by several
// goroutines.
type Reader func(cell func(column int) []byte, value []byte, nothing bool) (said []byte, known bool, f *Fault)

// KeyOf spells the keys of users who are named by such a column.
func (r Spelling) KeyOf(by string) KeyFunc {
	for _, u := range r.Users {
		if u.By == by {
			return u.Key
		}
	}
	return TextKey
}

// usernames is the column of usernames, or the first there is.
func (r Spelling) usernames() *UserColumn {
	return &r.Users[max(0, slices.IndexFunc(r.Users, func(u UserColumn) bool { return u.By == "Username" }))]
}
