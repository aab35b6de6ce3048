package changes

import (
	"fmt"
	"hash/maphash"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rosterload/transform"
)

func TestIDsOfOneWidthAndOfSeveralAreFoundAgain(t *testing.T) {
	for _, width := range []string{"%018d", "%d"} {
		all := &IDs{}
		x, last := newIndex(all, 3), near{}
		for i := range 5000 {
			id := fmt.Sprintf(width, i*7)
			if place, isNew := x.add(id); !isNew || place != i {
				t.Fatalf("%s: place %d, new %v", id, place, isNew)
			}
			if place, isNew := x.add(id); isNew || place != i {
				t.Fatalf("%s a second time: place %d, new %v", id, place, isNew)
			}
		}
		for i := range 5000 {
			if place, ok := x.find(fmt.Sprintf(width, i*7), &last); !ok || place != i {
				t.Fatalf("%d is found at %d, %v", i*7, place, ok)
			}
		}
		if _, ok := x.find("unknown", &last); ok {
			t.Error("an unknown id was found")
		}
	}
}

// An index is a map from an id to the place at which it came first, and the ids are a list of texts.
func TestAnIndexIsAMapAndIDsAreAList(t *testing.T) {
	id := rapid.OneOf(rapid.StringMatching(`[ab]{0,3}`), rapid.StringMatching(`005[0-9A-C]{2}`), rapid.Just(strings.Repeat("x", 300)))
	rapid.Check(t, func(rt *rapid.T) {
		all, places, list := &IDs{}, map[string]int{}, []string{}
		if rapid.Bool().Draw(rt, "expected") {
			all.Expect(rapid.IntRange(0, 5).Draw(rt, "count"))
		}
		x, last := newIndex(all, rapid.IntRange(0, 40).Draw(rt, "expected")), near{}
		for _, text := range rapid.SliceOfN(id, 0, 60).Draw(rt, "ids") {
			want, known := places[text]
			if place, ok := x.find(text, &last); ok != known || ok && place != want {
				rt.Fatalf("%q is found at %d, %v", text, place, ok)
			}
			if !known {
				want, list = len(list), append(list, text)
				places[text] = want
			}
			if place, isNew := x.add(text); isNew == known || place != want {
				rt.Fatalf("%q is added at %d, new %v", text, place, isNew)
			}
		}
		if all.Len() != len(list) {
			rt.Fatalf("%d ids, want %d", all.Len(), len(list))
		}
		for i, text := range list {
			if all.At(i) != text {
				rt.Fatalf("at %d stands %q, want %q", i, all.At(i), text)
			}
		}
		var asked []glimpse
		for _, text := range rapid.SliceOfN(id, 0, 60).Draw(rt, "asked") {
			asked = append(asked, glimpse{id: text})
		}
		x.findAll(asked, &last)
		for _, g := range asked {
			if want, known := places[g.id]; known && g.place != want || !known && g.place != -1 {
				rt.Fatalf("%q is found at %d among others, want %d, %v", g.id, g.place, want, known)
			}
		}
	})
}

func TestAStandingIsPackedAndUnpacked(t *testing.T) {
	text := rapid.SampledFrom([]string{"", "Alpha", "Beta", "alpha", "success"})
	rapid.Check(t, func(rt *rapid.T) {
		names := NewNames()
		var packed []Held
		var all []transform.Standing
		for i := range rapid.IntRange(1, 9).Draw(rt, "standings") {
			s := transform.Standing{User: transform.User{By: "Id", Key: "k"}, ID: fmt.Sprint(i), Active: rapid.Bool().Draw(rt, "active"), Request: text.Draw(rt, "request"), Group: text.Draw(rt, "group"), Status: text.Draw(rt, "status")}
			all, packed = append(all, s), append(packed, names.Pack(s))
		}
		for i, s := range all {
			if got := names.Unpack(s.User, s.ID, packed[i]); cmp.Diff(s, got) != "" || names.Group(packed[i]) != s.Group || names.Pack(got) != packed[i] {
				rt.Fatal(cmp.Diff(s, got))
			}
		}
		differ := map[held]bool{{}: true}
		for _, s := range all {
			differ[held{s.Request, s.Group, s.Status, s.Active}] = true
		}
		if len(names.text) > 5 || len(names.held) != len(differ) {
			rt.Fatalf("%q and %v are kept more than once", names.text, names.held)
		}
	})
}

// A tag that fits is no find: of two ids with one tag each is found under its own place only.
func TestATagThatFitsIsConfirmed(t *testing.T) {
	ids := &IDs{}
	x := newIndex(ids, 4)
	x.add("one")
	hash := maphash.String(x.seed, "another")
	slot := x.slot("another", hash)
	x.table[slot] = 1<<32 | hash>>32 // the place of "one" under the tag of another
	asked := []glimpse{{id: "another"}}
	last := near{5, 5}
	if x.findAll(asked, &last); asked[0].place != -1 {
		t.Errorf("another is found at %d, where one stands", asked[0].place)
	}
	if place, ok := x.find("another", &last); ok {
		t.Errorf("another is found at %d, where one stands", place)
	}
}

// Of ten million changes four bytes more are 46 MiB.
func TestAnEntryStaysSmall(t *testing.T) {
	if size := reflect.TypeFor[entry]().Size(); size > 24 {
		t.Errorf("an entry has %d bytes", size)
	}
}
