// Package validatetest makes requests for tests of policies. Only tests import it.
package validatetest

import (
	"iter"
	"os"
	"path/filepath"
	"testing"

	"rosterload/validate"
)

// T is what tests of both kinds can do, those of testing and those of rapid.
type T interface {
	Helper()
	Fatal(args ...any)
}

// Request is what a roster with this header and one line asks for: a request is made in no other way.
func Request(t testing.TB, spelling validate.Spelling, header, line string) (q validate.Request) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roster.csv")
	if err := os.WriteFile(path, []byte(header+"\n"+line+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for q = range Requests(t, path, spelling) {
		return q
	}
	t.Fatal("the roster has no line")
	return q
}

// Requests reads a roster of sound lines each time it is ranged over. As in a load, the bytes of a request are valid
// until the next one.
func Requests(t T, path string, spelling validate.Spelling) iter.Seq[validate.Request] {
	return func(yield func(validate.Request) bool) {
		t.Helper()
		roster, err := validate.Open(path, spelling, validate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = roster.Close() }()
		for line, err := range roster.Lines() {
			if err != nil {
				t.Fatal(err)
			}
			r, fault := roster.Check(line)
			if fault != nil {
				t.Fatal(fault)
			}
			if !yield(r) {
				return
			}
		}
	}
}
