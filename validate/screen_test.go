package validate

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLinesOfOneUser(t *testing.T) {
	for _, c := range []struct {
		name, text string
		options    Options
		want       string
	}{
		{"that agree: the first is used", head + "a,X\nA,X\n", Options{}, "a>X skip ROW_DUPLICATE"},
		{"the last, when asked for", head + "a,X\nA,X\n", Options{Duplicates: Last}, "skip ROW_DUPLICATE A>X"},
		{
			"that contradict: all fail", head + "a,X\nb,Y\na,Z\na,X\n",
			Options{},
			"ROW_CONTRADICTION b>Y ROW_CONTRADICTION ROW_CONTRADICTION",
		},
		{
			"the first, when asked for", head + "a,X\na,Z\na,X\n",
			Options{Duplicates: First},
			"a>X skip ROW_CONTRADICTION skip ROW_DUPLICATE",
		},
		{"a removal and a group contradict", head + "a,\na,X\n", Options{}, "ROW_CONTRADICTION ROW_CONTRADICTION"},
		{"an ignored blank contradicts no line", head + "a,\na,X\n", Options{Blank: Ignore}, "skip ROW_BLANK a>X"},
		{"a line with a fault contradicts no line", head + "a,#REF!\na,X\n", Options{}, "ROW_SPREADSHEET_ERROR a>X"},
		{
			"names are compared in NFC", head + "a,K\u00f6ln\na,Ko\u0308ln\n",
			Options{},
			"a>K\u00f6ln skip ROW_DUPLICATE",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, _ := said(t, c.text, c.options)
			if strings.Join(got, " ") != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	_, r, s := said(t, "Username,Group,Note\na,X,\"two\nlines\"\nb,Y,\na,X,\n", Options{})
	if f := s.Fault(3); f == nil || f.Reason != "same as row 1 (line 2)" {
		t.Errorf("%+v", f)
	}
	if row, ok, err := s.Find([]byte("b")); !ok || row != 2 || err != nil {
		t.Errorf("b is found in row %d, %v, %v", row, ok, err)
	}
	if r.By != "Username" {
		t.Error(r.By)
	}
}

// In whatever order an org names its users, a guess that is confirmed is what Find answers, and a stranger is in no row.
func TestAGuessThatIsConfirmedIsAFind(t *testing.T) {
	_, _, s := said(t, head+"a,X\na,X\nb,Y\n,Z\nc,X\nc,Y\nd,Z\ne,X\ne,X\n", Options{})
	for _, order := range []string{"abcde", "aabbccddee", "edcba", "axbycdze", "dcdcdc"} {
		for _, letter := range order {
			key := string(letter)
			want, there, err := s.Find([]byte(key))
			if err != nil {
				t.Fatal(err)
			}
			guess := s.Guess(key)
			if guess == 0 {
				if there || strings.Contains("abcde", key) {
					t.Errorf("%s: %s is in no row, and found in row %d", order, key, want)
				}
				continue
			}
			if row, ok, err := s.Confirm(guess, []byte(key)); row != want || ok != there || err != nil {
				t.Errorf("%s: %s is found in row %d, %v, %v; want %d, %v", order, key, row, ok, err, want, there)
			}
		}
	}
}

func BenchmarkScreen(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("Username,Engage Group,Group,Country,Cost Centre,Note\n")
	const rows = 200_000
	for i := range rows {
		fmt.Fprintf(&text, "user%07d@acme.example,Person %07d,Beta,Country %02d,CC-%06d,moved by the nightly job of HR\n", i, i, i%40, i%1000)
	}
	path := filepath.Join(b.TempDir(), "roster.csv")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	r, err := Open(path, engage, Options{Group: "Group"})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if s, err := r.Screen(func(int) {}); err != nil || s.Rows != rows {
			b.Fatal(err)
		}
	}
}
