package groove

import (
	"slices"
	"strings"
)

// The licences, in canonical order. Source: Groove, "Manage Groove Licenses Directly in Salesforce".
const (
	Core         = "core"
	Flow         = "flow_unlimited"
	Dialer       = "dialer"
	SMS          = "sms"
	Intelligence = "conversation_intelligence"
)

// All are all licences, in canonical order.
var All = Licences{Core, Flow, Dialer, SMS, Intelligence}

// labels are the vendor's words for them, folded.
var labels = map[string]string{
	"core": Core, "corelicense": Core, "flow": Flow, "flowunlimited": Flow, "flowlicense": Flow,
	"flowunlimitedlicense": Flow,
	"dialer":               Dialer, "dialerlicense": Dialer, "sms": SMS, "smslicense": SMS,
	"conversationintelligence": Intelligence, "conversationintelligencelicense": Intelligence,
}

// Folded is a heading or a word of Groove without case, blanks, hyphens and underscores.
func Folded(word string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '_' || r == '-' {
			return -1
		}
		return r
	}, strings.ToLower(strings.TrimSpace(word)))
}

// Licences is a set in canonical order.
type Licences []string

// Parse reads a set, joined by semicolons or commas, in any order. It answers the first word that is no licence.
func Parse(text string) (set Licences, unknown string) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == ',' }) {
		if strings.TrimSpace(word) == "" {
			continue
		}
		name, known := labels[Folded(word)]
		if !known {
			return nil, strings.TrimSpace(word)
		}
		set = append(set, name)
	}
	return set.sorted(), ""
}

// SetOf reads a set that an org or a sealed file holds. A text with an unknown word is kept whole, so that a difference
// is seen.
func SetOf(text string) Licences {
	set, unknown := Parse(text)
	if unknown != "" {
		return Licences{text}
	}
	return set
}

func (l Licences) sorted() Licences {
	set := slices.Clone(l)
	slices.SortFunc(set, func(a, b string) int { return slices.Index(All, a) - slices.Index(All, b) })
	return slices.Compact(set)
}

func (l Licences) String() string { return strings.Join(l, ";") }

// Has tells whether a licence is in the set.
func (l Licences) Has(name string) bool { return slices.Contains(l, name) }

// Within tells whether every licence of the set is in the other.
func (l Licences) Within(other Licences) bool {
	return !slices.ContainsFunc(l, func(name string) bool { return !other.Has(name) })
}
