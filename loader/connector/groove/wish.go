package groove

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rosterload/transform"
	"rosterload/validate"
)

// yesColumns are the licences as Groove's own export spells them.
var yesColumns = []struct{ name, licence string }{{"core_license", core}, {"flow_license", flow}, {"dialer_license", dialer}, {"sms_license", sms}}

// setting is one that has no interface: it goes on the work order. Source: Groove, "User Management (Users Page)".
type setting struct {
	name      string // of the column
	operation string // the vendor's words
	screen    string
	check     func(value string, ceiling int) (canonical string, why string)
	dialer    bool // only with a dialer licence
	dangerous bool
}

// settings stand in the page's order; what cannot be taken back stands last.
var settings = []setting{
	{"teams", "Update Teams", "Users > Actions > Update Teams", teams, false, false},
	{"role", "Update Role", "Users > Actions > Update Role", oneOf("Standard", "Analyst", "Team Lead", "Admin"), false, false},
	{"flow_enabled", "Update Flow Settings", "Users > Actions > Update Flow Settings", yesOrNo, false, false},
	{"email_throttle", "Set Email Throttle Max", "Users > Actions > Set Email Throttle Max", throttle, false, false},
	{"call_recording", "Update Call Recording", "Users > Actions > Update Call Recording", oneOf("Optional", "Enforced", "Disabled"), true, false},
	{"sync", "Update Email/Calendar Sync", "Users > Actions > Update Email/Calendar Sync", yesOrNo, false, false},
	{"setup_email", "Send Setup Email", "Users > Import SFDC Users", onlyYes, false, false},
	{"release_number", "Deprovision Dialer Numbers", "Users > Actions > Deprovision Dialer Numbers", onlyYes, true, true},
}

func statements() []validate.Statement {
	var all []validate.Statement
	for _, c := range yesColumns {
		all = append(all, validate.Statement{Name: c.name, Headings: []string{c.name}})
	}
	for _, s := range settings {
		headings := []string{s.name}
		switch s.name {
		case "email_throttle":
			headings = append(headings, "Email Throttling")
		case "sync":
			headings = append(headings, "Email/Calendar Sync")
		}
		all = append(all, validate.Statement{Name: s.name, Headings: headings})
	}
	return all
}

// wish reads the set wanted and checks every setting. An empty value without removal is a line of settings alone.
func wish(w validate.ValueCells) ([]byte, bool, *validate.Fault) {
	set, mentioned, f := wantedSet(w)
	if f != nil {
		return nil, false, f
	}
	switch {
	case len(set) > 0 && !set.has(core):
		return nil, false, fault("GROOVE_CORE_REQUIRED", "%s needs core: take it in, or take all away", set)
	case set.has(sms) && !set.has(dialer):
		return nil, false, fault("GROOVE_DIALER_REQUIRED", "sms is sent through the dialer: take dialer in")
	}
	if f := checkSettings(w.Said); f != nil {
		return nil, false, f
	}
	return []byte(set.String()), mentioned && len(set) == 0, nil
}

func fault(code, format string, args ...any) *validate.Fault {
	return &validate.Fault{Code: code, Next: transform.FixAndLoad, Reason: fmt.Sprintf(format, args...)}
}

// wantedSet is the set wanted; mentioned is false for a line that says nothing of licences.
func wantedSet(w validate.ValueCells) (set licences, mentioned bool, f *validate.Fault) {
	yes := false
	for _, c := range yesColumns {
		cell := w.Said(c.name)
		if cell == "" {
			continue
		}
		yes = true
		word, why := yesOrNo(cell, 0)
		if why != "" {
			return nil, false, fault("GROOVE_BAD_SETTING", "column %s: %q: %s", c.name, cell, why)
		}
		if word == "Yes" {
			set = append(set, c.licence)
		}
	}
	switch {
	case yes && (len(w.Value) > 0 || w.Nothing):
		return nil, false, fault("GROOVE_BAD_SETTING", "the licences stand in one column and in Yes/No columns too: use one of them")
	case yes:
		return set.sorted(), true, nil
	case w.Nothing || w.Blank:
		return nil, true, nil
	}
	set, unknown := parse(string(w.Value))
	if unknown != "" {
		return nil, false, fault("GROOVE_UNKNOWN_LICENCE", "%q is no licence; there are: %s", unknown, strings.Join(order, ", "))
	}
	return set, len(set) > 0, nil
}

// mostThrottle is checked without knowing the mail platform; the platform's own ceiling is checked when the line is decided.
const mostThrottle = 4500

func checkSettings(said func(string) string) *validate.Fault {
	for _, s := range settings {
		if cell := said(s.name); cell != "" {
			if _, why := s.check(cell, mostThrottle); why != "" {
				return fault("GROOVE_BAD_SETTING", "column %s: %q: %s", s.name, cell, why)
			}
		}
	}
	return nil
}

func oneOf(words ...string) func(string, int) (string, string) {
	return func(value string, _ int) (string, string) {
		if i := slices.IndexFunc(words, func(w string) bool { return folded(w) == folded(value) }); i >= 0 {
			return words[i], ""
		}
		return "", "is none of " + strings.Join(words, ", ")
	}
}

func yesOrNo(value string, _ int) (string, string) {
	switch strings.ToLower(value) {
	case "yes", "true", "1", "on":
		return "Yes", ""
	case "no", "false", "0", "off":
		return "No", ""
	}
	return "", "is neither Yes nor No"
}

func onlyYes(value string, ceiling int) (string, string) { return yesOrNo(value, ceiling) }

func throttle(value string, ceiling int) (string, string) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > ceiling {
		return "", fmt.Sprintf("is no whole number from 1 to %d", ceiling)
	}
	return strconv.Itoa(n), ""
}

// teams are a set: one cell, commas or semicolons between.
func teams(value string, _ int) (string, string) {
	return strings.Join(teamSet(value), ", "), ""
}

func teamSet(value string) []string {
	var names []string
	for _, name := range strings.FieldsFunc(value, func(r rune) bool { return r == ';' || r == ',' }) {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
