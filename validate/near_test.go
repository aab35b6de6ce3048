package validate

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestNamesATypingMistakeAway(t *testing.T) {
	names := []string{"Cardio East", "Cardio West", "Oncology", "A", "B", "C", "D", "E", "F"}
	for name, want := range map[string][]string{
		"cardio  EAST": {"Cardio East", "Cardio West"},
		"Cardio Eest":  {"Cardio East", "Cardio West"},
		"Cardio Easst": {"Cardio East"},
		"Oncolgy":      {"Oncology"},
		"Neurology":    {},
		"G":            {"A", "B", "C", "D", "E"},
	} {
		if got := Near(name, names); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestDistanceIsADistance(t *testing.T) {
	text := rapid.StringMatching(`[abc]{0,6}`)
	rapid.Check(t, func(rt *rapid.T) {
		a, b, c := []rune(text.Draw(rt, "a")), []rune(text.Draw(rt, "b")), []rune(text.Draw(rt, "c"))
		switch ab := distance(a, b); {
		case ab != distance(b, a):
			rt.Fatal("it depends on the order")
		case (ab == 0) != slices.Equal(a, b):
			rt.Fatalf("%d between %q and %q", ab, a, b)
		case distance(a, c) > ab+distance(b, c):
			rt.Fatal("a detour is shorter")
		}
	})
}
