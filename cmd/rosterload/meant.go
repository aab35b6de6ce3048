package main

import (
	"rosterload/validate"
)

// meant asks for the word that was probably meant, when there is one.
func meant(word string, known []string) string {
	if near := validate.Near(word, known); len(near) > 0 {
		return ": did you mean " + near[0] + "?"
	}
	return ""
}
