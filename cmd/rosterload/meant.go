package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"rosterload/validate"
)

// meant asks for the word that was probably meant, when there is one. Of one letter nothing is guessed.
func meant(word string, known []string) string {
	if near := validate.Near(word, known); len(near) > 0 && utf8.RuneCountInString(word) > 1 {
		return "; did you mean " + near[0] + "?"
	}
	return ""
}

// choices is meant, and all words that there are.
func choices(word string, known []string) string {
	if len(known) == 0 {
		return "; there are none"
	}
	all := strings.Join(known, ", ")
	if near := meant(word, known); near != "" {
		return fmt.Sprintf("%s (there are: %s)", near, all)
	}
	return "; there are: " + all
}
