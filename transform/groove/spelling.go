package groove

import (
	"fmt"
	"strings"

	"rosterload/transform"
	"rosterload/validate"
)

// UsualField is the field of User that Groove reads. Source: Groove, "Manage Groove Licenses Directly in Salesforce".
const UsualField = "Groove_Assigned_Licenses__c"

// Nothing is the word for no licences, in a roster and in a sealed file.
const Nothing = "#N/A"

// Spelling is how rosters of Groove licences are spelled.
var Spelling = validate.Spelling{
	Users: []validate.UserColumn{
		{By: "Id", Headings: []string{"Id", "Salesforce ID", "User ID"}, Key: validate.SalesforceID("005")},
		{By: "Username", Headings: []string{"salesforce_username", "Username", "User Name", "User"}, Key: validate.FoldKey},
		{By: "Email", Headings: []string{"Email", "E-mail"}, Key: validate.FoldKey},
	},
	Values:          []string{"licenses", "licences", UsualField},
	Nothing:         []string{Nothing, "-"},
	Blank:           validate.Ignore,
	ValueOptional:   true,
	Statements:      statements(),
	StatementsAlone: true,
	Interpret:       interpret,
}

// yesColumns are the licences as Groove's own export spells them.
var yesColumns = []struct{ name, licence string }{
	{"core_license", Core},
	{"flow_license", Flow},
	{"dialer_license", Dialer},
	{"sms_license", SMS},
}

func statements() []validate.Statement {
	var all []validate.Statement
	for _, c := range yesColumns {
		all = append(all, validate.Statement{Name: c.name, Headings: []string{c.name}})
	}
	further := map[string]string{"email_throttle": "Email Throttling", "sync": "Email/Calendar Sync"}
	for _, s := range Settings {
		headings := []string{s.Name}
		if heading, there := further[s.Name]; there {
			headings = append(headings, heading)
		}
		all = append(all, validate.Statement{Name: s.Name, Headings: headings})
	}
	return all
}

// interpret reads the set that is asked for and checks every setting. An empty value without removal is a line of
// settings alone.
func interpret(w validate.ValueCells) ([]byte, bool, *validate.Fault) {
	set, mentioned, f := askedSet(w)
	if f != nil {
		return nil, false, f
	}
	switch {
	case len(set) > 0 && !set.Has(Core):
		return nil, false, fault("GROOVE_CORE_REQUIRED", "%s needs core: take it in, or take all away", set)
	case set.Has(SMS) && !set.Has(Dialer):
		return nil, false, fault("GROOVE_DIALER_REQUIRED", "sms is sent through the dialer: take dialer in")
	}
	for _, s := range Settings { // the ceiling of the org's own mail platform is held against the line when it is decided
		if cell := w.Said(s.Name); cell != "" {
			if _, why := s.Spell(cell, MostThrottle); why != "" {
				return nil, false, fault("GROOVE_BAD_SETTING", "column %s: %q: %s", s.Name, cell, why)
			}
		}
	}
	return []byte(set.String()), mentioned && len(set) == 0, nil
}

func fault(code, format string, args ...any) *validate.Fault {
	return &validate.Fault{Code: code, Next: transform.FixAndLoad, Reason: fmt.Sprintf(format, args...)}
}

// askedSet is the set that is asked for; mentioned is false for a line that says nothing of licences.
func askedSet(w validate.ValueCells) (set Licences, mentioned bool, f *validate.Fault) {
	byColumns, f := yesSet(w)
	switch {
	case f != nil:
		return nil, false, f
	case byColumns != nil && (len(w.Value) > 0 || w.Nothing):
		return nil, false, fault("GROOVE_BAD_SETTING",
			"the licences stand in one column and in Yes/No columns too: use one of them")
	case byColumns != nil:
		return byColumns.sorted(), true, nil
	case w.Nothing || w.Blank:
		return nil, true, nil
	}
	set, unknown := Parse(string(w.Value))
	if unknown != "" {
		return nil, false, fault("GROOVE_UNKNOWN_LICENCE", "%q is no licence; there are: %s", unknown,
			strings.Join(All, ", "))
	}
	return set, len(set) > 0, nil
}

// yesSet reads the columns of single licences; nil when all of them are blank.
func yesSet(w validate.ValueCells) (set Licences, f *validate.Fault) {
	for _, c := range yesColumns {
		cell := w.Said(c.name)
		if cell == "" {
			continue
		}
		if set == nil {
			set = Licences{}
		}
		word, why := YesOrNo(cell, 0)
		if why != "" {
			return nil, fault("GROOVE_BAD_SETTING", "column %s: %q: %s", c.name, cell, why)
		}
		if word == "Yes" {
			set = append(set, c.licence)
		}
	}
	return set, nil
}

// Asked is what a line asks for.
type Asked struct {
	Set     Licences
	Removal bool
	request validate.Request
}

// AskedBy reads a sound line. It is valid as long as the request is.
func AskedBy(r validate.Request) Asked {
	return Asked{Set: SetOf(r.Value()), Removal: r.Removal(), request: r}
}

// SettingsOnly tells whether the line says nothing of licences.
func (a Asked) SettingsOnly() bool { return !a.Removal && len(a.Set) == 0 }

// Said is what the line says of a setting, "" for nothing.
func (a Asked) Said(setting string) string { return a.request.Said(setting) }
