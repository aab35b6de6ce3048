package validate

import (
	"bytes"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestUsernamesMatchWhateverTheCase(t *testing.T) {
	for _, c := range []struct{ name, a, b string }{
		{"plain letters", "Ann.Bauer@ACME.example", "ann.bauer@acme.EXAMPLE"},
		{"umlauts", "JÜRGEN@acme.example", "jürgen@acme.example"},
		{"Greek", "ΑΘΗΝΆ@acme.example", "αθηνά@acme.example"},
		{"Cyrillic", "ИВАН@acme.example", "иван@acme.example"},
		{"Georgian", "ᲐᲜᲐ@acme.example", "ანა@acme.example"},
	} {
		if Fold(c.a) != Fold(c.b) {
			t.Errorf("%s: %q and %q are one user, and became %q and %q", c.name, c.a, c.b, Fold(c.a), Fold(c.b))
		}
	}
}

func TestNoLetterLeadsToAnotherUser(t *testing.T) {
	for _, c := range []struct{ name, a, b string }{
		{"the Kelvin sign and k", "\u212Aarl@acme.example", "karl@acme.example"},
		{"the Kelvin sign and K", "\u212Aarl@acme.example", "Karl@acme.example"},
		{"the long s and s", "ro\u017Fe@acme.example", "rose@acme.example"},
		{"the Angstrom sign and å", "\u212Ase@acme.example", "åse@acme.example"},
		{"the final sigma and σ", "νίκο\u03C2@acme.example", "νίκο\u03C3@acme.example"},
		{"the final sigma and Σ", "ΝΊΚΟ\u03C2@acme.example", "ΝΊΚΟΣ@acme.example"},
		{"the dotless i and i", "d\u0131la@acme.example", "dila@acme.example"},
		{"the dotless i and I", "d\u0131la@acme.example", "dIla@acme.example"},
		{"the dotted I and i", "\u0130rem@acme.example", "irem@acme.example"},
		{"the capital sharp s and ß", "wei\u1E9E@acme.example", "weiß@acme.example"},
		{"sharp s and ss", "weiß@acme.example", "weiss@acme.example"},
		{"a letter with an accent and without", "josé@acme.example", "jose@acme.example"},
		{"a letter in one rune and in two", "jos\u00E9@acme.example", "jose\u0301@acme.example"},
		{"a digraph in title case and in small", "\u01C5@acme.example", "\u01C6@acme.example"},
		{"a fullwidth letter and a plain one", "\uFF41nn@acme.example", "ann@acme.example"},
		{"bytes that are no UTF-8", "a\xFF@acme.example", "a\xFE@acme.example"},
	} {
		if Fold(c.a) == Fold(c.b) {
			t.Errorf("%s: %q and %q are two users, and both became %q", c.name, c.a, c.b, Fold(c.a))
		}
	}
}

// The rule, for every letter there is: two runes fold to one exactly when each is the simple upper or lower case of the other.
func TestTwoLettersMatchOnlyAsAPair(t *testing.T) {
	partner := map[rune]rune{}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		small := fold(r)
		if small == r {
			if upper := unicode.ToUpper(r); upper != r && unicode.ToLower(upper) == r && fold(upper) != r {
				t.Errorf("%U and %U are a pair and do not match", r, upper)
			}
			continue
		}
		if unicode.ToLower(r) != small || unicode.ToUpper(small) != r || fold(small) != small || partner[small] != 0 {
			t.Errorf("%U folds to %U, as %U does", r, small, partner[small])
		}
		partner[small] = r
	}
	if len(partner) < 1000 {
		t.Errorf("only %d pairs of letters fold", len(partner))
	}
}

func TestFoldingTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		once := Fold(name)
		if Fold(once) != once {
			t.Errorf("%q folds to %q and that to %q", name, once, Fold(once))
		}
		if utf8.RuneCountInString(once) != utf8.RuneCountInString(name) {
			t.Errorf("%q became %q: another number of letters", name, once)
		}
	})
}

// A key is appended to what is there, is the same for the same cell, and spelled again it is itself.
func FuzzKeys(f *testing.F) {
	for _, seed := range []string{
		"Ann@acme.example", "00530000003xqAbAAI", "00530000003XQABAAI", "00530000003xqabaai", "005", "\xFF",
		"İ@ı.ẞ", "005\u212A0000003xqAb", "",
	} {
		f.Add([]byte(seed))
	}
	keys := map[string]KeyFunc{"text": TextKey, "fold": FoldKey, "id": SalesforceID("005")}
	f.Fuzz(func(t *testing.T, cell []byte) {
		for name, key := range keys {
			before := bytes.Clone(cell)
			spelled, fault := key([]byte("dst"), cell)
			if !bytes.Equal(before, cell) {
				t.Fatalf("%s changed its cell", name)
			}
			if fault != nil {
				if fault.Code != "USER_BAD_ID" || fault.Next == "" || fault.Reason == "" {
					t.Fatalf("%s: %+v", name, fault)
				}
				continue
			}
			if !bytes.HasPrefix(spelled, []byte("dst")) {
				t.Fatalf("%s: %q does not begin with what was there", name, spelled)
			}
			again, fault := key(nil, spelled[3:])
			if fault != nil || !bytes.Equal(again, spelled[3:]) {
				t.Fatalf("%s: %q is spelled %q, and that %q, %+v", name, cell, spelled[3:], again, fault)
			}
			if name == "id" && len(again) != 18 {
				t.Fatalf("an id of %d characters: %q", len(again), again)
			}
		}
	})
}
