package connector

import (
	"errors"
	"net/http"

	"rosterload/loader/transport"
)

// NothingDone tells of an error that is the org's plain no, or ours before anything was sent: whatever the call asked for was not done.
func NothingDone(err error) bool {
	var answer *transport.Error
	switch {
	case errors.Is(err, ErrLost):
		return false
	case errors.As(err, &answer):
		return answer.Status >= http.StatusBadRequest && answer.Status < http.StatusInternalServerError
	}
	return errors.Is(err, ErrDenied)
}
