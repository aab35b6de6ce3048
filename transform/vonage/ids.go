package vonage

import (
	"maps"
	"slices"
	"strconv"
)

// Generated says, in the connector's own column of a sealed file, that the agent ID was made up: another one will do
// when it is taken.
const Generated = "generated"

// IDs draws agent IDs. One that either system holds, archived accounts included, or that the roster names, or that was
// drawn before, is stepped over. Source: Vonage, "Creating VCC user accounts for existing Salesforce users".
type IDs struct {
	org   *Org
	next  int
	named map[string]int  // how many lines of the roster name an agent ID
	drawn map[string]bool // all by their Canonical spelling
}

// NewIDs draws from the starting ID on.
func NewIDs(start int, org *Org) *IDs {
	return &IDs{org: org, next: max(1, start), named: map[string]int{}, drawn: map[string]bool{}}
}

// Name notes that a line of the roster names the agent ID.
func (i *IDs) Name(id string) { i.named[Canonical(id)]++ }

// Lines is how many lines of the roster name the agent ID.
func (i *IDs) Lines(id string) int { return i.named[Canonical(id)] }

// Spend notes agent IDs that an earlier process of the run drew or saw named.
func (i *IDs) Spend(ids []string) {
	for _, id := range ids {
		i.drawn[Canonical(id)] = true
	}
}

// Spent are the agent IDs that the run has named or drawn, in order.
func (i *IDs) Spent() []string {
	all := maps.Clone(i.drawn)
	for id := range i.named {
		all[id] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// Draw is the lowest free agent ID: a whole number without padding.
func (i *IDs) Draw() string {
	for ; ; i.next++ {
		id := strconv.Itoa(i.next)
		if len(i.org.Taken[id]) > 0 || i.drawn[id] || i.named[id] > 0 {
			continue
		}
		i.drawn[id] = true
		return id
	}
}

// licences counts agent licences while a run is planned.
type licences struct {
	free  int // that may still be given
	short int // creations beyond them
}

// counts tells whether licences are limited: only agents take one, and overages make the limit void.
func (p *Policy) counts() bool {
	return p.options.AgentLicences != nil && !p.options.AllowOverages && p.org.Template.Type == Agent
}

// needsLicence: an unfinished account has one already.
func (c *candidate) needsLicence() bool { return c.counts() && !c.person.Unfinished }

// take gives one licence, in roster order: the last lines get none.
func (l *licences) take() bool {
	if l.free == 0 {
		return false
	}
	l.free--
	return true
}
