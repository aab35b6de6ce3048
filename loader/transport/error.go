// Package transport sends one HTTP request, and again only if the request says of itself that it may be sent again.
package transport

import "errors"

// What an error of the wire means for a run. Each is wrapped by an *Error that says where and why.
var (
	// ErrLost: sent, and no answer came; it may or may not have been carried out. Look before sending again.
	ErrLost = errors.New("the answer was lost")
	// ErrDenied: sign-in or permission. The run stops with exit 3.
	ErrDenied = errors.New("not allowed")
	// ErrUnavailable: the org cannot be reached or asks us to stay away. The run stops with exit 9 and stays open.
	ErrUnavailable = errors.New("org unavailable")
)
