package validate

import (
	"strings"
	"testing"
)

func TestAHeaderBelowTitles(t *testing.T) {
	for _, c := range []struct {
		name, text string
		options    Options
		says, cure string
	}{
		{
			"a report's title", "Engage groups\nMade on 2026-11-23 by HR\n\nUsername,Group\na,X\n",
			Options{},
			`line 4 looks like the header: "Username", "Group"`, "delete the lines above line 4",
		},
		{
			"a title with marks that are no delimiters", "Groups, seats, and more\nUsername;Group\na;X, Y\n",
			Options{},
			`line 2 looks like the header: "Username", "Group"`, "delete the lines above line 2",
		},
		{
			"a title of two lines in one cell", "\"Groups\nof the night\"\nUsername,Group\na,X\n",
			Options{},
			"line 3 looks like the header", "line 3",
		},
		{
			"a heading that the admin names", "Title\nLogin,Group\na,X\n",
			Options{User: "Login"},
			"line 2 looks like the header", "line 2",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			no := refusal(t, c.text, c.options)
			if !strings.Contains(no.Error(), c.says) || !strings.Contains(no.Hint, c.cure) {
				t.Errorf("it says %q and %q, want %q and %q", no.Error(), no.Hint, c.says, c.cure)
			}
		})
	}
}

func TestAFileWithoutAHeader(t *testing.T) {
	for _, c := range []struct {
		name, text string
		options    Options
		says, cure string
	}{
		{
			"an e-mail in the first line", "ann@acme.example,Cardio East\nbob@acme.example,\n",
			Options{},
			`line 1 looks like a row, not like a header: "ann@acme.example", "Cardio East"`,
			"Username,Group",
		},
		{
			"an id in the first line", "\n00530000003xqAbAAI;Cardio East\n",
			Options{},
			"line 2 looks like a row",
			"Username,",
		},
		{
			"headings that the admin names", "ann@acme.example,X\n",
			Options{User: "Login", Group: "Team"},
			"line 1 looks like a row", "Login,Team",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			no := refusal(t, c.text, c.options)
			if !strings.Contains(no.Error(), c.says) || !strings.Contains(no.Hint, c.cure) {
				t.Errorf("it says %q and %q, want %q and %q", no.Error(), no.Hint, c.says, c.cure)
			}
		})
	}
}

func TestAHeaderThatIsNotKnownIsShown(t *testing.T) {
	for _, text := range []string{
		"Person,Team\nann@acme.example,X\n", "Contact @ work,Team\na,X\n", "Personalnummer,Team\na,X\n",
	} {
		if no := refusal(t, text, Options{}); !strings.Contains(no.Error(), "the header is: ") || !strings.Contains(no.Error(), `"Team"`) {
			t.Errorf("%q: %v", text, no)
		}
	}
}
