package loader

import (
	"fmt"
	"strconv"
	"strings"
)

// A share never trips for fewer removals than this.
const guardFloor = 10

const defaultMaxRemovals = "20%"

// guard says why a plan's removals are too many to go on without being asked, or nothing. --allow-removals with the exact number lets
// them pass; any other number is somebody who expects another plan than this one.
func (w *work) guard(p *Planned) string {
	if w.Flags.AllowRemovals > 0 {
		if w.Flags.AllowRemovals == p.Removals {
			return ""
		}
		return fmt.Sprintf("%d removals were allowed, but the plan has %d", w.Flags.AllowRemovals, p.Removals)
	}
	limit := w.Flags.MaxRemovals
	if limit == "" {
		limit = defaultMaxRemovals
	}
	most, share, err := parseShare(limit)
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
		return fmt.Sprintf("%d removals are more than %s of the %d people who have a group", p.Removals, limit, p.Holders)
	}
	return ""
}

// parseShare reads "20%" or "15".
func parseShare(text string) (value float64, share bool, err error) {
	digits, share := strings.CutSuffix(strings.TrimSpace(text), "%")
	value, err = strconv.ParseFloat(digits, 64)
	if err != nil || value < 0 || share && value > 100 || !share && value != float64(int(value)) {
		return 0, share, fmt.Errorf("%q is neither a number such as 15 nor a share such as 20%%", text)
	}
	return value, share, nil
}

// CheckShare is for whoever reads a flag or a setting.
func CheckShare(text string) error {
	if text == "" {
		return nil
	}
	_, _, err := parseShare(text)
	return err
}
