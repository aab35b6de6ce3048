package groove

import (
	"slices"
	"strings"

	policy "rosterload/transform/groove"
	"rosterload/validate"
)

// exportColumns are the headings of Groove's export, folded, by what they hold, the surest first. Their order and their
// presence are not promised.
var exportColumns = map[string][]string{
	"name": {"name"}, "email": {"email"}, "id": {"salesforceid", "id"}, "status": {"status"},
	policy.Core: {"corelicense"}, policy.Flow: {"flowlicense", "flowunlimitedlicense"},
	policy.Dialer: {"dialerlicense"},
	policy.SMS:    {"smslicense"}, policy.Intelligence: {"conversationintelligencelicense"},
	"teams": {"teams"}, "role": {"role"}, "flow_enabled": {"flowenabled"}, "email_throttle": {"emailthrottling", "emailthrottle"},
	"sync": {"email/calendarsync", "emailcalendarsync", "sync"}, "call_recording": {"callrecording"},
}

// export is Groove's users page as it was exported.
type export struct {
	at     map[string]int // the column of what is known, by its name; the first of several
	rows   [][]string
	seen   []bool         // rows that a line of the roster led to
	byID   map[string]int // rows by Salesforce id, and by e-mail
	byMail map[string]int
}

// readExport takes any file: columns that are not there are not compared.
func readExport(records [][]string) *export {
	e := &export{at: map[string]int{}, byID: map[string]int{}, byMail: map[string]int{}}
	if len(records) == 0 {
		return e
	}
	e.rows, e.seen = records[1:], make([]bool, len(records)-1)
	for what, headings := range exportColumns {
		for _, heading := range slices.Backward(headings) {
			if i := slices.IndexFunc(records[0], func(h string) bool { return policy.Folded(h) == heading }); i >= 0 {
				e.at[what] = i
			}
		}
	}
	for row := range e.rows {
		if id, _ := e.cell(row, "id"); id != "" {
			e.byID[validate.UserID(id)] = row
		}
		if mail, _ := e.cell(row, "email"); mail != "" {
			e.byMail[folded(mail)] = row
		}
	}
	return e
}

func folded(mail string) string {
	key, _ := validate.FoldKey(nil, []byte(mail)) // it finds no fault
	return string(key)
}

// cell is what a row says of something; ok is false where the export has no such column.
func (e *export) cell(row int, what string) (text string, ok bool) {
	i, ok := e.at[what]
	if !ok || i >= len(e.rows[row]) {
		return "", ok
	}
	return strings.TrimSpace(e.rows[row][i]), true
}

// find is the row of a user, by id and else by e-mail; -1 when there is none. A row with the id of another user is that
// user's, whatever its e-mail.
func (e *export) find(p person) int {
	if row, there := e.byID[p.ID]; there {
		return row
	}
	row, there := e.byMail[folded(p.email)]
	if !there || p.email == "" {
		return -1
	}
	id, _ := e.cell(row, "id")
	if _, notOne := validate.SalesforceID("005")(nil, []byte(id)); notOne == nil {
		return -1
	}
	return row
}
