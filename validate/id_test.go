package validate

import (
	"testing"
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
