package validate

import (
	"slices"
	"strings"
)

// Near are those of words that a typing mistake makes of word: other case, other blanks, or at most two letters (of a
// short word, one). The nearest come first; five at most.
func Near(word string, words []string) []string {
	folded, far := likeness(word), map[string]int{}
	most := 2
	if len(folded) < 4 {
		most = 1
	}
	var near []string
	for _, w := range words {
		if d := distance(likeness(w), folded); d <= most && w != word {
			far[w] = d
			near = append(near, w)
		}
	}
	slices.SortStableFunc(near, func(a, b string) int { return far[a] - far[b] })
	return near[:min(len(near), 5)]
}

func likeness(name string) []rune {
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
