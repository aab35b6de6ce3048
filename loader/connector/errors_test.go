package connector_test

import (
	"errors"
	"fmt"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/transport"
)

// saysSo is an error of a connector whose org has plain noes without an HTTP status of their own.
type saysSo bool

func (saysSo) Error() string       { return "no" }
func (s saysSo) NothingDone() bool { return bool(s) }

func TestWhichErrorsSayThatNothingWasDone(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"the org's plain no":                  {&transport.Error{Status: 400}, true},
		"a plain no that leaves the run open": {fmt.Errorf("upload: %w", &transport.Error{Status: 403, Means: connector.ErrUnavailable}), true},
		"too many calls":                      {&transport.Error{Status: 429, Means: connector.ErrUnavailable}, true},
		"a redirect that is not followed":     {&transport.Error{Status: 307}, true},
		"an org that fails":                   {&transport.Error{Status: 500, Means: connector.ErrUnavailable}, false},
		"no answer":                           {&transport.Error{Means: connector.ErrUnavailable}, false},
		"an answer that was lost":             {&transport.Error{Status: 502, Means: connector.ErrLost}, false},
		"a plain no of which we are not sure": {fmt.Errorf("%w: %w", connector.ErrLost, &transport.Error{Status: 400}), false},
		"a sign-in that was refused":          {fmt.Errorf("sign-in: %w", connector.ErrDenied), true},
		"an error that says so":               {fmt.Errorf("put: %w", saysSo(true)), true},
		"an error that says the opposite":     {fmt.Errorf("put: %w: %w", connector.ErrDenied, saysSo(false)), false},
		"an error of ours":                    {errors.New("disk full"), false},
		"no error":                            {nil, false},
	} {
		if got := connector.NothingDone(c.err); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
