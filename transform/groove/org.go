package groove

import (
	"maps"
	"slices"
	"strings"

	"rosterload/transform"
)

// Org is what one look saw, as plain data.
type Org struct {
	ByField bool              // the org has the field that Groove reads, and it carries the licences of active users
	People  map[string]Person // the users that were looked at, by id
	Seats   map[string]Seat   // all seats of the package, by the user's id; nil: no look was made
	Allowed int               // seats there are; 0 or less: the package tells no limit
	Used    int
	Past    map[string]Past // what earlier runs have left, by id; work that a line of this run contradicts is dropped from it
}

// Person is a Salesforce user.
type Person struct {
	ID     string
	Active bool
	Field  Licences // what the field holds
}

// Seat is one row of UserPackageLicense.
type Seat struct {
	ID, Username string
	Inactive     bool // its user is known to be
}

// Carried tells whether the field carries a user; seats carry the others.
func (o *Org) Carried(active bool) bool { return o.ByField && active }

// Seated tells whether a user has a seat.
func (o *Org) Seated(id string) bool {
	_, seated := o.Seats[id]
	return seated
}

// Free is how many seats are left; known is false where the package tells no limit.
func (o *Org) Free() (n int, known bool) { return o.Allowed - o.Used, o.Allowed > 0 }

// Held is the set that a user has, as far as it can be seen.
func (o *Org) Held(p Person) Licences {
	switch {
	case o.Carried(p.Active):
		return p.Field
	case o.Seated(p.ID):
		return Licences{Core}
	}
	return nil
}

// Stale are the seats of inactive users who were not looked at, that is, who are in no line: their users' ids in order.
func (o *Org) Stale() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(o.Seats)), func(id string) bool {
		_, inRoster := o.People[id]
		return inRoster || !o.Seats[id].Inactive
	})
}

// What a standing's status says.
const (
	StatusSeat       = "seat"
	StatusUnverified = "unverified"
	StatusManual     = "manual"
	StatusShown      = "seen in the export"
	StatusWaiting    = "waiting for seat"
	StatusNone       = "none"
)

// byHand is the request of a user whose seat no field asked for.
const byHand = "seat"

// fieldPart begins, in the request of an inactive user, what the field still asks for.
const fieldPart = " field "

// Standing is how a user stands: the request is what is asked of Groove now, the group what can be seen of it, the
// status how far that can be believed.
func (o *Org) Standing(u transform.User, p Person) transform.Standing {
	seated, held := o.Seated(p.ID), o.Held(p)
	s := transform.Standing{User: u, ID: p.ID, Active: p.Active, Request: held.String(), Group: held.String()}
	switch {
	case seated && len(held) <= 1:
		s.Status = StatusSeat
	case seated:
		s.Status = StatusUnverified
	case len(held) > 0:
		s.Status = StatusWaiting
	default:
		s.Status = StatusNone
	}
	switch {
	case o.ByField && !p.Active && len(p.Field) > 0: // to be cleared before the seat goes
		s.Request = strings.Trim(s.Request+fieldPart+p.Field.String(), " ")
	case o.Carried(p.Active) && seated && len(p.Field) == 0:
		s.Request, s.Group = byHand, Core
	}
	return s
}
