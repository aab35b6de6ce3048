package sforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"

	"rosterload/loader/transport"
)

// APILimit is the org's day: calls allowed, calls left.
type APILimit struct {
	Max       int `json:"Max"`
	Remaining int `json:"Remaining"`
}

// DailyCalls asks for the org's day. An org that shows other limits and not this one answers zeros.
func (c *Client) DailyCalls(ctx context.Context) (APILimit, error) {
	limits, err := ask(ctx, c, call{method: http.MethodGet, path: "limits", repeatable: true}, anyLimit)
	if err != nil {
		return APILimit{}, err
	}
	var day APILimit
	_ = json.Unmarshal(limits["DailyApiRequests"], &day) // what is no limit counts nothing
	return day, nil
}

// anyLimit: an answer whose members are no limits is another answer. One without members is that of an org whose setup
// we may not see.
func anyLimit(limits map[string]json.RawMessage) error {
	for _, raw := range limits {
		var one struct{ Max *int }
		if json.Unmarshal(raw, &one) == nil && one.Max != nil {
			return nil
		}
	}
	if limits == nil || len(limits) > 0 {
		return errors.New("the answer names no limit")
	}
	return nil
}

// Day is what the last answer said of the org's day, nil when none said anything. Each answer that does makes another
// one, so that two of them tell whether the org has spoken in between. An org that lets us overspend has less than 0
// left.
func (c *Client) Day() *APILimit { return c.day.Load() }

// spared refuses a call that would eat into the reserve. Without a reserve the org itself says when it is enough.
func (c *Client) spared() error {
	day := c.day.Load()
	if day == nil || c.options.MinCallsLeft <= 0 || day.Remaining >= c.options.MinCallsLeft {
		return nil
	}
	return fmt.Errorf("%d API calls are left today, min_api_calls_left is %d: %w", day.Remaining,
		c.options.MinCallsLeft, transport.ErrUnavailable)
}

var usage = regexp.MustCompile(`(?:^|[\s;,])api-usage=(\d+)/(\d+)`)

// remember takes the day's count out of an answer's header. One that cannot be read says nothing.
func (c *Client) remember(info string) {
	m := usage.FindStringSubmatch(info)
	if m == nil {
		return
	}
	used, bad := strconv.Atoi(m[1])
	most, worse := strconv.Atoi(m[2])
	if bad != nil || worse != nil {
		return
	}
	c.day.Store(&APILimit{Max: most, Remaining: most - used})
}
