package run

import (
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestAHintIsACommandThatAShellReadsBack(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell here")
	}
	for _, word := range []string{
		"plain", "20261123T021500Z-4f7c", "C:/in/roster.csv", "", " ", "two words", "it's", `"quoted"`, "$HOME", "`id`", "a;b", "a&b", "a|b", "a>b", "*.csv", "?", "[ab]",
		"{a,b}", "~", "~root", "#1.csv", "a\nb", "a\tb", `back\slash`, "!1", "a=b", "=ls", "-n", "%s", "Straße.csv", "(x)", "^x", "'", "''",
	} {
		command := Command("load", word, "-t", "prod")
		out, err := exec.Command(sh, "-c", `rosterload() { printf '%s\0' "$@"; }; `+command).Output()
		if got := strings.Split(string(out), "\x00"); err != nil || !slices.Equal(got, []string{"load", word, "-t", "prod", ""}) {
			t.Errorf("%s is read as %q, %v", command, got, err)
		}
	}
	if got := Command("resume", "20261123T021500Z-4f7c", "--allow-removals", "5", "/in/nightly.csv"); strings.ContainsAny(got, `'"`) {
		t.Errorf("%s: what needs no quotes has none", got)
	}
}

func TestHowHintsAreSpelled(t *testing.T) {
	for want, hint := range map[string]Hint{
		"free some space": Say("free some space"),
		"rosterload runs": Type("runs"),
		"look, then: rosterload resume R, with the number": {Before: "look, then: ", Verb: "resume", Args: []string{"R"}, After: ", with the number"},
		"": {},
	} {
		if got := hint.Spell(Command); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestAStopSaysWhatItKnows(t *testing.T) {
	cause := errors.New("no space left")
	for want, s := range map[string]*Stop{
		"no run":                {Text: "no run"},
		"no space left":         {Err: cause},
		"no run: no space left": {Text: "no run", Err: cause},
		`no run "x"`:            Stopf(ExitUsage, Hint{}, "no run %q", "x"),
	} {
		if s.Error() != want || s.Err != nil && !errors.Is(s, cause) {
			t.Errorf("%q, want %q", s.Error(), want)
		}
	}
}
