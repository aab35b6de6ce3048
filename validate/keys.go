package validate

import (
	"unicode"
	"unicode/utf8"
)

// KeyFunc appends the canonical spelling of a trimmed user cell to dst: what all cells that mean one user have in
// common. It answers a fault when no user can be spelled so; the caller adds line and column.
type KeyFunc func(dst, cell []byte) ([]byte, *Fault)

// TextKey is for keys that are compared as text, case and zeros included: FederationIdentifier, EmployeeNumber.
func TextKey(dst, cell []byte) ([]byte, *Fault) { return append(dst, cell...), nil }

// FoldKey is for usernames and e-mails, which orgs compare whatever their case.
func FoldKey(dst, cell []byte) ([]byte, *Fault) {
	for i := 0; i < len(cell); {
		c := cell[i]
		if c < utf8.RuneSelf {
			dst = append(dst, lower(c))
			i++
			continue
		}
		r, size := utf8.DecodeRune(cell[i:])
		if small := fold(r); small != r {
			dst = utf8.AppendRune(dst, small)
		} else {
			dst = append(dst, cell[i:i+size]...) // a byte that is no UTF-8 stays what it is
		}
		i += size
	}
	return dst, nil
}

// Fold is the spelling that two usernames or e-mails have in common when they differ in case only. Orgs' answers are
// compared by it as well, so that a user is found under one spelling everywhere.
func Fold(name string) string {
	folded, _ := FoldKey(nil, []byte(name))
	return string(folded)
}

// fold is the small letter of a pair: two letters that are the simple upper and lower case of each other. A letter
// without a partner is itself. So no letter leads to another one by the way: the Kelvin sign is no k, a dotless or
// dotted i no i, a long or final s no s. An org that takes two of them for one answers with two users, which is told;
// taken for one here, the wrong user might be changed.
func fold(r rune) rune {
	if small := unicode.ToLower(r); unicode.ToUpper(small) == r {
		return small
	}
	return r
}
