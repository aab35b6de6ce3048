package groove

import (
	"slices"
	"strings"
)

// The licences, in canonical order. Source: Groove, "Manage Groove Licenses Directly in Salesforce".
const (
	core         = "core"
	flow         = "flow_unlimited"
	dialer       = "dialer"
	sms          = "sms"
	intelligence = "conversation_intelligence"
)

var order = []string{core, flow, dialer, sms, intelligence}

// labels are the vendor's words for them, folded.
var labels = map[string]string{
	"core": core, "corelicense": core, "flow": flow, "flowunlimited": flow, "flowlicense": flow, "flowunlimitedlicense": flow, "dialer": dialer, "dialerlicense": dialer,
	"sms": sms, "smslicense": sms, "conversationintelligence": intelligence, "conversationintelligencelicense": intelligence,
}

func folded(word string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '_' || r == '-' {
			return -1
		}
		return r
	}, strings.ToLower(strings.TrimSpace(word)))
}

// licences is a set in canonical order.
type licences []string

// parse reads a set, joined by semicolons or commas, in any order. It answers the first word that is no licence.
func parse(text string) (set licences, unknown string) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == ',' }) {
		if strings.TrimSpace(word) == "" {
			continue
		}
		name, known := labels[folded(word)]
		if !known {
			return nil, strings.TrimSpace(word)
		}
		set = append(set, name)
	}
	return set.sorted(), ""
}

func (l licences) sorted() licences {
	set := slices.Clone(l)
	slices.SortFunc(set, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	return slices.Compact(set)
}

func (l licences) String() string { return strings.Join(l, ";") }

func (l licences) has(name string) bool { return slices.Contains(l, name) }

// within tells whether every licence of l is in other.
func (l licences) within(other licences) bool {
	return !slices.ContainsFunc(l, func(name string) bool { return !other.has(name) })
}

// setOf reads a set that an org or a sealed file holds; words nobody knows are kept, so that a difference is seen.
func setOf(text string) licences {
	set, unknown := parse(text)
	if unknown != "" {
		return licences{text}
	}
	return set
}
