package validate

import (
	"fmt"
	"strings"
	"testing"
)

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
		{
			"a formula's error is no group", head + "a,#REF!\nb,#NV\n",
			Options{},
			"ROW_SPREADSHEET_ERROR ROW_SPREADSHEET_ERROR",
		},
		{"and no user", head + "#N/A,X\n#NAME?,X\n", Options{}, "ROW_SPREADSHEET_ERROR ROW_SPREADSHEET_ERROR"},
		{"a group that begins with a hash is a group", head + "a,#1\n", Options{}, "a>#1"},
		{"a control character", head + "a,X\x01Y\nb\tc,X\n", Options{}, "ROW_CONTROL_CHARACTER ROW_CONTROL_CHARACTER"},
		{"a line break in a needed cell", head + "\"a\nb\",X\n", Options{}, "ROW_CONTROL_CHARACTER"},
		{"too few cells are never a blank", head + "a\n", Options{}, "ROW_COLUMNS"},
		{"too many cells", head + "a,X,y\n", Options{}, "ROW_COLUMNS"},
		{"blank surplus cells are a spreadsheet's", head + "a,X,, \n", Options{}, "a>X"},
		{"blank lines are no rows", head + "\n,\n  \na,X\n\n", Options{}, "a>X"},
		{"a last line without an end and with a group", head + "a,X", Options{}, "a>X"},
		{
			"a last line without an end and without a group may be cut off", head + "a,X\nb,",
			Options{},
			"a>X ROW_COLUMNS",
		},
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

// phones is a spelling of a connector that reads more than a value.
func phones() Spelling {
	s := engage
	s.Blank, s.StatementsAlone, s.MaxValue = Ignore, true, 5
	s.Statements = []Statement{{Name: "phone", Headings: []string{"Phone", "Telephone"}}, {Name: "action", Headings: []string{"Action"}}}
	s.Interpret = func(c ValueCells) ([]byte, bool, *Fault) {
		if c.Said("action") == "fly" {
			return c.Value, false, &Fault{Code: "NEWORG_ACTION", Next: "fix-and-load", Reason: "nothing flies"}
		}
		return c.Value, c.Said("action") == "archive" || c.Nothing, nil
	}
	return s
}

func TestAConnectorReadsFurtherColumns(t *testing.T) {
	r, err := Open(write(t, "Username,Group,Phone,Action\na,X, 49 \u00A0,\nb,,,archive\nc,#N/A,,\nd,X,,fly\ne,,,\nf,Überall,1,\n"), phones(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	want := []string{
		"a>X by phone 49", "b>- by phone ", "c>- by phone ", "NEWORG_ACTION: line 5: nothing flies",
		"ROW_BLANK: line 6, column Group: blank, and blanks are ignored",
		"ROW_VALUE_TOO_LONG: line 7, column Group: 7 characters, at most 5 are possible",
	}
	for line, err := range r.Lines() {
		if err != nil {
			t.Fatal(err)
		}
		q, f := r.Check(line)
		got := fmt.Sprintf("%s>%s by phone %s", q.Cell(), map[bool]string{true: "-", false: string(q.Value())}[q.Removal()], q.Said("phone"))
		if f != nil {
			got = f.Code + ": " + f.Reason
		}
		if got != want[line.Row-1] {
			t.Errorf("row %d: %s, want %s", line.Row, got, want[line.Row-1])
		}
	}
}

func TestLinesThatSayDifferentThingsOfOneUserContradict(t *testing.T) {
	r, err := Open(write(t, "Username,Group,Phone\na,X,1\na,X,1\nb,X,1\nb,X,2\n"), phones(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	s, err := r.Screen(func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	if f := s.Fault(2); f == nil || f.Code != "ROW_DUPLICATE" {
		t.Errorf("the same twice: %+v", f)
	}
	if f := s.Fault(4); f == nil || f.Code != "ROW_CONTRADICTION" || f.Skipped {
		t.Errorf("another phone: %+v", f)
	}
	if _, ok, err := s.Find([]byte("b")); ok || err != nil {
		t.Error("a user with two different requests is found")
	}
}

func TestOneStatementInTwoColumns(t *testing.T) {
	_, err := Open(write(t, "Username,Group,Phone,Telephone\n"), phones(), Options{})
	if err == nil || !strings.Contains(err.Error(), `columns 3 and 4 both say phone: "Phone", "Telephone"`) {
		t.Error(err)
	}
}

func TestARequestKnowsWhereItStands(t *testing.T) {
	r, err := Open(write(t, "Username,Group,Note\n\nA,,\"x\ny\"\nb,#N/A,\n"), engage, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	got := ""
	for line, err := range r.Lines() {
		if err != nil {
			t.Fatal(err)
		}
		q, _ := r.Check(line)
		got += fmt.Sprintf("%s %s row %d line %d blank %v; ", q.By(), q.Key(), q.Row(), q.Number(), q.Blank())
	}
	if want := "Username a row 1 line 3 blank true; Username b row 2 line 5 blank false; "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestTheKeyOfAColumn(t *testing.T) {
	for by, want := range map[string]string{"Username": "ann", "EmployeeNumber": "Ann", "Shoe size": "Ann"} {
		if got, _ := engage.KeyOf(by)(nil, []byte("Ann")); string(got) != want {
			t.Errorf("Ann by %s is %s, want %s", by, got, want)
		}
	}
}
