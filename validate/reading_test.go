package validate

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

var engage = Spelling{
	Users: []UserColumn{
		{By: "Id", Headings: []string{"Id"}, Key: SalesforceID("005")},
		{By: "Username", Headings: []string{"Username", "User Name"}, Key: FoldKey},
		{By: "EmployeeNumber", Headings: []string{"EmployeeNumber"}, Key: TextKey},
	},
	Values: []string{"Engage_Group_Request_vod__c", "Group"}, Nothing: []string{"#N/A"}, Blank: Remove,
}

func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roster.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// said reads a whole roster and says of each row what it asks for, or its fault: "user>group", "user>" for a removal, "CODE".
func said(t testing.TB, text string, o Options) ([]string, *Roster, *Screening) {
	t.Helper()
	r, err := Open(write(t, text), engage, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	s, err := r.Screen(func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line, err := range r.Lines() {
		if err != nil {
			t.Fatal(err)
		}
		q, f := r.Check(line)
		if f == nil {
			f = s.Fault(line.Row)
		}
		switch {
		case f != nil && f.Skipped:
			all = append(all, "skip "+f.Code)
		case f != nil:
			all = append(all, f.Code)
		default:
			all = append(all, string(q.Cell())+">"+string(q.Value()))
		}
	}
	if len(all) != s.Rows {
		t.Errorf("%d rows were read, %d screened", len(all), s.Rows)
	}
	return all, r, s
}

const head = "Username,Group\n"

func TestWhatALineAsksFor(t *testing.T) {
	for _, c := range []struct {
		name, text string
		options    Options
		want       string // rows, a blank between
	}{
		{"an assignment and a removal", head + "a,X\nb,\n", Options{}, "a>X b>"},
		{"#N/A removes", head + "a,#N/A\n", Options{}, "a>"},
		{"unless it is rejected", head + "a,#N/A\n", Options{NA: Reject}, "ROW_SPREADSHEET_ERROR"},
		{"a blank is ignored", head + "a,\n", Options{Blank: Ignore}, "skip ROW_BLANK"},
		{"a blank is rejected", head + "a,\n", Options{Blank: Reject}, "ROW_BLANK"},
		{"blanks at the ends do not count, no-break ones among them", head + " a\u00a0,\u2003X \n", Options{}, "a>X"},
		{"a blank of blanks is a blank", head + "a,\u00a0 \n", Options{}, "a>"},
		{"no user", head + ",X\n \u200b,X\n", Options{}, "ROW_USER_MISSING ROW_USER_MISSING"},
		{"a formula's error is no group", head + "a,#REF!\nb,#NV\n", Options{}, "ROW_SPREADSHEET_ERROR ROW_SPREADSHEET_ERROR"},
		{"and no user", head + "#N/A,X\n#NAME?,X\n", Options{}, "ROW_SPREADSHEET_ERROR ROW_SPREADSHEET_ERROR"},
		{"a group that begins with a hash is a group", head + "a,#1\n", Options{}, "a>#1"},
		{"a control character", head + "a,X\x01Y\nb\tc,X\n", Options{}, "ROW_CONTROL_CHARACTER ROW_CONTROL_CHARACTER"},
		{"a line break in a needed cell", head + "\"a\nb\",X\n", Options{}, "ROW_CONTROL_CHARACTER"},
		{"too few cells are never a blank", head + "a\n", Options{}, "ROW_COLUMNS"},
		{"too many cells", head + "a,X,y\n", Options{}, "ROW_COLUMNS"},
		{"blank surplus cells are a spreadsheet's", head + "a,X,, \n", Options{}, "a>X"},
		{"blank lines are no rows", head + "\n,\n  \na,X\n\n", Options{}, "a>X"},
		{"a last line without an end and with a group", head + "a,X", Options{}, "a>X"},
		{"a last line without an end and without a group may be cut off", head + "a,X\nb,", Options{}, "a>X ROW_COLUMNS"},
		{"a suffix for a sandbox", head + "a@b,X\n", Options{UsernameSuffix: ".full"}, "a@b>X"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, _ := said(t, c.text, c.options)
			if strings.Join(got, " ") != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestQuotes(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a quoted cell", head + `"a","X, ""Y"""` + "\n", `a>X, "Y"`},
		{"a quote inside an unquoted cell is text", head + `a,5" X` + "\n", `a>5" X`},
		{"text behind a closing quote costs the line", head + `"a"b,X` + "\nc,Y\n", "ROW_QUOTING c>Y"},
		{"a quote that is never closed costs its line only", head + `"a,X` + "\nb,Y\nc,Z\n", "ROW_QUOTING b>Y c>Z"},
		{"also when a later quote would close it badly", head + `"a,X` + "\n" + `b,"Y"` + "\nc,Z\n", "ROW_QUOTING b>Y c>Z"},
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
	if got, _, _ := said(t, head+"a,X,"+strings.Repeat("y", 9<<20)+"\nb,Y,\n", Options{}); strings.Join(got, " ") != "ROW_VALUE_TOO_LONG b>Y" {
		t.Errorf("a line of 9 MiB: %q", got)
	}
}

func TestLinesOfOneUser(t *testing.T) {
	for _, c := range []struct {
		name, text string
		options    Options
		want       string
	}{
		{"that agree: the first is used", head + "a,X\nA,X\n", Options{}, "a>X skip ROW_DUPLICATE"},
		{"the last, when asked for", head + "a,X\nA,X\n", Options{Duplicates: Last}, "skip ROW_DUPLICATE A>X"},
		{"that contradict: all fail", head + "a,X\nb,Y\na,Z\na,X\n", Options{}, "ROW_CONTRADICTION b>Y ROW_CONTRADICTION ROW_CONTRADICTION"},
		{"the first, when asked for", head + "a,X\na,Z\na,X\n", Options{Duplicates: First}, "a>X skip ROW_CONTRADICTION skip ROW_DUPLICATE"},
		{"a removal and a group contradict", head + "a,\na,X\n", Options{}, "ROW_CONTRADICTION ROW_CONTRADICTION"},
		{"an ignored blank contradicts nobody", head + "a,\na,X\n", Options{Blank: Ignore}, "skip ROW_BLANK a>X"},
		{"a line with a fault contradicts nobody", head + "a,#REF!\na,X\n", Options{}, "ROW_SPREADSHEET_ERROR a>X"},
		{"names are compared in NFC", head + "a,K\u00f6ln\na,Ko\u0308ln\n", Options{}, "a>K\u00f6ln skip ROW_DUPLICATE"},
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
	if row, ok := s.Find([]byte("b")); !ok || row != 2 {
		t.Errorf("b is found in row %d, %v", row, ok)
	}
	if r.By != "Username" {
		t.Error(r.By)
	}
}

func utf16Text(text string, big bool) string {
	var b bytes.Buffer
	for _, u := range append([]uint16{0xFEFF}, utf16.Encode([]rune(text))...) {
		if big {
			b.Write([]byte{byte(u >> 8), byte(u)})
		} else {
			b.Write([]byte{byte(u), byte(u >> 8)})
		}
	}
	return b.String()
}

func TestEncodings(t *testing.T) {
	for _, c := range []struct{ name, text, encoding, want string }{
		{"UTF-8", head + "a,Köln\n", "UTF-8", "a>Köln"},
		{"a mark", "\xEF\xBB\xBF" + head + "a,Köln\n", "UTF-8 with BOM", "a>Köln"},
		{"Windows-1252, line by line", head + "a,K\xF6ln\nb,Köln\n", "UTF-8", "a>Köln b>Köln"},
		{"what neither can be", head + "a,K\x81ln\nb,Y\n", "UTF-8", "ROW_ENCODING b>Y"},
		{"a mark decides", "\xEF\xBB\xBF" + head + "a,K\xF6ln\nb,Y\n", "UTF-8 with BOM", "ROW_ENCODING b>Y"},
		{"UTF-16, little end first", utf16Text(head+"a,Köln 😀\nb,\n", false), "UTF-16LE", "a>Köln 😀 b>"},
		{"UTF-16, big end first", utf16Text(head+"a,Köln 😀\nb,\n", true), "UTF-16BE", "a>Köln 😀 b>"},
		{"half a character at the end", utf16Text(head+"a,X\nb,Y", false) + "\x20", "UTF-16LE", "a>X ROW_ENCODING"},
		{"a lone surrogate", strings.Replace(utf16Text(head+"a,Q\nb,Y\n", false), "Q\x00", "\x00\xD8", 1), "UTF-16LE", "ROW_ENCODING b>Y"},
		{"carriage returns alone", strings.ReplaceAll(head+"a,X\nb,Y\n", "\n", "\r"), "UTF-8", "a>X b>Y"},
		{"mixed line ends", "Username,Group\r\na,X\r\nb,Y\nc,Z\r\n", "UTF-8", "a>X b>Y c>Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, r, _ := said(t, c.text, Options{})
			if strings.Join(got, " ") != c.want || r.Encoding != c.encoding {
				t.Errorf("%q in %s, want %q in %s", got, r.Encoding, c.want, c.encoding)
			}
		})
	}
}

func TestALongUTF16RosterIsFoundAgainByKey(t *testing.T) {
	var b strings.Builder
	b.WriteString(head)
	for i := range 3000 {
		fmt.Fprintf(&b, "üser%d😀,Köln %d\n", i, i)
	}
	_, r, s := said(t, utf16Text(b.String(), false), Options{})
	for _, i := range []int{0, 1, 777, 2999, 1500, 2} {
		if row, ok := s.Find([]byte(fmt.Sprintf("üser%d😀", i))); !ok || row != i+1 {
			t.Errorf("user %d is found in row %d, %v", i, row, ok)
		}
	}
	if !r.Mark() {
		t.Error("answers to a UTF-16 roster begin with a mark")
	}
}

func TestDelimiters(t *testing.T) {
	for _, c := range []struct {
		name, text string
		delimiter  byte
		want       string
	}{
		{"semicolon", "Username;Group\na;X, Y\n", ';', "a>X, Y"},
		{"tab", "Username\tGroup\na\tX\n", '\t', "a>X"},
		{"pipe", "Username|Group\na|X\n", '|', "a>X"},
		{"sep= says it", "sep=;\r\nUsername;Group\r\na;X\r\n", ';', "a>X"},
		{"sep= may name any", "sep=^\nUsername^Group\na^X\n", '^', "a>X"},
		{"numbers of marks do not decide", "Username,Group,Roles\na,X,1;2;3;4\nb,Y,1;2;3;4;5\n", ',', "a>X b>Y"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, r, _ := said(t, c.text, Options{})
			if strings.Join(got, " ") != c.want || r.Delimiter != c.delimiter {
				t.Errorf("%q by %q, want %q by %q", got, r.Delimiter, c.want, c.delimiter)
			}
		})
	}
}

func TestFilesThatAreNoRosters(t *testing.T) {
	for _, c := range []struct {
		name, text string
		options    Options
		says       string
	}{
		{"no group column", "Username,Team\na,X\n", Options{}, `the header is: "Username", "Team"`},
		{"no user column", "Person,Group\na,X\n", Options{}, `no column is known as the user column`},
		{"two user columns", "Id,Username,Group\n", Options{}, `"Username" (column 2)`},
		{"a column that is not there", head, Options{User: "Login"}, `there is no column "Login"`},
		{"a heading twice", "Username,Group,Group\n", Options{}, "2 columns could be the group column"},
		{"a header in one pair of quotes", `"Username,Group"` + "\n", Options{}, `"Username,Group"`},
		{"results of ours", "row,key,action,result,reason_code,reason,fields,next_step,record_id,before,requested,after,provisioning_status,job_id,attempts,settled_at,target,run_id,Username,Group\n1,a,,,,,,,,,,,,,0,,prod,20261123T021500Z-4f7c,a,X\n", Options{}, "results file of run 20261123T021500Z-4f7c"},
		{"UTF-16 without a mark", utf16Text(head+"a,X\n", false)[2:], Options{}, "UTF-16 without a byte order mark"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(write(t, c.text), engage, c.options)
			var no *RosterError
			if !errors.As(err, &no) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want it to say %q", err, c.says)
			}
		})
	}
	for _, text := range []string{"", "\n\n", "\xEF\xBB\xBF", " \r\n"} {
		if _, err := Open(write(t, text), engage, Options{}); !errors.Is(err, ErrEmpty) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAFailedCSVOfOursIsLoadedAsItIs(t *testing.T) {
	text := "Username,Group,reason_code,reason\na,X,USER_NOT_FOUND,\"nobody, at all\"\nb,ROW_COLUMNS,too few\nc,Y,z,ROW_COLUMNS,too many\nd,Z,SF_X,padded,\n"
	got, r, _ := said(t, text, Options{})
	if strings.Join(got, " ") != "a>X ROW_COLUMNS ROW_COLUMNS d>Z" || len(r.Header) != 2 {
		t.Errorf("%q, header %q", got, r.Header)
	}
}

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

// The law of reading: every line is a row, a blank line or the header, once; and what is well formed is read as everybody reads it.
func TestEveryLineIsReadOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.StringMatching(`[a-c ,"\n#é;]{0,6}`), 3, 3), 1, 30).Draw(rt, "rows")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		_ = w.Write([]string{"Username", "Group", "Note"})
		_ = w.WriteAll(rows)
		path := write(t, b.String())
		r, err := Open(path, engage, Options{})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		in := csv.NewReader(bytes.NewReader(b.Bytes()))
		want, err := in.ReadAll()
		if err != nil {
			rt.Fatal(err)
		}
		next := 1
		for line, err := range r.Lines() {
			if err != nil {
				rt.Fatal(err)
			}
			for next < len(want) && strings.TrimSpace(strings.Join(want[next], "")) == "" {
				next++ // a blank line
			}
			for i, cell := range line.Cells {
				if string(cell) != want[next][i] {
					rt.Fatalf("row %d, cell %d: %q, want %q", line.Row, i, cell, want[next][i])
				}
			}
			next++
		}
		for next < len(want) && strings.TrimSpace(strings.Join(want[next], "")) == "" {
			next++
		}
		if next != len(want) {
			rt.Fatalf("%d records were read of %d", next, len(want))
		}
	})
}

func FuzzLines(f *testing.F) {
	for _, seed := range []string{head + "a,X\n", head + "\"a\n\"b,X\r\n\r", "sep=;\nUsername;Group\n\"", "\xFF\xFEU\x00", "Username,Group\ra,X\r", head + `a,"""` + "\nb,\"\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Open(write(t, string(data)), engage, Options{})
		if err != nil {
			return
		}
		defer func() { _ = r.Close() }()
		s, err := r.Screen(func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		rows, last := 0, 0
		for line, err := range r.Lines() {
			if err != nil {
				t.Fatal(err)
			}
			if rows++; line.Row != rows || line.Number <= last {
				t.Fatalf("row %d, line %d after line %d", line.Row, line.Number, last)
			}
			last = line.Number
			if q, fault := r.Check(line); fault == nil {
				key := string(q.Key())
				if row, ok := s.Find([]byte(key)); s.Fault(line.Row) == nil && (!ok || row != line.Row) {
					t.Fatalf("row %d is found in row %d, %v", line.Row, row, ok)
				}
			}
		}
		if rows != s.Rows {
			t.Fatalf("%d rows, screened %d", rows, s.Rows)
		}
	})
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
