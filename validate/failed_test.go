package validate

import (
	"strings"
	"testing"
)

func TestAFailedCSVOfOursIsLoadedAsItIs(t *testing.T) {
	text := "Username,Group,reason_code,reason\na,X,USER_NOT_FOUND,\"nobody, at all\"\nb,ROW_COLUMNS,too few\nc,Y,z,ROW_COLUMNS,too many\nd,Z,SF_X,padded,\n"
	got, r, _ := said(t, text, Options{})
	if strings.Join(got, " ") != "a>X ROW_COLUMNS ROW_COLUMNS d>Z" || len(r.Header) != 2 {
		t.Errorf("%q, header %q", got, r.Header)
	}
}
