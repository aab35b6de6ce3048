package vault

import (
	"errors"
	"slices"

	"rosterload/loader/transport"
)

// trouble is one of an envelope's errors. Its type is fixed for an API version; its message may change at any time and
// is only shown.
type trouble struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// envelope is what every answer has.
type envelope struct {
	Status string    `json:"responseStatus"`
	Errors []trouble `json:"errors"`
}

func (e *envelope) outer() *envelope { return e }

// failure is an answer that is no success as a whole.
type failure struct {
	call string
	trouble
	plain bool // FAILURE: nothing of the call was done
	means error
}

func (f *failure) Error() string {
	text := f.call + ": " + f.Type
	if f.Message != "" {
		text += ": " + f.Message
	}
	return text
}

func (f *failure) Unwrap() error { return f.means }

// NothingDone tells the Vault's plain no, which has the HTTP status 200, from its exceptions.
func (f *failure) NothingDone() bool { return f.plain }

// forTheMoment are refusals that another moment may not give.
var forTheMoment = []string{"API_LIMIT_EXCEEDED", "RACE_CONDITION", "OPERATION_IN_PROGRESS"}

// judged is an envelope's word on the whole call. Only FAILURE says that nothing was done: after an exception, or an
// envelope of another shape, a call that may not be repeated has an unknown end. A session that ends again after each
// sign-in is no denial.
func (w *wire) judged(c call, e *envelope) error {
	switch e.Status {
	case "SUCCESS", "WARNING":
		return nil
	case "FAILURE", "EXCEPTION":
	default:
		return transport.NoAnswer("the answer has no status")
	}
	f := &failure{
		call: c.method + " " + c.path, trouble: trouble{Type: e.Status}, plain: e.Status == "FAILURE",
		means: transport.ErrUnavailable,
	}
	if len(e.Errors) > 0 {
		f.trouble = trouble{Type: w.http.Said(e.Errors[0].Type), Message: w.http.Said(e.Errors[0].Message)}
	}
	switch {
	case !f.plain && !c.again:
		f.means = transport.ErrLost
	case !f.plain, slices.Contains(forTheMoment, f.Type):
		return transport.Busy(f)
	case f.Type == "INSUFFICIENT_ACCESS" || f.Type == "INACTIVE_USER":
		f.means = transport.ErrDenied
	}
	return f
}

// isType tells whether an error is Vault's refusal of one of these types.
func isType(err error, types ...string) bool {
	var f *failure
	return errors.As(err, &f) && slices.Contains(types, f.Type)
}

func isPlainNo(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.plain
}
