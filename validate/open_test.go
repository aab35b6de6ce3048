package validate

import (
	"errors"
	"strings"
	"testing"
)

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
