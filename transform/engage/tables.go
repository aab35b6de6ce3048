package engage

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"rosterload/transform"
)

// found is one user as the tables read it. It is handed on by its place: a load asks for a dozen conditions of a million
// users, three times.
type found = *facts

type facts struct {
	transform.Standing
	*policy
	want   string // the group asked for, "" for none
	before transform.Standing
}

// decisions is the table of what is said before anything is sent. The first row that fits is taken.
var decisions = []struct {
	when func(found) bool
	say  func(found) transform.Verdict
}{
	{found.unknown, found.notFound},
	{found.several, found.ambiguous},
	{all(found.asAsked, found.onItsWay), found.underWay},
	{all(found.asAsked, found.holdsIt), found.unchanged},
	{all(found.asAsked, found.wantsGroup, found.succeeded), found.mismatch},
	{all(found.asAsked, found.wantsGroup, found.inactive), found.isInactive},
	{found.asAsked, found.retryNeeded},
	{all(found.wantsGroup, found.inactive), found.isInactive},
	{found.tooLong, found.valueTooLong},
	{found.unlisted, found.invalidGroup},
}

// judgements is the table of what is said afterwards. The first row that fits is taken; settled means that waiting
// longer changes nothing.
var judgements = []struct {
	when    func(found) bool
	say     func(found) transform.Verdict
	settled bool
}{
	{not(found.asAsked), found.changedMeanwhile, true},
	{found.onItsWay, found.pending, false},
	{all(not(found.wantsGroup), found.holdsIt), found.removed, true},
	{all(found.wantsGroup, found.succeeded, found.holdsIt), found.updated, true},
	{found.noLicenses, found.lacksLicence, true},
	{found.invalidName, found.refusedName, true},
	{found.requestFailed, found.failed, true},
	{all(found.succeeded, found.differs), found.mismatch, false},
	{always, found.pending, false},
}

func all(conditions ...func(found) bool) func(found) bool {
	return func(f found) bool {
		for _, fits := range conditions {
			if !fits(f) {
				return false
			}
		}
		return true
	}
}

func not(condition func(found) bool) func(found) bool {
	return func(f found) bool { return !condition(f) }
}

func always(found) bool { return true }

func (f found) unknown() bool { return !f.Found() && f.Others == 0 }

// several: no one of the matches is meant. A removal stays open as well when more than one of them holds a group: which
// one loses it?
func (f found) several() bool {
	return !f.Found() || f.Others > 0 && !f.wantsGroup() && f.Standing.Holders > 1
}

func (f found) asAsked() bool { return f.Found() && sameName(f.Request, f.want) }
func (f found) holdsIt() bool { return sameName(f.Group, f.want) }

// differs tells that the org's answer is not the one of before: a success that was there already may be yesterday's.
func (f found) differs() bool { return f.Status != f.before.Status || f.Group != f.before.Group }

func (f found) words() Words     { return f.options.Words }
func (f found) wantsGroup() bool { return f.want != "" }
func (f found) inactive() bool   { return !f.Active }
func (f found) onItsWay() bool {
	return f.Status == f.words().RequestSent || f.Status == f.words().Retry
}
func (f found) succeeded() bool     { return f.Status == f.words().Success }
func (f found) noLicenses() bool    { return f.Status == f.words().NoLicenses }
func (f found) invalidName() bool   { return f.Status == f.words().InvalidGroup }
func (f found) requestFailed() bool { return f.Status == f.words().RequestFailed }

func (f found) tooLong() bool {
	return f.options.MaxValue > 0 && utf8.RuneCountInString(f.want) > f.options.MaxValue
}

func (f found) unlisted() bool {
	return f.wantsGroup() && len(f.known) > 0 && !f.known[norm.NFC.String(f.want)]
}
