package validate

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSalesforceIDs(t *testing.T) {
	key := SalesforceID("005")
	for _, c := range []struct{ cell, want string }{
		{"00530000003xqAb", "00530000003xqAbAAI"},
		{"00530000003xqAbAAI", "00530000003xqAbAAI"},
		{"00530000003xqabaai", "00530000003xqAbAAI"}, // a spreadsheet's LOWER
		{"00530000003XQABAAI", "00530000003xqAbAAI"}, // and its UPPER
		{"00530000003xqAbAAA", ""},
		{"00530000003xqA", ""},
		{"00530000003xqAbA", ""},
		{"00330000003xqAb", ""},
		{"00530000003xq-b", ""},
	} {
		got, f := key(nil, []byte(c.cell))
		if (f == nil) != (c.want != "") || f == nil && string(got) != c.want || f != nil && f.Code != "USER_BAD_ID" {
			t.Errorf("%s: %q, %+v, want %q", c.cell, got, f, c.want)
		}
	}
}

func TestAnIDIsFoundUnderEachOfItsSpellings(t *testing.T) {
	key := SalesforceID("005")
	rapid.Check(t, func(t *rapid.T) {
		short := "005" + rapid.StringMatching(`[0-9A-Za-z]{12}`).Draw(t, "rest")
		long, fault := key(nil, []byte(short))
		if fault != nil || !strings.HasPrefix(string(long), short) {
			t.Fatalf("%s: %q, %+v", short, long, fault)
		}
		for _, spelled := range []string{string(long), strings.ToLower(string(long)), strings.ToUpper(string(long))} {
			if got := UserID(spelled); got != string(long) {
				t.Errorf("%s is %s, not %s", spelled, got, long)
			}
		}
	})
}

func TestATextThatIsNoIDStaysAsItIs(t *testing.T) {
	for _, text := range []string{"", "ann@acme.example", "00330000003xqAb", "00530000003xqAbAAA"} {
		if got := UserID(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}
