package org

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever is asked of an organisation, in whatever order: no licence too many is used, each member counts once, and
// in the end every request has an answer.
func TestLawsOfAnOrganisation(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		now, licences := time.Unix(0, 0), rapid.IntRange(0, 4).Draw(r, "licences")
		g := New(Options{Groups: []string{"Alpha", "Beta"}, Licences: &licences, Delay: time.Second, Now: func() time.Time { return now }})
		for n := range 6 {
			if err := g.Add(User{Username: fmt.Sprintf("user%d@acme.example", n), Active: n != 5}); err != nil {
				r.Fatal(err)
			}
		}
		for range rapid.IntRange(1, 40).Draw(r, "steps") {
			i := rapid.IntRange(0, 5).Draw(r, "user")
			switch rapid.IntRange(0, 3).Draw(r, "what") {
			case 0:
				g.Write(i, rapid.SampledFrom([]string{"", "Alpha", "Beta", "Gamma"}).Draw(r, "group"))
			case 1:
				g.Again(i)
			default:
				now = now.Add(time.Duration(rapid.IntRange(0, 1500).Draw(r, "ms")) * time.Millisecond)
				g.Settle()
			}
			check(r, g, licences)
		}
		now = now.Add(time.Hour)
		g.Settle()
		check(r, g, licences)
		for i := range g.Count() {
			u := g.At(i)
			switch {
			case u.Status == Sent:
				r.Fatalf("%s was never answered", u.Username)
			case u.Status == Success && u.Group != u.Request:
				r.Fatalf("%s: success, and holds %q instead of %q", u.Username, u.Group, u.Request)
			case u.Group == "Gamma" || !u.Active && u.Group != "":
				r.Fatalf("%s holds %q", u.Username, u.Group)
			}
		}
	})
}

func check(r *rapid.T, g *Org, licences int) {
	members := 0
	for i := range g.Count() {
		if g.At(i).Group != "" {
			members++
		}
	}
	if used, _ := g.Licences(); used != members || used > licences {
		r.Fatalf("%d licences are used by %d members, %d there are", used, members, licences)
	}
}

// newOrg has one member of Alpha, one licence, and one user without a group.
func newOrg(t *testing.T) (g *Org, member, other int, later func()) {
	t.Helper()
	one, now := 1, time.Unix(0, 0)
	g = New(Options{Groups: []string{"Alpha", "Beta"}, Licences: &one, Delay: time.Second, Now: func() time.Time { return now }})
	for _, u := range []User{{Username: "member@acme.example", Active: true, Request: "Alpha", Group: "Alpha", Status: Success}, {Username: "other@acme.example", Active: true}} {
		if err := g.Add(u); err != nil {
			t.Fatal(err)
		}
	}
	return g, 0, 1, func() { now = now.Add(time.Minute); g.Settle() }
}

func TestWhatEachWriteDoes(t *testing.T) {
	g, member, other, later := newOrg(t)
	g.Write(member, "Alpha")
	if g.At(member).Status != Success || g.Changes() != 0 {
		t.Error("the same request again started something")
	}
	g.Write(member, "Beta")
	if later(); g.At(member).Group != "Beta" {
		t.Error("a move needs a licence")
	}
	g.Write(other, "Alpha")
	if later(); g.At(other).Status != NoLicences || g.At(other).Group != "" {
		t.Errorf("a second member with one licence: %+v", *g.At(other))
	}
	g.Write(member, "Gamma")
	if later(); g.At(member).Status != InvalidGroup || g.At(member).Group != "Beta" {
		t.Errorf("a move that fails takes the old group away: %+v", *g.At(member))
	}
	g.Write(member, "")
	if later(); g.At(member).Status != Success || g.At(member).Group != "" || g.At(member).HostID != "" {
		t.Errorf("a removal: %+v", *g.At(member))
	}
	g.Again(other)
	if later(); g.At(other).Group != "Alpha" {
		t.Error("a retry after a licence was freed does nothing")
	}
}

func TestOfTwoRequestsTheLastIsAnswered(t *testing.T) {
	g, member, _, later := newOrg(t)
	g.Write(member, "Beta")
	g.Write(member, "")
	if later(); g.At(member).Group != "" || g.At(member).Status != Success {
		t.Errorf("%+v", *g.At(member))
	}
}

func TestARetryWithABlankRequestAsksForTheRemoval(t *testing.T) {
	g, member, _, later := newOrg(t)
	g.At(member).Request = ""
	g.Write(member, "")
	if later(); g.At(member).Group != "Alpha" {
		t.Fatal("blanking what is blank removed a member")
	}
	g.Again(member)
	if later(); g.At(member).Group != "" {
		t.Error("the retry has not removed")
	}
}

func TestALostAnswerIsFoundByASync(t *testing.T) {
	g, _, other, later := newOrg(t)
	g.SetLicences(5)
	g.SetBroken(nil, map[string]bool{"other@acme.example": true})
	g.Write(other, "Beta")
	if later(); g.At(other).Status != Sent {
		t.Fatalf("%+v", *g.At(other))
	}
	if g.Sync(); g.At(other).Group != "Beta" || g.At(other).Status != Success {
		t.Errorf("%+v", *g.At(other))
	}
}

func TestRequestsQueueWhenTheyAreAnsweredOneByOne(t *testing.T) {
	now := time.Unix(0, 0)
	g := New(Options{Delay: time.Second, OneByOne: true, Now: func() time.Time { return now }})
	for n := range 3 {
		_ = g.Add(User{Username: fmt.Sprint(n), Active: true})
		g.Write(n, "Alpha")
	}
	for n := range 3 {
		now = now.Add(time.Second)
		g.Settle()
		for k := range 3 {
			if answered := g.At(k).Status == Success; answered != (k <= n) {
				t.Errorf("after %d seconds user %d: %v", n+1, k, answered)
			}
		}
	}
}

func TestAnIDIsFoundInEverySpelling(t *testing.T) {
	// The pairs are those of the vendor's own examples.
	for short, full := range map[string]string{
		"a0D30000001n7Pi": "a0D30000001n7PiEAI", "500x000000003TR": "500x000000003TRAAY",
		"001D000000INjVe": "001D000000INjVeIAL", "00530000003xqAb": "00530000003xqAbAAI",
	} {
		for _, spelling := range []string{short, full, strings.ToLower(full), strings.ToUpper(full)} {
			if is, ok := FullID(spelling); !ok || is != full {
				t.Errorf("%s: %q %v, want %s", spelling, is, ok, full)
			}
		}
	}
	for _, wrong := range []string{"", "005", "a0D30000001n7Pi9AI", "005300000000000ZZZ", strings.Repeat("0", 17)} {
		if is, ok := FullID(wrong); ok {
			t.Errorf("%q is taken for %s", wrong, is)
		}
	}
}

func TestARetryWithNothingRequestedAndNothingHeldSucceedsAtOnce(t *testing.T) {
	g, _, other, _ := newOrg(t)
	if g.Again(other); g.At(other).Status != Success {
		t.Errorf("%+v", *g.At(other))
	}
}
