package plan

import (
	"testing"

	"rosterload/loader/run"
)

func TestTheRemovalGuard(t *testing.T) {
	for _, c := range []struct {
		name              string
		limit             string
		allow             int
		removals, holders int
		trips             bool
	}{
		{"a share that holds", "", 0, 20, 100, false},
		{"one more", "", 0, 21, 100, true},
		{"fewer than ten never trip a share", "", 0, 9, 9, false},
		{"ten of ten", "", 0, 10, 10, true},
		{"a number that holds", "5", 0, 5, 9, false},
		{"a number that does not, however small", "5", 0, 6, 1000, true},
		{"none at all", "0", 0, 1, 1000, true},
		{"the exact number lets them pass", "", 50, 50, 50, false},
		{"any other number does not", "", 49, 50, 50, true},
		{"not even where the guard would be silent", "", 3, 2, 1000, true},
	} {
		if why := Guard(run.Flags{MaxRemovals: c.limit, AllowRemovals: c.allow}, &run.Planned{Removals: c.removals, Holders: c.holders}); (why != "") != c.trips {
			t.Errorf("%s: %q", c.name, why)
		}
	}
}

func TestAShareIsANumberOrAPercentage(t *testing.T) {
	for text, good := range map[string]bool{"": true, "0": true, "15": true, "20%": true, "2.5%": true, "100%": true, "101%": false, "-1": false, "1.5": false, "many": false, "%": false, "NaN": false, "NaN%": false, "Inf": false, "inf%": false, "1e999": false, "99999999999999999999": false, "20 %": false, " 20% ": true} {
		if err := CheckShare(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}
