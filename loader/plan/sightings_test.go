package plan

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"rosterload/transform"
)

// However many standings are confirmed together, and in whatever order the org names its users, each row has its user, an ambiguous one its
// matches, and users of no row are left out.
func TestPagesOfSightingsJoinAsOneByOne(t *testing.T) {
	var lines []string
	var org []transform.Standing
	for i := range 200 {
		key := fmt.Sprintf("user%03d", i)
		if i%7 != 0 {
			lines = append(lines, key+",Beta")
		}
		if i%5 != 0 {
			org = append(org, holding(key, fmt.Sprintf("id-%d", i), "Alpha"))
		}
		if i%20 == 1 {
			org = append(org, holding(key, fmt.Sprintf("twin-%d", i), ""))
		}
	}
	r := newRig(t, append(lines, "user001,Beta", "user002,Gamma")...) // a duplicate, and a contradiction
	said := func(most int) (all []transform.Standing, found, holders int) {
		rand.New(rand.NewPCG(uint64(most), 1)).Shuffle(len(org), func(a, b int) { org[a], org[b] = org[b], org[a] })
		n := NewSnapshot(r.screening)
		n.most = most
		for _, s := range org {
			r.ok(n.See(s))
		}
		r.ok(n.Join())
		for q := range NewRequests(r.roster, r.screening).All() {
			all = append(all, n.Of(q))
		}
		return all, n.Found(), n.holders()
	}
	want, found, holders := said(1)
	if users := slices.DeleteFunc(slices.Clone(want), func(s transform.Standing) bool { return !s.Found() }); len(users) < 100 || len(users) == len(want) {
		t.Fatalf("%d of %d rows have a user", len(users), len(want))
	}
	for _, most := range []int{2, 7, 64, leastSightings} {
		if got, f, h := said(most); !reflect.DeepEqual(got, want) || f != found || h != holders {
			t.Errorf("pages of %d: %d found, %d holders, want %d and %d:\n%v\n%v", most, f, h, found, holders, got, want)
		}
	}
}

// The hash that leads to a row is a guess. A user of another key is not that row's, whatever the guess was.
func TestAGuessIsNoFind(t *testing.T) {
	r := newRig(t, "ann,Beta", "bob,Beta")
	for _, c := range []struct {
		key        string
		guess, row int
	}{{"ann", 1, 1}, {"ann", 2, 1}, {"bob", 1, 2}, {"cat", 1, 0}, {"cat", 2, 0}} {
		if row, ok, err := r.screening.Confirm(c.guess, []byte(c.key)); row != c.row || ok != (c.row != 0) || err != nil {
			t.Errorf("%s, guessed in row %d, is found in row %d, %v, %v", c.key, c.guess, row, ok, err)
		}
	}
}
