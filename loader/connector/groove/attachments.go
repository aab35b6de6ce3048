package groove

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"rosterload/loader/connector"
	"rosterload/transform"
	policy "rosterload/transform/groove"
	"rosterload/validate"
)

var (
	workHeader = []string{
		"order", "operation", "username", "name", "email", "salesforce_id", "setting", "value",
		"screen", "dangerous", "row",
	}
	reclaimedHeader = []string{"user", "seat_id", "result", "reason_code", "reason"}
)

// assignLicense is what a human does of a set beyond core where the org has no field for it.
var assignLicense = policy.Setting{
	Name: "license", Operation: "Assign License",
	Screen: "Users > Actions > Manage Licenses",
}

// work is one line of the work order, before it is put in order.
type work struct {
	rank    int // of its operation on the page
	setting policy.Setting
	value   string
	person  person
	row     int
}

// attachments are the work order, and the seats that were taken back without a line.
type attachments struct {
	*Target
	works     []work
	reclaimed [][]string
}

// Attachments begins one writing.
func (t *Target) Attachments() connector.Attachments { return &attachments{Target: t} }

// Line takes in what a line asks for that has no interface.
func (a *attachments) Line(r validate.Request, id string, v transform.Verdict) (note string) {
	if id == "" || v.Code == "GROOVE_BAD_SETTING" || v.Code == transform.CodeInactive {
		return ""
	}
	before := len(a.works)
	who, known := a.people[id]
	if !known {
		who = person{Person: policy.Person{ID: id}, username: string(r.Cell())}
	}
	asked := policy.AskedBy(r)
	if v.Code == "GROOVE_WORK_ORDER" && !asked.SettingsOnly() {
		for _, name := range asked.Set {
			if name != policy.Core && a.past[id].Done[name] != name {
				a.works = append(a.works, work{0, assignLicense, name, who, r.Row()})
			}
		}
	}
	for rank, s := range policy.Settings {
		cell := asked.Said(s.Name)
		value, _ := s.Spell(cell, a.settings.ceiling())
		if cell != "" && (!s.OnlyYes || value == "Yes") && a.past[id].Done[s.Name] != value {
			a.works = append(a.works, work{rank + 1, s, value, who, r.Row()})
		}
	}
	switch n := len(a.works) - before; n {
	case 0:
		return ""
	case 1:
		return "1 line on the work order"
	default:
		return strconv.Itoa(n) + " lines on the work order"
	}
}

// Extra takes in a seat that was taken back from a user in no line.
func (a *attachments) Extra(user string, v transform.Verdict) {
	s := a.stale[user]
	a.reclaimed = append(a.reclaimed, []string{cmp.Or(s.Username, user), s.ID, string(v.Word), v.Code, v.Reason})
}

// Files are the work order, operations in the page's order and the same values together so that one bulk action does
// many, and the seats that were taken back.
func (a *attachments) Files() []connector.Attachment {
	works := slices.Clone(a.works)
	slices.SortStableFunc(works, func(a, b work) int {
		return cmp.Or(a.rank-b.rank,
			strings.Compare(a.value, b.value))
	})
	order := [][]string{workHeader}
	for n, w := range works {
		dangerous := "no"
		if w.setting.Dangerous {
			dangerous = "yes"
		}
		order = append(order, []string{
			strconv.Itoa(n + 1), w.setting.Operation, w.person.username, w.person.name, w.person.email, w.person.ID,
			w.setting.Name, w.value, w.setting.Screen, dangerous, strconv.Itoa(w.row),
		})
	}
	return []connector.Attachment{
		{Name: "workorder", Rows: order},
		{Name: "reclaimed", Rows: append([][]string{reclaimedHeader}, a.reclaimed...)},
	}
}
