package plan

import (
	"fmt"
	"strconv"
	"strings"

	"rosterload/loader/results"
	"rosterload/loader/run"
)

// A share never trips for fewer removals than this.
const guardFloor = 10

// Guard says why a plan's removals are too many to go on without a person's word; empty when they are not.
// --allow-removals with the exact number lets them pass; any other number expects another plan than this one.
func Guard(f run.Flags, p *run.Planned) string {
	if f.AllowRemovals > 0 {
		if f.AllowRemovals == p.Removals {
			return ""
		}
		return fmt.Sprintf("%d removals were allowed, but the plan has %d", f.AllowRemovals, p.Removals)
	}
	limit := f.MaxRemovals
	if limit == "" {
		limit = run.DefaultMaxRemovals
	}
	most, share, err := ParseShare(limit)
	if err != nil {
		return err.Error() // checked when flags are read; a sealed flag cannot be wrong
	}
	if !share {
		if p.Removals > int(most) {
			return fmt.Sprintf("%d removals are more than the %d allowed by --max-removals", p.Removals, int(most))
		}
		return ""
	}
	if p.Removals >= guardFloor && float64(p.Removals)*100 > most*float64(p.Holders) {
		return fmt.Sprintf("%d removals are more than %s of the %d people who have a group", p.Removals, limit,
			p.Holders)
	}
	return ""
}

// RemovalsHold is the guard's word as a hold.
func RemovalsHold(f run.Flags, p *run.Planned) results.Hold {
	limit := f.MaxRemovals
	if limit == "" {
		limit = run.DefaultMaxRemovals
	}
	return results.Hold{Code: run.HoldRemovals, Text: p.Guard, Found: strconv.Itoa(p.Removals), Limit: limit}
}

// ParseShare reads "20%" or "15". What is no number at all, as NaN, would let everything pass.
func ParseShare(text string) (value float64, share bool, err error) {
	digits, share := strings.CutSuffix(strings.TrimSpace(text), "%")
	value, err = strconv.ParseFloat(digits, 64)
	if err != nil || !(value >= 0) || share && value > 100 || !share && value != float64(int(value)) {
		return 0, share, fmt.Errorf("%q is neither a number such as 15 nor a share such as 20%%", text)
	}
	return value, share, nil
}

// CheckShare is for readers of flags and settings.
func CheckShare(text string) error {
	if text == "" {
		return nil
	}
	_, _, err := ParseShare(text)
	return err
}
