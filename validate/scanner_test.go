package validate

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestQuotes(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a quoted cell", head + `"a","X, ""Y"""` + "\n", `a>X, "Y"`},
		{"a quote inside an unquoted cell is text", head + `a,5" X` + "\n", `a>5" X`},
		{"text behind a closing quote costs the line", head + `"a"b,X` + "\nc,Y\n", "ROW_QUOTING c>Y"},
		{"a quote that is never closed costs its line only", head + `"a,X` + "\nb,Y\nc,Z\n", "ROW_QUOTING b>Y c>Z"},
		{
			"also when a later quote would close it badly", head + `"a,X` + "\n" + `b,"Y"` + "\nc,Z\n",
			"ROW_QUOTING b>Y c>Z",
		},
		{"an unclosed quote at the very end", head + "a,X\n\"b,Y", "a>X ROW_QUOTING"},
		{"CRLF behind a closing quote", head + "\"a\",\"X\"\r\n\"b\",\"Y\"\r\n", "a>X b>Y"},
		{"an empty quoted cell is a blank", head + `a,""` + "\n", "a>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, _ := said(t, c.text, Options{})
			if strings.Join(got, " ") != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestAQuotedCellMayHoldAThousandLinesAndAMebibyte(t *testing.T) {
	const head = "Username,Group,Note\n"
	long := head + "a,X,\"" + strings.Repeat("y\n", 999) + "\"\nb,Y,\n"
	if got, _, _ := said(t, long, Options{}); strings.Join(got, " ") != "a>X b>Y" {
		t.Errorf("999 lines: %q", got)
	}
	longer := head + "a,X,\"" + strings.Repeat("y,Z,\n", 1001) + "\"\nb,Y,\n"
	got, _, _ := said(t, longer, Options{})
	if got[0] != "ROW_QUOTING" || len(got) < 1001 || got[len(got)-1] != "b>Y" {
		t.Errorf("1,001 lines: %d rows, the first %s, the last %s", len(got), got[0], got[len(got)-1])
	}
	wide := head + "a,X,\"" + strings.Repeat("y", 1<<20+1) + "\"\nb,Y,\n"
	if got, _, _ := said(t, wide, Options{}); strings.Join(got, " ") != "ROW_QUOTING b>Y" {
		t.Errorf("more than 1 MiB: %q", got)
	}
}

// A line that does not fit into memory costs itself only: what is held of it is its own text, and the lines behind it keep their
// numbers.
func TestALineThatIsTooLongCostsItselfOnly(t *testing.T) {
	if got, _, _ := said(t, "Username,Group,Note\na,X,"+strings.Repeat("y", 9<<20)+"\nb,Y,\n", Options{}); got[0] != codeTooLong || got[1] != "b>Y" {
		t.Errorf("a line of 9 MiB: %q", got)
	}
	for name, long := range map[string]string{"plain": "a,X,", "with a quote": `a,"X",`, "with a quote left open": `"a,X,`} {
		text := long + strings.Repeat("y", 2*maxRecord+1) + "\nb,Y,\nc,Z,\n"
		s := newScanner(strings.NewReader(text), ',', '\n', 0, 1<<12)
		var got []string
		for {
			rec, err := s.next()
			if err != nil {
				t.Fatal(err)
			}
			if rec == nil {
				break
			}
			last := bytes.TrimRight(rec.cells[len(rec.cells)-1], "y")
			got = append(got, fmt.Sprintf("%d:%s%s too long %v", rec.number, rec.cells[0], last, rec.tooLong))
		}
		first := strings.Split(long, ",")[0]
		if want := "1:" + first + " too long true, 2:b too long false, 3:c too long false"; strings.Join(got, ", ") != want {
			t.Errorf("%s: %s, want %s", name, strings.Join(got, ", "), want)
		}
	}
}
