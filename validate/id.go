package validate

import (
	"bytes"
	"strings"
	"unicode"
)

// SalesforceID is for ids of 15 or 18 characters that begin with prefix. The canonical spelling has 18, with the case
// that the suffix tells: the 15 are compared with case, the 18 without, and both may mean one user.
func SalesforceID(prefix string) KeyFunc {
	return func(dst, cell []byte) ([]byte, *Fault) {
		switch {
		case len(cell) != 15 && len(cell) != 18:
			return dst, badID("an id has 15 or 18 characters")
		case !alphanumeric(cell):
			return dst, badID("an id has letters and digits only")
		case string(cell[:len(prefix)]) != prefix:
			return dst, badID("a user's id begins with " + prefix)
		case len(cell) == 15:
			return appendSuffix(append(dst, cell...), cell), nil
		}
		return restoreCase(dst, cell)
	}
}

// UserID is a Salesforce user's id in the spelling of 18 characters; a text that is no such id stays as it is.
func UserID(id string) string {
	spelled, fault := SalesforceID("005")(nil, []byte(id))
	if fault != nil {
		return id
	}
	return string(spelled)
}

func badID(reason string) *Fault { return &Fault{Code: "USER_BAD_ID", Reason: reason, Next: changeKey} }

func alphanumeric(cell []byte) bool {
	for _, c := range cell {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

const suffixAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

// appendSuffix adds the three letters that tell which of the fifteen characters are capitals: five bits a letter, the
// first character the lowest bit. Source: Salesforce, "15-character and 18-character record IDs".
func appendSuffix(dst, id []byte) []byte {
	for group := 0; group < 15; group += 5 {
		bits := 0
		for k, c := range id[group : group+5] {
			if 'A' <= c && c <= 'Z' {
				bits |= 1 << k
			}
		}
		dst = append(dst, suffixAlphabet[bits])
	}
	return dst
}

// restoreCase answers an id of 18 characters as the org writes it. The suffix must belong to it; only when all
// letters have one case, as a spreadsheet's LOWER leaves them, are they given the case that the suffix tells.
func restoreCase(dst, cell []byte) ([]byte, *Fault) {
	begin := len(dst)
	dst = append(appendSuffix(append(dst, cell[:15]...), cell), cell[15:]...)
	wanted := dst[begin+18:]
	for i, c := range wanted {
		wanted[i] = upper(c)
	}
	if bytes.Equal(dst[begin+15:begin+18], wanted) {
		return dst[:begin+18], nil
	}
	const foreign = "the id's last three characters do not belong to it: it was mistyped, or a spreadsheet changed it"
	if bytes.ContainsFunc(cell[:15], unicode.IsUpper) && bytes.ContainsFunc(cell[:15], unicode.IsLower) {
		return dst[:begin], badID(foreign)
	}
	for i, c := range dst[begin : begin+15] {
		bits := strings.IndexByte(suffixAlphabet, wanted[i/5])
		capital := bits >= 0 && bits>>(i%5)&1 == 1
		if bits < 0 || capital && !letter(c) {
			return dst[:begin], badID(foreign)
		}
		if dst[begin+i] = lower(c); capital {
			dst[begin+i] = upper(c)
		}
	}
	copy(dst[begin+15:], wanted)
	return dst[:begin+18], nil
}

func letter(c byte) bool { return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' }

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - ('a' - 'A')
	}
	return c
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}
