package transform

import "testing"

func TestOfSeveralMatchesTheOnlyActiveOneIsMeant(t *testing.T) {
	a, b, c := Standing{ID: "a", Active: true}, Standing{ID: "b", Group: "X"}, Standing{ID: "c", Active: true, Request: "X"}
	for _, want := range []struct {
		name            string
		matches         []Standing
		id              string
		others, holders int
	}{
		{"no match", nil, "", 0, 0},
		{"one, though inactive", []Standing{b}, "b", 0, 1},
		{"one active of two", []Standing{b, a}, "a", 1, 1},
		{"two active of three", []Standing{a, b, c}, "", 2, 2},
	} {
		if s := Choose(want.matches); s.ID != want.id || s.Others != want.others || s.Holders != want.holders {
			t.Errorf("%s: %+v", want.name, s)
		}
	}
}
