package vonage

import (
	"context"
	"strconv"
	"strings"

	"rosterload/transform"
)

// madeUp marks, in a sealed file, an agent ID that the run has drawn.
const madeUp = " (generated)"

func generated(id string) string { return id + madeUp }

// parse takes the mark off a value.
func parse(value string) (id string, isGenerated bool) { return strings.CutSuffix(value, madeUp) }

// draw makes up the lowest free agent ID from the starting one: a whole number without padding that neither VCC - archived users included -
// nor Salesforce, nor the roster, nor this run knows.
func (p *policy) draw() string {
	if p.drawn == nil {
		p.drawn, p.next = map[string]bool{}, max(1, p.start)
	}
	for ; ; p.next++ {
		id := strconv.Itoa(p.next)
		if len(p.world.taken[id]) > 0 || p.drawn[id] || p.foreseen != nil && p.foreseen.named[id] > 0 {
			continue
		}
		p.drawn[id] = true
		return id
	}
}

// Redraw makes up another ID for a change whose own was taken by somebody else meanwhile. Other values stay.
func (t *Target) Redraw(ctx context.Context, c transform.Change) (string, error) {
	id, isGenerated := parse(c.Value)
	if !isGenerated {
		return c.Value, nil
	}
	if err := t.survey(ctx); err != nil {
		return "", err
	}
	if len(t.world.others(id, t.people[c.User])) == 0 {
		return c.Value, nil
	}
	p := t.Policy().(*policy)
	p.drawn, p.next = t.sealed, max(1, t.start)
	return generated(p.draw()), nil
}

// seats counts agent licences while a run is planned.
type seats struct {
	left  int
	short int // creations beyond them
}

// noSeat takes one licence for a new agent, or says that none is left: the last lines of the roster get none. Supervisors cost none.
func (p *policy) noSeat(c *candidate) *transform.Verdict {
	if p.settings.AgentLicences == nil || p.settings.AllowOverages || p.template.kind() != agentType || c.unfinished() {
		return nil
	}
	if p.seats == nil {
		p.seats = p.countSeats()
	}
	if p.seats.left > 0 {
		p.seats.left--
		return nil
	}
	v := failed("VCC_NO_LICENCES", transform.FreeLicences, "all %d agent licences are in use; %d too few for this roster", *p.settings.AgentLicences, p.seats.short)
	return &v
}

// countSeats: the licences, less those in use, and those that this run's archives free. How many are short is known once every line has
// been looked at.
func (p *policy) countSeats() *seats {
	freed, wish := 0, 0
	for _, line := range p.foreseen.lines {
		id, found := p.ids[line.key]
		if !found {
			continue
		}
		c := p.candidate(line, transform.Standing{ID: id})
		switch {
		case c.removal && c.cannotArchive() == nil && c.account.takesLicence():
			freed++
		case !c.removal && c.cannotCreate() == nil && !c.unfinished():
			wish++
		}
	}
	left := max(0, *p.settings.AgentLicences-p.world.agents+freed)
	return &seats{left: left, short: max(0, wish-left)}
}
