// Package validatetest makes requests for tests of policies. Only tests import it.
package validatetest

import (
	"os"
	"path/filepath"
	"testing"

	"rosterload/validate"
)

// Request is what a roster with this header and one line asks for: a request is made in no other way.
func Request(t testing.TB, spelling validate.Spelling, header, line string) validate.Request {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roster.csv")
	if err := os.WriteFile(path, []byte(header+"\n"+line+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := validate.Open(path, spelling, validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	var q validate.Request
	for l, err := range r.Lines() {
		if err != nil {
			t.Fatal(err)
		}
		var fault *validate.Fault
		if q, fault = r.Check(l); fault != nil {
			t.Fatal(fault)
		}
	}
	return q
}
