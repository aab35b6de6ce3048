package validatetest_test

import (
	"testing"

	"rosterload/validate"
	"rosterload/validate/validatetest"
)

func TestARequestIsWhatItsLineAsksFor(t *testing.T) {
	spelling := validate.Spelling{
		Users:   []validate.UserColumn{{By: "Username", Headings: []string{"Username"}, Key: validate.TextKey}},
		Values:  []string{"Group"},
		Nothing: []string{"#N/A"},
		Blank:   validate.Remove,
	}
	for _, c := range []struct {
		line, key, value string
		removal          bool
	}{
		{"ann,Alpha", "ann", "Alpha", false},
		{"ann,", "ann", "", true},
		{"ben,#N/A", "ben", "", true},
	} {
		q := validatetest.Request(t, spelling, "Username,Group", c.line)
		if string(q.Key()) != c.key || string(q.Value()) != c.value || q.Removal() != c.removal || q.Row() != 1 {
			t.Errorf("%s: %q, %q, %v, row %d", c.line, q.Key(), q.Value(), q.Removal(), q.Row())
		}
	}
}
