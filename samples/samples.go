// Package samples holds rosters, good and bad, with the results they give, and the pretend org that `-t demo` loads
// them into.
package samples

import _ "embed"

// Org are the users of the demo org, as a CSV with the fields' API names.
//
//go:embed org.csv
var Org []byte

// Groups are the demo org's Engage groups.
var Groups = []string{"Cardio East", "Cardio West", "Oncology North", "Rare Disease"}

// Licences are as many as the demo org's users hold: an assignment finds one only when a removal went first.
const Licences = 22
