package transform

import "fmt"

// The reason codes that every policy says alike.
const (
	CodeNotFound  = "USER_NOT_FOUND"
	CodeAmbiguous = "USER_AMBIGUOUS"
	CodeInactive  = "USER_INACTIVE"
	CodeChanged   = "USER_CHANGED_MEANWHILE"
)

// Failure is the verdict of a line that fails.
func Failure(code, next, format string, args ...any) Verdict {
	return Verdict{Word: Failed, Code: code, Next: next, Reason: fmt.Sprintf(format, args...)}
}

// Unfound is said of a key that leads to no user, or not to exactly one. users says which: "Salesforce user".
func Unfound(s Standing, users string) Verdict {
	if s.Others > 0 {
		return Failure(CodeAmbiguous, ChangeKey, "%d %ss have this key and not exactly one of them is active",
			s.Others+1, users)
	}
	return Failure(CodeNotFound, ChangeKey, "no %s has this key", users)
}

// Chosen is a note for whatever is said of a row later: of several users the active one was taken. Empty where there
// was one.
func Chosen(s Standing) string {
	if s.Others == 0 {
		return ""
	}
	return fmt.Sprintf("%d users have this key; the active one was taken", s.Others+1)
}
