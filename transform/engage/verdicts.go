package engage

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"rosterload/transform"
	"rosterload/validate"
)

// The reason codes of Engage.
const (
	codePending       = "ENGAGE_PENDING"
	codeMismatch      = "ENGAGE_MISMATCH"
	codeNoLicenses    = "ENGAGE_NO_LICENSES"
	codeInvalidGroup  = "ENGAGE_INVALID_GROUP"
	codeRequestFailed = "ENGAGE_REQUEST_FAILED"
	codeRetryNeeded   = "ENGAGE_RETRY_NEEDED"
)

func fails(code, reason, next string) transform.Verdict {
	return transform.Verdict{Word: transform.Failed, Code: code, Reason: reason, Next: next}
}

func waits(reason string) transform.Verdict {
	return transform.Verdict{Word: transform.Pending, Code: codePending, Reason: reason, Next: transform.Wait}
}

func (f found) notFound() transform.Verdict {
	return transform.Unfound(f.Standing, "user of the org")
}

func (f found) ambiguous() transform.Verdict {
	reason := fmt.Sprintf("%d users have this key and not exactly one of them is active", f.Others+1)
	if f.Found() {
		reason = fmt.Sprintf("%d users have this key and %d of them hold a group: which one loses it?", f.Others+1,
			f.Standing.Holders)
	}
	return fails(transform.CodeAmbiguous, reason, transform.ChangeKey)
}

func (f found) underWay() transform.Verdict {
	return waits("the same request is already on its way in the org (" + f.Status + "); nothing was sent")
}

func (f found) unchanged() transform.Verdict {
	return transform.Verdict{Word: transform.Unchanged, Reason: transform.Chosen(f.Standing)}
}

func (f found) mismatch() transform.Verdict {
	return fails(codeMismatch, "the org says success but shows "+groupOrNone(f.Group)+" instead of "+
		groupOrNone(f.want)+"; "+Stuck, transform.AskAdmin)
}

func (f found) isInactive() transform.Verdict {
	return fails(transform.CodeInactive, "the user is inactive and can be given no group", transform.AskAdmin)
}

// retryNeeded says why the earlier request failed, in words beside the org's own status, and what cures it first. A
// name that the server does not know fails again by a retry: a corrected name is a request of its own.
func (f found) retryNeeded() transform.Verdict {
	why, next := f.why(), transform.Retry
	if f.invalidName() && f.wantsGroup() {
		next = transform.FixAndLoad
	}
	return fails(codeRetryNeeded, "the request is stored already and sending it again would change nothing: "+why, next)
}

// why speaks of an earlier request and of its cure.
func (f found) why() string {
	shows := "the org shows " + f.Status + " and " + groupOrNone(f.Group)
	if f.Status == "" {
		shows = "the org shows no status and " + groupOrNone(f.Group)
	}
	switch {
	case f.noLicenses():
		return "no Engage licence was left for it (" + shows + "); free licences, then retry"
	case f.invalidName() && f.wantsGroup():
		return "the Engage server knows no group " + groupOrNone(f.want) + " (" + shows +
			"); a retry cannot help: correct the name and load again"
	case f.requestFailed():
		return "the Engage server could not carry it out (" + shows +
			"); look for the cause in the Engage administration, then retry"
	case f.Status == "":
		return "it was never answered (" + shows +
			"); make sure that Engage group provisioning is switched on, then retry"
	}
	return "it was not carried out (" + shows + "); retry"
}

func (f found) valueTooLong() transform.Verdict {
	reason := fmt.Sprintf("the group name has %d characters, the org's request field holds %d",
		utf8.RuneCountInString(f.want), f.options.MaxValue)
	return fails("ROW_VALUE_TOO_LONG", reason, transform.FixAndLoad)
}

func (f found) invalidGroup() transform.Verdict {
	reason := "no group of that name is listed under groups:"
	if near := validate.Near(f.want, f.options.Groups); len(near) > 0 {
		reason += "; near it: " + strings.Join(near, ", ")
	}
	return fails(codeInvalidGroup, reason, transform.FixAndLoad)
}

func (f found) changedMeanwhile() transform.Verdict {
	reason := "the org no longer shows this user"
	if f.Found() {
		reason = "the request field now says " + groupOrNone(f.Request) +
			": somebody else, or a trigger, has changed it"
	}
	return fails(transform.CodeChanged, reason, transform.FixAndLoad)
}

func (f found) pending() transform.Verdict {
	return waits("the request is stored; the org has not answered it yet")
}

func (f found) removed() transform.Verdict { return transform.Verdict{Word: transform.Removed} }
func (f found) updated() transform.Verdict { return transform.Verdict{Word: transform.Updated} }

func (f found) lacksLicence() transform.Verdict {
	return fails(codeNoLicenses, "no Engage licences remain", transform.FreeLicences)
}

func (f found) refusedName() transform.Verdict {
	return fails(codeInvalidGroup, "the Engage server knows no group "+groupOrNone(f.want), transform.FixAndLoad)
}

func (f found) failed() transform.Verdict {
	return fails(codeRequestFailed, "the Engage server could not carry out the request", transform.Retry)
}

func groupOrNone(name string) string {
	if name == "" {
		return "no group"
	}
	return fmt.Sprintf("%q", name)
}
