package groove

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Setting is something of a user that no interface carries: it goes on the work order. Source: Groove, "User Management
// (Users Page)".
type Setting struct {
	Name      string // of the column
	Operation string // the vendor's words
	Screen    string
	Spell     Speller
	Dialer    bool // only with a dialer licence
	Dangerous bool // it cannot be taken back
	OnlyYes   bool // No asks for nothing
}

// Speller answers the canonical spelling of a cell, or why it is none. ceiling is how many Flow e-mails a day may be
// asked for.
type Speller func(cell string, ceiling int) (canonical, why string)

// Settings stand in the page's order; what cannot be taken back stands last.
var Settings = []Setting{
	{Name: "teams", Operation: "Update Teams", Screen: "Users > Actions > Update Teams", Spell: teams},
	{
		Name: "role", Operation: "Update Role", Screen: "Users > Actions > Update Role",
		Spell: oneOf("Standard", "Analyst", "Team Lead", "Admin"),
	},
	{Name: "flow_enabled", Operation: "Update Flow Settings", Screen: "Users > Actions > Update Flow Settings", Spell: YesOrNo},
	{Name: "email_throttle", Operation: "Set Email Throttle Max", Screen: "Users > Actions > Set Email Throttle Max", Spell: throttle},
	{
		Name: "call_recording", Operation: "Update Call Recording", Screen: "Users > Actions > Update Call Recording",
		Spell: oneOf("Optional", "Enforced", "Disabled"), Dialer: true,
	},
	{Name: "sync", Operation: "Update Email/Calendar Sync", Screen: "Users > Actions > Update Email/Calendar Sync", Spell: YesOrNo},
	{Name: "setup_email", Operation: "Send Setup Email", Screen: "Users > Import SFDC Users", Spell: YesOrNo, OnlyYes: true},
	{
		Name: "release_number", Operation: "Deprovision Dialer Numbers",
		Screen: "Users > Actions > Deprovision Dialer Numbers", Spell: YesOrNo, Dialer: true, Dangerous: true,
		OnlyYes: true,
	},
}

// MostThrottle is the ceiling of the mail platform that allows most e-mails a day. Source: Groove, "Email Throttling".
const MostThrottle = 4500

func oneOf(words ...string) Speller {
	return func(cell string, _ int) (string, string) {
		if i := slices.IndexFunc(words, func(w string) bool { return Folded(w) == Folded(cell) }); i >= 0 {
			return words[i], ""
		}
		return "", "is none of " + strings.Join(words, ", ")
	}
}

// YesOrNo spells a switch.
func YesOrNo(cell string, _ int) (canonical, why string) {
	switch strings.ToLower(cell) {
	case "yes", "true", "1", "on":
		return "Yes", ""
	case "no", "false", "0", "off":
		return "No", ""
	}
	return "", "is neither Yes nor No"
}

func throttle(cell string, ceiling int) (string, string) {
	n, err := strconv.Atoi(cell)
	if err != nil || n < 1 || n > ceiling {
		return "", fmt.Sprintf("is no whole number from 1 to %d", ceiling)
	}
	return strconv.Itoa(n), ""
}

// teams are a set: one cell, commas or semicolons between.
func teams(cell string, _ int) (string, string) {
	var names []string
	for _, name := range strings.FieldsFunc(cell, func(r rune) bool { return r == ';' || r == ',' }) {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", "), ""
}
