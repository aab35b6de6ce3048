package validate

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const failedHead = "Username,Group,reason_code,reason\n"

func TestAFailedCSVOfOursIsLoadedAsItIs(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"as it was written", `a,X,USER_NOT_FOUND,"no such user, at all"`, "a>X"},
		{"the code of a connector that validate knows nothing of", "a,X,NEWORG_SEAT_2_LOST,why", "a>X"},
		{"without a code", "a,X,,the run ended before this row was sent", "a>X"},
		{"without a reason", "a,X,SF_ERROR,", "a>X"},
		{"a reason that looks like a code", "a,X,SF_ERROR,UNKNOWN_EXCEPTION", "a>X"},
		{"padded by a spreadsheet", "a,X,SF_ERROR,why,,", "a>X"},
		{"a reason with a comma that lost its quotes", "a,X,SF_ERROR,no such user, at all", "a>X"},
		{"both cells wiped out by hand", "a,X,,", "a>X"},
		{"both cells taken off by hand", "a,X", "a>X"},
		{"a group that looks like a code, corrected by hand", "a,SALES_EAST,,", "a>SALES_EAST"},
		{"a group that looks like a code", "a,SALES_EAST,ROW_CONTRADICTION,why", "a>SALES_EAST"},
		{"a removal", "a,,USER_CHANGED_MEANWHILE,why", "a>"},
		{"a line with blank surplus cells", "a,X,, ,USER_NOT_FOUND,why", "a>X"},
		{"the same without a reason", "a,X,,,USER_NOT_FOUND,", "a>X"},
		{"too few cells", `b,ROW_COLUMNS,"line 3: 1 cells, the header has 2"`, "ROW_COLUMNS"},
		{"too few cells, padded", `b,ROW_COLUMNS,too few,`, "ROW_COLUMNS"},
		{"too many cells", "c,Y,z,ROW_COLUMNS,too many", "ROW_COLUMNS"},
		{"too many cells, one of them shaped like a code", "c,Y,SALES_EAST,ROW_COLUMNS,too many", "ROW_COLUMNS"},
		{"too many cells, the code wiped out", "c,Y,z,,too many", "ROW_COLUMNS"},
		{"too many cells that were put right", "c,Y,ROW_COLUMNS,too many", "c>Y"},
		{"a reason that is no text", "a,X,SF_ERROR,bad \x81 byte", "a>X"},
		{"a quote that was broken", `"""c",Y,ROW_QUOTING,why`, `"c>Y`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, r, _ := said(t, failedHead+c.line+"\n", Options{})
			if strings.Join(got, " ") != c.want || len(r.Header) != 2 {
				t.Errorf("%q, want %q; the header is %q", got, c.want, r.Header)
			}
		})
	}
}

// What stands in the two columns says nothing of how the roster is written.
func TestAReasonInAnotherEncodingChangesNoAnswer(t *testing.T) {
	got, r, s := said(t, failedHead+"a,X,SF_ERROR,f\xfcr\n", Options{})
	if len(got) != 1 || got[0] != "a>X" || r.Mark() || s.Windows1252 != 0 {
		t.Errorf("%q, a mark: %v, %d lines of Windows-1252", got, r.Mark(), s.Windows1252)
	}
}

// Whatever cells a line came with, they are what is left of it when its code and reason are taken off.
func TestALinesOwnCellsAreWhatIsLeft(t *testing.T) {
	cell := rapid.SampledFrom([]string{"a", "X", "", " ", "SALES_EAST", "ROW_EAST", "ann@acme.example", "0042"})
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 5).Draw(t, "width")
		own := rapid.SliceOfN(cell, 1, 8).Draw(t, "own")
		code := rapid.SampledFrom([]string{"USER_NOT_FOUND", "SF_INVALID_FIELD", "NEWORG_X2"}).Draw(t, "code")
		if len(own) < width || len(own) > width && strings.TrimSpace(strings.Join(own[width:], "")) != "" {
			code = rapid.SampledFrom(recordCodes).Draw(t, "record code")
		}
		cells := append(append([]string{}, own...), code, "line 7: why it failed")
		for range rapid.IntRange(0, 2).Draw(t, "padding") {
			cells = append(cells, "")
		}
		left := dropReasons(bytesOf(cells), width)
		if got := strings.Join(stringsOf(left), "|"); got != strings.Join(own, "|") {
			t.Errorf("of %q under %d columns %q is left, want %q", cells, width, got, own)
		}
	})
}

func bytesOf(cells []string) (all [][]byte) {
	for _, c := range cells {
		all = append(all, []byte(c))
	}
	return all
}

func stringsOf(cells [][]byte) (all []string) {
	for _, c := range cells {
		all = append(all, string(c))
	}
	return all
}

func TestTheShapeOfACode(t *testing.T) {
	for cell, want := range map[string]bool{
		"ROW_COLUMNS": true, "SF_X": true, "VCC_AGENT_2": true, "UNKNOWN_EXCEPTION": true,
		"": false, "ROW": false, "_ROW": false, "ROW_": false, "Row_Columns": false, "ROW COLUMNS": false, "7_UP": false, "R2_D2": false, "ÄB_C": false,
	} {
		if isCode([]byte(cell)) != want {
			t.Errorf("%q is a code: %v, want %v", cell, !want, want)
		}
	}
}

func TestAGuardedCellIsReadWithoutItsGuard(t *testing.T) {
	const guarded = "'=1+1,'@West\n'-a,'+X\n'\tb,'quoted'\n'c,' =X\n"
	lines := strings.ReplaceAll(guarded, "\n", ",USER_NOT_FOUND,why\n")
	got, r, _ := said(t, failedHead+lines, Options{})
	if want := "=1+1>@West|-a>+X|b>'quoted'|'c>' =X"; strings.Join(got, "|") != want {
		t.Errorf("%q, want %q", got, want)
	}
	for line, err := range r.Lines() {
		if err != nil {
			t.Fatal(err)
		}
		if string(line.Cells[0]) != "'=1+1" {
			t.Errorf("the cell itself became %q: it comes back as it came", line.Cells[0])
		}
		break
	}
	got, _, _ = said(t, head+guarded, Options{})
	if want := "'=1+1>'@West|'-a>'+X|'\tb>'quoted'|'c>' =X"; strings.Join(got, "|") != strings.Replace(want, "'\tb>'quoted'", "ROW_CONTROL_CHARACTER", 1) {
		t.Errorf("in a roster that is no failed.csv an apostrophe is text: %q", got)
	}
}

func TestAGuardedHeadingIsFound(t *testing.T) {
	const text = "'=User,'@Group,reason_code,reason\n'=a,X,USER_NOT_FOUND,why\n"
	got, r, _ := said(t, text, Options{User: "=User", Group: "@Group"})
	if strings.Join(got, " ") != "=a>X" || r.Header[0] != "'=User" {
		t.Errorf("%q, the header is %q", got, r.Header)
	}
	var no *RosterError
	if _, err := Open(write(t, "'=User,Group\na,X\n"), engage, Options{User: "=User"}); !errors.As(err, &no) {
		t.Errorf("in a roster that is no failed.csv the heading has an apostrophe: %v", err)
	}
}

func TestAGuardedStatementIsReadWithoutItsGuard(t *testing.T) {
	spelling := engage
	spelling.Statements = []Statement{{Name: "phone", Headings: []string{"Phone"}}}
	phone := ""
	spelling.Interpret = func(c ValueCells) ([]byte, bool, *Fault) {
		phone = c.Said("phone")
		return c.Value, false, nil
	}
	r, err := Open(write(t, "Username,Group,Phone,reason_code,reason\na,X,'+49 30 1,USER_NOT_FOUND,why\n"), spelling, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for line, err := range r.Lines() {
		if err != nil {
			t.Fatal(err)
		}
		if q, f := r.Check(line); f != nil || phone != "+49 30 1" || q.Said("phone") != phone {
			t.Errorf("the phone is %q, %+v", phone, f)
		}
	}
}
