package validate

import (
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
