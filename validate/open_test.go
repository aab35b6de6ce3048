package validate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
		{"one column for both", head, Options{User: "Group"}, `"Group" cannot be the user column and the group column`},
		{"a heading twice", "Username,Group,Group\n", Options{}, "2 columns could be the group column"},
		{
			"two columns that fit, in a wide header", "Nr,Username,Group,Engage_Group_Request_vod,Note\n",
			Options{},
			`the header is: "Nr", "Username", "Group", "Engage_Group_Request_vod", "Note"`,
		},
		{"a header in one pair of quotes", `"Username,Group"` + "\n", Options{}, `"Username,Group"`},
		{
			"results of ours",
			"row,key,action,result,reason_code,reason,fields,next_step,record_id,before,requested,after,provisioning_status,job_id,attempts,settled_at,target,run_id,Username,Group\n1,a,,,,,,,,,,,,,0,,prod,20261123T021500Z-4f7c,a,X\n",
			Options{},
			"results file of run 20261123T021500Z-4f7c",
		},
		{"sep= with a letter", "sep=a\nUsernameaGroup\nuaX\n", Options{}, `sep= names "a", which is no delimiter`},
		{"sep= with a quote", "sep=\"\nUsername\"Group\nu\"X\n", Options{}, "which is no delimiter"},
		{"sep= with a mark of another encoding", "sep=\xA6\nUsername\xA6Group\nu\xA6X\n", Options{}, `sep= names "\xa6"`},
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

func TestAFileThatCannotBeReadTwiceIsRefused(t *testing.T) {
	var no *RosterError
	if _, err := Open(t.TempDir(), engage, Options{}); !errors.As(err, &no) || !strings.Contains(no.Text, "folder") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "gone.csv"), engage, Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = r.Close(), w.Close() }()
	path := fmt.Sprintf("/dev/fd/%d", r.Fd())
	if _, err := os.Stat(path); err != nil {
		t.Skip("this system does not name open files: ", err)
	}
	if _, err := Open(path, engage, Options{}); !errors.As(err, &no) || !strings.Contains(no.Text, "pipe") || no.Hint == "" {
		t.Errorf("a pipe: %v", err)
	}
}

// Any file is a roster or is refused with a sentence. One that is taken has one user column, which is not the value
// column.
func FuzzOpen(f *testing.F) {
	for _, seed := range []string{
		head, "Title\n\n" + head, "ann@acme.example,X\n", "sep=;\nUsername;Group\n", failedHead, "<html>",
		"PK\x03\x04", "[{", "\"Username,Group\"\n", "Username\tGroup\r", "\xFF\xFEU\x00",
		"'=Username,Group,reason_code,reason\n",
	} {
		f.Add([]byte(seed), "", "")
	}
	f.Add([]byte("A,B\n1,2\n"), "a", "B")
	f.Fuzz(func(t *testing.T, data []byte, user, group string) {
		r, err := Open(write(t, string(data)), engage, Options{User: user, Group: group})
		var no *RosterError
		switch {
		case errors.Is(err, ErrEmpty):
			return
		case errors.As(err, &no):
			if no.Error() == "" || no.Hint == "" || strings.ContainsAny(no.Error(), "\n\x00\x1b") {
				t.Fatalf("refused with %q and %q", no.Error(), no.Hint)
			}
			return
		case err != nil:
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		if r.UserColumn < 0 || r.UserColumn >= len(r.Header) || r.ValueColumn == r.UserColumn || r.ValueColumn >= len(r.Header) || r.By == "" {
			t.Fatalf("user column %d, value column %d of %q", r.UserColumn, r.ValueColumn, r.Header)
		}
	})
}
