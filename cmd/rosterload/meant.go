package main

import (
	"fmt"
	"slices"
)

// meant asks for the word that was probably meant: the nearest one, when a third of the letters or less differ.
func meant(word string, known []string) string {
	nearest, least := "", len([]rune(word))/3+1
	for _, k := range known {
		if d := distance(word, k); d > 0 && d < least {
			nearest, least = k, d
		}
	}
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %s?", nearest)
}

// distance is how many letters to add, take away, change, or swap with their neighbour make one word the other.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	var before, last []int
	for i := range len(x) + 1 {
		row := make([]int, len(y)+1)
		for j := range row {
			switch {
			case i == 0 || j == 0:
				row[j] = i + j
				continue
			case x[i-1] == y[j-1]:
				row[j] = last[j-1]
			default:
				row[j] = 1 + slices.Min([]int{last[j-1], last[j], row[j-1]})
			}
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(y)]
}
