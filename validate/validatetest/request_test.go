package validatetest_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"rosterload/validate"
	"rosterload/validate/validatetest"
)

var spelling = validate.Spelling{
	Users:   []validate.UserColumn{{By: "Username", Headings: []string{"Username"}, Key: validate.TextKey}},
	Values:  []string{"Group"},
	Nothing: []string{"#N/A"},
	Blank:   validate.Remove,
}

func TestARequestIsWhatItsLineAsksFor(t *testing.T) {
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

func TestTheRequestsOfARosterMayBeReadTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "roster.csv")
	if err := os.WriteFile(path, []byte("Username,Group\nann,Alpha\nben,Beta\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	requests := validatetest.Requests(t, path, spelling)
	for range 2 {
		var keys []string
		for r := range requests {
			keys = append(keys, string(r.Key()))
		}
		if !slices.Equal(keys, []string{"ann", "ben"}) {
			t.Errorf("%v", keys)
		}
	}
}

// stopped is a test that has failed.
type stopped struct{}

func (stopped) Helper()      {}
func (stopped) Fatal(...any) { panic(stopped{}) }

func TestALineWithAFaultEndsTheTest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "roster.csv")
	if err := os.WriteFile(path, []byte("Username,Group\nann\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() != (stopped{}) {
			t.Error("it went on")
		}
	}()
	for range validatetest.Requests(stopped{}, path, spelling) {
		t.Error("a line with a fault is a request")
	}
}
