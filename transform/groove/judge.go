package groove

import (
	"strings"

	"rosterload/transform"
)

// Judge says what became of a change, from what can be seen of it. The first row that fits is taken.
func (p *Policy) Judge(c transform.Change, before, after transform.Standing) (v transform.Verdict, settled bool) {
	asked, carried := SetOf(c.Value), p.org.Carried(after.Active)
	seated, hadSeat := hasSeat(after), hasSeat(before)
	switch {
	case len(asked) == 0 && after.Found() && after.Request == "" && !seated:
		return transform.Verdict{Word: transform.Removed}, true
	case len(asked) == 0 && (after.Request == byHand || after.Request == Core && !carried):
		return unverified("the licences are taken away, and the seat is still there"), false
	case !p.AsAsked(c, after):
		return transform.Failure(transform.CodeChanged, transform.FixAndLoad, "the org shows %q", after.Request), true
	case !seated:
		return unverified("Groove has not given the seat yet"), false
	case !carried && len(asked) > 1:
		return manual("core has its seat"), true
	case len(asked) > 1 || len(SetOf(before.Group)) > 1:
		return unverified("the field is read back and core has its seat; no interface shows what Groove made of the other licences"), true
	case hadSeat:
		return transform.Verdict{Word: transform.Updated}, true
	}
	return transform.Verdict{Word: transform.Created}, true
}

func hasSeat(s transform.Standing) bool {
	return s.Status == StatusSeat || s.Status == StatusUnverified
}

// ShownDone is the word for a change that an export shows carried out, and the status that goes with it.
func (*Policy) ShownDone(
	c transform.Change, v transform.Verdict, before transform.Standing, sent bool,
) (transform.Word, string) {
	switch {
	case !sent && v.Code != "GROOVE_WORK_ORDER": // an earlier run has sent it; work is of this run's own order
		return transform.Unchanged, StatusShown
	case c.Value == "":
		return transform.Removed, StatusNone
	case hasSeat(before):
		return transform.Updated, StatusShown
	}
	return transform.Created, StatusShown
}

// AsAsked compares what the carrier of this user stores with the request.
func (p *Policy) AsAsked(c transform.Change, now transform.Standing) bool {
	switch {
	case !now.Found():
		return false
	case p.org.Carried(now.Active):
		return now.Request == c.Value
	case SetOf(c.Value).Has(Core):
		return now.Group == Core
	}
	return now.Request == ""
}

// The carriers, as outcomes name them.
const (
	byField = "field"
	bySeat  = "seat"
)

// Carrier is the field, where it carries the user and does not say what is asked already; else the seat.
func (p *Policy) Carrier(c transform.Change, before transform.Standing) string {
	if p.org.Carried(before.Active) && (c.Value != "" || before.Group != "") {
		return byField
	}
	return bySeat
}

// PartWay is a user whose field is cleared and whose seat is still there.
func (*Policy) PartWay(c transform.Change, before, now transform.Standing) bool {
	return c.Value == "" && now.Request != "" && strings.HasPrefix(before.Request, now.Request+fieldPart)
}

// Status is manual for the part of a human; a set that loses a licence and keeps core rests on trust, whatever its seat
// shows. What an export has shown is no longer a matter of trust.
func (p *Policy) Status(c transform.Change, v transform.Verdict, now transform.Standing) string {
	switch {
	case v.Code == "GROOVE_WORK_ORDER":
		return StatusManual
	case v.Code == "GROOVE_UNVERIFIED" && now.Status == StatusSeat && SetOf(c.Value).Has(Core):
		return StatusUnverified
	case v.Word == transform.Unchanged && now.Status == StatusUnverified && p.org.Past[now.ID].showed(c.Value):
		return StatusShown
	}
	return now.Status
}
