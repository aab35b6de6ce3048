package connector

import (
	"context"
	"errors"
	"net/http"

	"rosterload/loader/transport"
	"rosterload/transform"
)

// Errors that decide how a run ends: those of the wire, under the names that a loader asks for.
var (
	ErrLost        = transport.ErrLost        // sent, no answer: look before sending again
	ErrDenied      = transport.ErrDenied      // sign-in or permission: exit 3
	ErrUnavailable = transport.ErrUnavailable // exit 9, the run stays open
)

// NothingDone tells of an error that is the org's plain no, or ours before anything was sent: whatever the call asked
// for was not done. An error may say so itself, where an org's no has no HTTP status of its own. A redirect is a no:
// none of a write is followed.
func NothingDone(err error) bool {
	var no interface{ NothingDone() bool }
	var answer *transport.Error
	switch {
	case errors.Is(err, ErrLost):
		return false
	case errors.As(err, &no):
		return no.NothingDone()
	case errors.As(err, &answer):
		return answer.Status >= http.StatusMultipleChoices && answer.Status < http.StatusInternalServerError
	}
	return errors.Is(err, ErrDenied)
}

// WithTag tells a target which run, job and batch its calls belong to, for its log lines.
func WithTag(ctx context.Context, run string, job transform.Job, batch int) context.Context {
	return transport.WithTag(ctx, transport.Tag{Run: run, Job: job.String(), Batch: batch})
}
