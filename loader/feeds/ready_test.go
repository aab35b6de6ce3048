package feeds

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestTheEndOfAFileTellsWhetherAQuoteIsOpen(t *testing.T) {
	for _, c := range []struct {
		name, text string
		open       bool
		records    int
	}{
		{"no quotes", "a,b\n1,2\n", false, 2},
		{"no line end", "a,b\n1,2", false, 2},
		{"a quoted cell", "a,b\n\"1\",\"2\"\n", false, 2},
		{"a quoted cell at the end", "a,b\n1,\"2\"", false, 2},
		{"cut inside a quoted cell", "a,b\n1,\"2", true, 2},
		{"cut behind a doubled quote", "a,b\n1,\"2\"\"", true, 2},
		{"a quote inside a plain cell is text", "a,b\n5\" pipe,2\n", false, 2},
		{"a line break in a quoted cell", "a,b\n\"1\n2\",3\n", false, 2},
		{"a broken quote costs its line alone", "a,b\n\"1\"x,\"2\n3,4\n", false, 3},
		{"blank lines are no records", "a,b\n\n,\n1,2\n", false, 2},
		{"semicolons", "a;b\n1;\"2", true, 2},
		{"a quote that is never closed is given up", "a,b\n\"1\n" + strings.Repeat("x,y\n", 1200), false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := readEnd(strings.NewReader(c.text))
			if err != nil || e.open != c.open || c.records > 0 && e.records != c.records {
				t.Errorf("open %v, %d records, %v", e.open, e.records, err)
			}
		})
	}
}
