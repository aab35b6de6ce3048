package terms_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader/terms"
	"rosterload/transform"
)

func TestTermsAreTheSameWhenTheyAreReadBack(t *testing.T) {
	want := &terms.Terms{
		Full: true, Owns: []string{"Cardio"}, Values: map[string]string{"Heart": "Cardio", "Gone": ""}, Protect: []string{"ceo@acme.example"},
		Expect:   terms.Expect{Least: 5, Most: 9, Change: "30%", New: true, Rising: true},
		Approval: terms.Approval{Removals: 50, Signers: "second@acme.example ssh-ed25519 AAAA"},
	}
	sealed, err := want.Seal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := terms.Unseal(sealed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := terms.Unseal([]byte("{")); err == nil {
		t.Error("half a file was read")
	}
}

// What a feed may do to a user, by what the user holds and what is asked for.
func TestAFeedChangesOnlyItsOwnGroups(t *testing.T) {
	own := &terms.Terms{Owns: []string{"Cardio", "Onco\u0301"}}
	over := &terms.Terms{Owns: own.Owns, TakeOver: true}
	for _, c := range []struct {
		name      string
		terms     *terms.Terms
		asked     string
		standing  transform.Standing
		protected bool
		code      string // empty: the policy decides
	}{
		{name: "no terms", asked: "Derma", standing: transform.Standing{ID: "1"}},
		{name: "its own", terms: own, asked: "Cardio", standing: transform.Standing{ID: "1"}},
		{name: "its own, composed otherwise", terms: own, asked: "Oncó", standing: transform.Standing{ID: "1"}},
		{name: "another's", terms: own, asked: "Derma", standing: transform.Standing{ID: "1"}, code: terms.CodeNotOwned},
		{name: "a removal of its own", terms: own, standing: transform.Standing{ID: "1", Group: "Cardio"}},
		{name: "a removal of another's", terms: own, standing: transform.Standing{ID: "1", Group: "Derma"}, code: terms.CodeNotOwned},
		{name: "another's is requested", terms: own, asked: "Cardio", standing: transform.Standing{ID: "1", Request: "Derma"}, code: terms.CodeNotOwned},
		{name: "it takes over", terms: over, asked: "Cardio", standing: transform.Standing{ID: "1", Group: "Derma"}},
		{name: "it takes over, but gives only its own", terms: over, asked: "Derma", standing: transform.Standing{ID: "1", Group: "Derma"}, code: terms.CodeNotOwned},
		{name: "protected", terms: own, asked: "Cardio", standing: transform.Standing{ID: "1"}, protected: true, code: terms.CodeProtected},
		{name: "no holder of that name", terms: own, asked: "Derma"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, ok := c.terms.Judge(c.asked, c.standing, c.protected)
			if ok != (c.code == "") || v.Code != c.code {
				t.Errorf("%v, %+v", ok, v)
			}
		})
	}
}
