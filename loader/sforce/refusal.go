package sforce

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"rosterload/loader/transport"
)

// refusal is how the org spells an error: in an array, whose members' order and further keys vary.
type refusal struct {
	ErrorCode string `json:"errorCode"`
	Message   string `json:"message"`
}

// refusals reads the org's own words out of the body of a failed call.
func refusals(body []byte) []refusal {
	var all []refusal
	if json.Unmarshal(body, &all) == nil {
		return all
	}
	var one refusal
	if json.Unmarshal(body, &one) == nil && one != (refusal{}) {
		return []refusal{one}
	}
	return nil
}

// understood adds the org's own words to a failed call, and what they mean for the run.
func (c *Client) understood(err error) error {
	failed, ok := err.(*transport.Error)
	if !ok || failed.Status < http.StatusBadRequest {
		return err
	}
	own := *failed // a call that was ended because its sibling failed ends with the sibling's error
	e := &own
	if all := refusals(e.Body); len(all) > 0 {
		e.Code, e.Said = c.http.Said(all[0].ErrorCode), c.http.Said(strings.TrimSpace(all[0].Message))
	} else if text := bytes.TrimSpace(e.Body); len(text) > 0 && len(text) < 200 && !e.Page {
		e.Said = c.http.Said(string(text))
	}
	c.judge(e)
	return e
}

// judge sorts the org's plain no: what is about rights ends a run with 3, a retired version is the config's, all else
// leaves the run open.
func (c *Client) judge(e *transport.Error) {
	switch {
	case e.Status >= http.StatusInternalServerError, e.Status == http.StatusUnauthorized,
		e.Status == http.StatusRequestTimeout:
	case e.Code == "REQUEST_LIMIT_EXCEEDED":
		e.Means = transport.ErrUnavailable
	case e.Code == "UNSUPPORTED_API_VERSION", e.Status == http.StatusGone && e.Code == "":
		e.Err = fmt.Errorf("api_version %s is not served, or no longer: set another, such as %s", c.options.Version,
			DefaultVersion)
		if !c.served.Load() {
			e.Means = transport.ErrSetup
		}
	case strings.HasPrefix(e.Code, "INSUFFICIENT_ACCESS"), strings.Contains(e.Said, "No create/update access"),
		e.Code == "INVALID_FIELD", e.Code == "INVALID_TYPE": // what we may not see looks as if it were not there
		e.Means = transport.ErrDenied
	}
}

// IsCode tells whether an error is the org's refusal with one of these codes.
func IsCode(err error, codes ...string) bool {
	var e *transport.Error
	return errors.As(err, &e) && slices.Contains(codes, e.Code)
}

// IsStatus tells whether an error is an answer of the org with this status. A proxy's page says nothing of what the org
// has.
func IsStatus(err error, status int) bool {
	var e *transport.Error
	return errors.As(err, &e) && e.Status == status && !e.Page
}

// IsMissing tells whether the org itself says, with a code of its own, that it does not have what was asked for. What
// stands before it may answer 404 in JSON, too.
func IsMissing(err error) bool {
	var e *transport.Error
	return IsStatus(err, http.StatusNotFound) && errors.As(err, &e) && e.Code != ""
}
