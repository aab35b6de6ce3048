package sforce_test

import (
	"testing"

	"rosterload/loader/sforce"
)

func TestWhatIsAUsersID(t *testing.T) {
	for id, want := range map[string]bool{
		"0055f0000000001AAA": true, "0055f0000000001": false, "0015f0000000001AAA": false, "": false, "0055f00000000 1AAA": false,
	} {
		if sforce.IsUserID(id) != want {
			t.Errorf("%q: %v", id, !want)
		}
	}
}
