package engage

import (
	"slices"
	"strings"
)

// nearNames are those of names that a typing mistake makes of name: other case, other blanks, or at most two letters. Five at most.
func nearNames(name string, names []string) []string {
	folded := fold(name)
	near := slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		return distance(fold(n), folded) > 2
	})
	return near[:min(len(near), 5)]
}

func fold(name string) []rune {
	return []rune(strings.ToLower(strings.Join(strings.Fields(name), " ")))
}

// distance is Levenshtein's: insertions, deletions and substitutions from a to b.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := diagonal
			if x != y {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
