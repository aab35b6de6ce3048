package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/terms"
	"rosterload/transform"
	"rosterload/validate"
)

// Present is who is in the lines of a file that names all users. Every line's user counts, whatever else is wrong with
// the line: a user whose line cannot be carried out is not absent.
type Present struct {
	Sound   int // lines without a fault
	ids     map[string]bool
	keys    map[string][]lineAt // of lines with a fault whose user is not among the sound lines
	matches map[string][]transform.Standing
	unknown []lineAt
}

type lineAt struct{ row, number int }

// PresentOf walks the lines once more. What it wants to know of further users, Wanted names and See tells.
func PresentOf(r *validate.Roster, q *Requests, n *Snapshot) (*Present, error) {
	p := &Present{ids: map[string]bool{}, keys: map[string][]lineAt{}, matches: map[string][]transform.Standing{}}
	for i := range n.ids.Len() {
		p.ids[n.ids.At(i)] = true
	}
	for _, matches := range n.several {
		for _, s := range matches {
			p.ids[s.ID] = true
		}
	}
	for line, err := range Lines(r, q.screening) {
		if err != nil {
			return nil, err
		}
		if err := p.line(r, line, n); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *Present) line(r *validate.Roster, line Line, n *Snapshot) error {
	at := lineAt{line.Row, line.Number}
	if line.Fault == nil {
		p.Sound++
		if !n.Of(line.Request).Found() {
			p.unknown = append(p.unknown, at)
		}
		return nil
	}
	key, ok := r.User(line.Line)
	if !ok {
		p.unknown = append(p.unknown, at)
		return nil
	}
	row, known, err := n.screening.Find(key)
	if err != nil || known && n.place[row] > 0 {
		return err // known: another line of the same user, which says whether it is known
	}
	p.keys[string(key)] = append(p.keys[string(key)], at)
	return nil
}

// Wanted are the keys of lines with a fault.
func (p *Present) Wanted() map[string]string {
	wanted := make(map[string]string, len(p.keys))
	for key := range p.keys {
		wanted[key] = key
	}
	return wanted
}

// See takes in one match of such a key.
func (p *Present) See(s transform.Standing) {
	p.ids[s.ID] = true
	p.matches[s.User.Key] = append(p.matches[s.User.Key], s)
}

// Has tells whether a user is in a line, or could be the one that an ambiguous line means.
func (p *Present) Has(id string) bool { return p.ids[id] }

// unsure are the lines whose user is not known.
func (p *Present) unsure() []lineAt {
	all := slices.Clone(p.unknown)
	for key, lines := range p.keys {
		if !transform.Choose(p.matches[key]).Found() {
			all = append(all, lines...)
		}
	}
	slices.SortFunc(all, func(a, b lineAt) int { return a.row - b.row })
	return all
}

// Unsure says why no absent user may be removed, and the hold of the whole run where the terms ask for one.
func (p *Present) Unsure(t *terms.Terms, absent int) (transform.Verdict, results.Hold) {
	lines := p.unsure()
	if len(lines) == 0 || !t.Unknown.Hold && len(lines) <= t.Unknown.Most {
		return transform.Verdict{}, results.Hold{}
	}
	var named []string
	for _, l := range lines[:min(len(lines), 20)] {
		named = append(named, strconv.Itoa(l.number))
	}
	more := ""
	if len(lines) > len(named) {
		more = fmt.Sprintf(" and %d more", len(lines)-len(named))
	}
	reason := fmt.Sprintf("the user of line %s%s is not known and could be any user who is in no line (%d): none "+
		"of those is removed; correct what is named here",
		strings.Join(named, ", "), more, absent)
	v := transform.Verdict{
		Word: transform.NotAttempted, Code: terms.CodeAbsentUnsure, Reason: reason,
		Next: transform.FixAndLoad,
	}
	if !t.Unknown.Hold {
		return v, results.Hold{}
	}
	v.Code = run.HoldUnknown
	text := fmt.Sprintf("the user of %d lines is not known (line %s%s)", len(lines), strings.Join(named, ", "), more)
	return v, results.Hold{Code: run.HoldUnknown, Text: text, Found: strconv.Itoa(len(lines)), Limit: "0"}
}
