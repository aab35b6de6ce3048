package sforce

import "strings"

// IsUserID tells whether a text is a user's id as an org writes it: 18 letters and digits, of which the first three
// name the object.
func IsUserID(id string) bool {
	return len(id) == 18 && strings.HasPrefix(id, "005") && !strings.ContainsFunc(id, notInIDs)
}

func notInIDs(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}
