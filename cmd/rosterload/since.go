package main

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// sinceOf reads --since: a date, or a span back from now. The zero time is everything.
func sinceOf(c *cli.Context) (time.Time, error) {
	text := c.String("since")
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, time.Local); err == nil {
		return day, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	span, err := spanOf(text)
	if err != nil {
		return time.Time{}, usage("", "--since %q is neither a date such as 2026-11-23 nor a span such as 30d", text)
	}
	return time.Now().Add(-span), nil
}

// spanOf reads 400d, 12h and the like.
func spanOf(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 100*366 {
			return 0, errors.New("no number of days")
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	span, err := time.ParseDuration(text)
	if err == nil && span < 0 {
		err = errors.New("less than nothing")
	}
	return span, err
}

func notThere(err error) bool { return errors.Is(err, fs.ErrNotExist) }
