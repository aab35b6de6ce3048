package transform

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"rosterload/validate"
)

// EngageWords are the org's spellings of the provisioning status.
type EngageWords struct {
	RequestSent, Retry, NoLicenses, InvalidGroup, RequestFailed, Success string
}

// EngageOptions is what the policy of Engage groups must be told.
type EngageOptions struct {
	Groups   []string // valid names, when they are known; nil: the org is asked by sending
	MaxValue int      // characters that the org's request field holds; 0: not known
	Words    EngageWords
	Holders  int // people in the org who have a group now
}

// Engage is the policy of Engage group management, for every org that has the request, status and group fields.
// Source of its rules: Veeva, "Engage Group Management" (CRM and Vault CRM).
func Engage(o EngageOptions) Policy {
	known := make(map[string]bool, len(o.Groups))
	for _, g := range o.Groups {
		known[norm.NFC.String(g)] = true
	}
	return engage{EngageOptions: o, known: known}
}

type engage struct {
	EngageOptions
	known map[string]bool
}

// found is one user as the tables below read him: R is Standing.Request, S is Standing.Status, G is Standing.Group.
type found struct {
	engage
	Standing
	want   string // the group asked for, "" for none
	before Standing
}

// decisions is the table of what is said before anything is sent. The first row that fits is taken.
var decisions = []struct {
	when func(found) bool
	say  func(found) Verdict
}{
	{found.nobody, found.notFound},
	{found.several, found.ambiguous},
	{both(found.asAsked, found.onItsWay), found.underWay},
	{both(found.asAsked, found.holdsIt), found.unchanged},
	{both(found.asAsked, found.wantsGroup, found.succeeded), found.mismatch},
	{both(found.asAsked, found.wantsGroup, found.inactive), found.isInactive},
	{found.asAsked, found.retryNeeded},
	{both(found.wantsGroup, found.inactive), found.isInactive},
	{found.tooLong, found.valueTooLong},
	{found.unknownGroup, found.invalidGroup},
}

// Decide reads the table of decisions. What none of its rows stops is a change.
func (e engage) Decide(r validate.Request, s Standing) (Change, Job, Verdict) {
	f := found{engage: e, Standing: s, want: string(r.Value()), before: s}
	c := Change{User: s.ID, Value: f.want}
	for _, row := range decisions {
		if row.when(f) {
			return c, None, row.say(f)
		}
	}
	job := Upserts
	if c.Value == "" {
		job = Removals
	}
	return c, job, Verdict{Reason: f.chosen()}
}

// judgements is the table of what is said afterwards. The first row that fits is taken; settled means that waiting longer changes nothing.
var judgements = []struct {
	when    func(found) bool
	say     func(found) Verdict
	settled bool
}{
	{not(found.asAsked), found.changedMeanwhile, true},
	{found.onItsWay, found.pending, false},
	{both(not(found.wantsGroup), found.holdsIt), found.removed, true},
	{both(found.wantsGroup, found.succeeded, found.holdsIt), found.updated, true},
	{found.noLicenses, found.lacksLicence, true},
	{found.invalidName, found.refusedName, true},
	{found.requestFailed, found.failed, true},
	{both(found.succeeded, found.moved), found.mismatch, false},
	{always, found.pending, false},
}

// Judge reads the table of judgements.
func (e engage) Judge(c Change, before, after Standing) (Verdict, bool) {
	f := found{engage: e, Standing: after, want: c.Value, before: before}
	for _, row := range judgements {
		if row.when(f) {
			return row.say(f), row.settled
		}
	}
	panic("the last row of judgements fits always")
}

// AsAsked compares the stored request with the wish.
func (engage) AsAsked(c Change, now Standing) bool {
	return now.Found() && sameName(now.Request, c.Value)
}

// Shown is the group.
func (engage) Shown(c Change) string { return c.Value }

// Action says assign for somebody who held nothing, move for anybody else.
func (engage) Action(c Change, before Standing) Action {
	switch {
	case c.Value == "":
		return Remove
	case before.Group == "":
		return Assign
	}
	return Move
}

// Retryable reads the table of decisions: as if the line were loaded anew.
func (e engage) Retryable(c Change, now Standing) bool {
	f := found{engage: e, Standing: now, want: c.Value, before: now}
	for _, row := range decisions {
		if row.when(f) {
			return row.say(f).Code == "ENGAGE_RETRY_NEEDED"
		}
	}
	return false
}

// Holders is the number that the target counted in the org.
func (e engage) Holders() int { return e.EngageOptions.Holders }

// What the rows of the tables ask.

func both(conditions ...func(found) bool) func(found) bool {
	return func(f found) bool {
		return !slices.ContainsFunc(conditions, func(c func(found) bool) bool { return !c(f) })
	}
}

func not(condition func(found) bool) func(found) bool {
	return func(f found) bool { return !condition(f) }
}

func always(found) bool { return true }

func (f found) nobody() bool { return !f.Found() && f.Others == 0 }
func (f found) several() bool {
	return !f.Found() || f.Others > 0 && !f.wantsGroup() && f.Standing.Holders > 1
}
func (f found) asAsked() bool { return f.Found() && sameName(f.Request, f.want) }
func (f found) holdsIt() bool { return sameName(f.Group, f.want) }
func (f found) moved() bool   { return f.Status != f.before.Status || f.Group != f.before.Group }

func (f found) wantsGroup() bool    { return f.want != "" }
func (f found) inactive() bool      { return !f.Active }
func (f found) onItsWay() bool      { return f.Status == f.Words.RequestSent || f.Status == f.Words.Retry }
func (f found) succeeded() bool     { return f.Status == f.Words.Success }
func (f found) noLicenses() bool    { return f.Status == f.Words.NoLicenses }
func (f found) invalidName() bool   { return f.Status == f.Words.InvalidGroup }
func (f found) requestFailed() bool { return f.Status == f.Words.RequestFailed }
func (f found) tooLong() bool       { return f.MaxValue > 0 && len([]rune(f.want)) > f.MaxValue }
func (f found) unknownGroup() bool {
	return f.wantsGroup() && len(f.known) > 0 && !f.known[norm.NFC.String(f.want)]
}

// sameName compares group names in NFC, case and blanks included: Veeva publishes no looser rule.
func sameName(a, b string) bool {
	return a == b || norm.NFC.String(a) == norm.NFC.String(b)
}

// What the rows of the tables say.

func (f found) notFound() Verdict {
	return Verdict{Failed, "USER_NOT_FOUND", "no user of the org has this key", ChangeKey}
}

func (f found) ambiguous() Verdict {
	if f.Found() {
		return Verdict{Failed, "USER_AMBIGUOUS", fmt.Sprintf("%d users have this key and %d of them hold a group: which one loses it?", f.Others+1, f.Standing.Holders), ChangeKey}
	}
	return Verdict{Failed, "USER_AMBIGUOUS", fmt.Sprintf("%d users have this key and not exactly one of them is active", f.Others+1), ChangeKey}
}

// chosen tells, in whatever is said of the row later, that one of several was taken.
func (f found) chosen() string {
	if f.Others == 0 {
		return ""
	}
	return fmt.Sprintf("%d users have this key; the active one was taken", f.Others+1)
}

func (f found) underWay() Verdict {
	return Verdict{Pending, "ENGAGE_PENDING", "the same request is already on its way in the org (" + f.Status + "); nothing was sent", Wait}
}

func (f found) unchanged() Verdict { return Verdict{Word: Unchanged, Reason: f.chosen()} }

func (f found) mismatch() Verdict {
	return Verdict{Failed, "ENGAGE_MISMATCH", "the org says success but shows " + groupOrNone(f.Group) + " instead of " + groupOrNone(f.want) + "; ask for the vendor's manual sync", AskAdmin}
}

func (f found) isInactive() Verdict {
	return Verdict{Failed, "USER_INACTIVE", "the user is inactive and can be given no group", AskAdmin}
}

func (f found) retryNeeded() Verdict {
	saw := "the org shows no status"
	if f.Status != "" {
		saw = "the org shows " + f.Status
	}
	return Verdict{Failed, "ENGAGE_RETRY_NEEDED", "the request is stored already, " + saw + " and " + groupOrNone(f.Group) + "; sending it again would change nothing", Retry}
}

func (f found) valueTooLong() Verdict {
	return Verdict{Failed, "ROW_VALUE_TOO_LONG", fmt.Sprintf("the group name has %d characters, the org's request field holds %d", len([]rune(f.want)), f.MaxValue), FixAndLoad}
}

func (f found) invalidGroup() Verdict {
	reason := "no group of that name is listed under groups:"
	if near := nearNames(f.want, f.Groups); len(near) > 0 {
		reason += "; near it: " + strings.Join(near, ", ")
	}
	return Verdict{Failed, "ENGAGE_INVALID_GROUP", reason, FixAndLoad}
}

func (f found) changedMeanwhile() Verdict {
	if !f.Found() {
		return Verdict{Failed, "USER_CHANGED_MEANWHILE", "the org no longer shows this user", FixAndLoad}
	}
	return Verdict{Failed, "USER_CHANGED_MEANWHILE", "the request field now says " + groupOrNone(f.Request) + ": somebody else, or a trigger, has changed it", FixAndLoad}
}

func (f found) pending() Verdict {
	return Verdict{Pending, "ENGAGE_PENDING", "the request is stored; the org has not answered it yet", Wait}
}

func (f found) removed() Verdict { return Verdict{Word: Removed} }
func (f found) updated() Verdict { return Verdict{Word: Updated} }

func (f found) lacksLicence() Verdict {
	return Verdict{Failed, "ENGAGE_NO_LICENSES", "no Engage licences remain", FreeLicences}
}

func (f found) refusedName() Verdict {
	return Verdict{Failed, "ENGAGE_INVALID_GROUP", "the Engage server knows no group " + groupOrNone(f.want), FixAndLoad}
}

func (f found) failed() Verdict {
	return Verdict{Failed, "ENGAGE_REQUEST_FAILED", "the Engage server could not carry out the request", Retry}
}

func groupOrNone(name string) string {
	if name == "" {
		return "no group"
	}
	return fmt.Sprintf("%q", name)
}
