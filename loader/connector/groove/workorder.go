package groove

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"rosterload/loader/connector"
	"rosterload/transform"
	"rosterload/validate"
)

// What a human has to do, and what was taken back without a line: the papers beside the results.

var (
	workHeader      = []string{"order", "operation", "username", "name", "email", "salesforce_id", "setting", "value", "screen", "dangerous", "row"}
	reclaimedHeader = []string{"user", "seat_id", "result", "reason_code", "reason"}
)

const licencesScreen = "Users > Actions > Manage Licenses"

// job is one line of the work order, before it is put in order.
type job struct {
	rank      int // of its operation on the page
	operation string
	setting   string
	value     string
	screen    string
	dangerous bool
	person    person
	row       int
}

// clerk gathers them while results are written.
type clerk struct {
	*Target
	jobs      []job
	reclaimed [][]string
}

// Begin starts anew.
func (t *Target) Begin() { t.clerk = &clerk{Target: t} }

// Line takes in what a line wants that has no interface.
func (t *Target) Line(r validate.Request, id string, v transform.Verdict) (note string) {
	if id == "" || v.Code == "GROOVE_BAD_SETTING" || v.Code == "USER_INACTIVE" {
		return ""
	}
	return t.clerk.line(r, id, v)
}

func (c *clerk) line(r validate.Request, id string, v transform.Verdict) (note string) {
	w, who, before := wantedOf(r), c.people[id], len(c.jobs)
	if who.ID == "" {
		who = person{ID: id, Username: string(r.Cell())}
	}
	if v.Code == "GROOVE_WORK_ORDER" && !w.settingsOnly() {
		for _, name := range w.set[1:] {
			c.jobs = append(c.jobs, job{0, "Assign License", "license", name, licencesScreen, false, who, r.Row()})
		}
	}
	for rank, s := range settings {
		cell, there := w.said[s.name]
		if !there {
			continue
		}
		value, _ := s.check(cell, c.settings.ceiling())
		if (s.name == "setup_email" || s.name == "release_number") && value != "Yes" {
			continue
		}
		c.jobs = append(c.jobs, job{rank + 1, s.operation, s.name, value, s.screen, s.dangerous, who, r.Row()})
	}
	switch n := len(c.jobs) - before; {
	case n == 0:
		return ""
	case n == 1:
		return "1 line on the work order"
	default:
		return strconv.Itoa(n) + " lines on the work order"
	}
}

// Extra takes in a seat that was taken back from somebody in no line.
func (t *Target) Extra(user string, v transform.Verdict) {
	s := t.known[user]
	t.clerk.reclaimed = append(t.clerk.reclaimed, []string{orElse(s.username, user), s.id, string(v.Word), v.Code, v.Reason})
}

// Papers are the work order, operations in the page's order and the same values together so that one bulk action does many, and the seats
// that were taken back.
func (t *Target) Papers() []connector.Paper {
	jobs := slices.Clone(t.clerk.jobs)
	slices.SortStableFunc(jobs, func(a, b job) int {
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return strings.Compare(a.value, b.value)
	})
	work := [][]string{workHeader}
	for n, j := range jobs {
		dangerous := "no"
		if j.dangerous {
			dangerous = "yes"
		}
		p := j.person
		work = append(work, []string{strconv.Itoa(n + 1), j.operation, p.Username, p.Name, p.Email, p.ID, j.setting, j.value, j.screen, dangerous, strconv.Itoa(j.row)})
	}
	return []connector.Paper{{Name: "workorder", Rows: work}, {Name: "reclaimed", Rows: append([][]string{reclaimedHeader}, t.clerk.reclaimed...)}}
}

// notes are people by Salesforce id.
type notes struct {
	People map[string][3]string `json:"people"` // username, name, e-mail
	Seats  map[string][2]string `json:"seats"`  // of inactive users, who may be in no line: username, id of the seat
}

// Notes are of everybody in the roster, and of the seats that may be taken back.
func (t *Target) Notes() ([]byte, error) {
	n := notes{map[string][3]string{}, map[string][2]string{}}
	for id, p := range t.people {
		n.People[id] = [3]string{p.Username, p.Name, p.Email}
	}
	for id, s := range t.known {
		if !s.active {
			n.Seats[id] = [2]string{s.username, s.id}
		}
	}
	return json.Marshal(n)
}

// Recall fills in whom this process has not looked at.
func (t *Target) Recall(text []byte) error {
	var n notes
	if err := json.Unmarshal(text, &n); err != nil {
		return err
	}
	for id, p := range n.People {
		if _, there := t.people[id]; !there {
			t.people[id] = person{ID: id, Username: p[0], Name: p[1], Email: p[2]}
		}
	}
	for id, s := range n.Seats {
		if _, there := t.known[id]; !there {
			t.known[id] = seat{id: s[1], username: s[0]}
		}
	}
	return nil
}
