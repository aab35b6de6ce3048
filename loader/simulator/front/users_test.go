package front_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"rosterload/loader/simulator/front"
)

func TestUsersAreReadByTheNamesOfTheirColumns(t *testing.T) {
	var all []string
	file := "\ufeff id ,NAME,other\n1,ada,x\n2\n"
	err := front.EachUser(strings.NewReader(file), func(get func(string) string) error {
		all = append(all, get("Id")+"|"+get("Name")+"|"+get("Email"))
		return nil
	})
	if want := []string{"1|ada|", "2||"}; err != nil || !slices.Equal(all, want) {
		t.Errorf("%q, want %q: %v", all, want, err)
	}
}

func TestAUserWhoIsRefusedHasALine(t *testing.T) {
	for file, want := range map[string]string{
		"":                "users: EOF",
		"id\n1\n2\n":      "users: line 3: twice",
		"id\n1\n\"2\n":    "users: parse error on line 3, column 4: extraneous or missing \" in quoted-field",
		"id\n1\n3\n2,x\n": "users: line 4: twice",
	} {
		err := front.EachUser(strings.NewReader(file), func(get func(string) string) error {
			if get("id") == "2" {
				return errors.New("twice")
			}
			return nil
		})
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
	}
}
