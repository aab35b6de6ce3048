package feeds

import (
	"slices"
	"strings"
	"testing"

	"rosterload/loader/run"
)

func TestAContradictingConfigIsRefusedAtItsPlace(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct{ name, yaml, want string }{
		{"an unknown target", "  a: {target: nowhere, folder: F}\n", `:5:15: there is no target "nowhere"`},
		{"an unknown setting", "  a: {target: prod, folder: F, mach: x}\n", `unknown setting "mach"; did you mean "match"?`},
		{"sftp is not there yet", "  a: {target: prod, folder: F, sftp: {host: x}}\n", ": sftp: is not yet there"},
		{"notify is not there yet", "  a: {target: prod, folder: F, notify: {failed: [x]}}\n", "notify: is not yet there"},
		{"packed files are not there yet", "  a: {target: prod, folder: F, match: \"*.zip\"}\n", "are not yet read"},
		{"one folder and overlapping patterns", "  a: {target: prod, folder: F, match: \"a*.csv\"}\n  b: {target: prod, folder: F, match: \"*b.csv\", answers: out}\n", ": feeds a and b read one folder"},
		{"answers that are read", "  a: {target: prod, folder: F, answers: F}\n", "would lie in"},
		{"two feeds that name all users of one group", "  a: {target: prod, folder: F, mode: full, ready: marker, owns: [X]}\n  b: {target: prod, folder: G, mode: full, ready: marker, owns: [X, Y]}\n", "both name all users who should have the group X"},
		{"full without owns", "  a: {target: prod, folder: F, mode: full, ready: marker}\n", "needs owns"},
		{"full without rows", "  a: {target: prod, folder: F, mode: full, owns: [X]}\n", "needs expect: {rows"},
		{"rising without a pattern", "  a: {target: prod, folder: F, match: a.csv, expect: {rising: true}}\n", "rising: every file of this feed has the same name"},
		{"a rule that cannot be read", "  a: {target: prod, folder: F, rules: [{when: 'A ==', group: x}]}\n", "the rule cannot be read"},
		{"otherwise in the middle", "  a: {target: prod, folder: F, rules: [{otherwise: skip}, {when: 'A == \"\"', group: x}]}\n", "otherwise is the last rule"},
		{"a table that is not there", "  a: {target: prod, folder: F, values: nothing.csv}\n", "the table of values cannot be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readYAML(t, strings.NewReplacer("folder: F", "folder: "+folder, "answers: F", "answers: "+folder, "folder: G", "folder: "+folder+"2").Replace(c.yaml))
			if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), folder, "F"), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestPatternsThatCouldMatchOneName(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"*.csv", "a*.csv", true},
		{"a*.csv", "b*.csv", false},
		{"a*", "*b", true},
		{"a.csv", "a.csv", true},
		{"a?.csv", "a1.csv", true},
		{"a?.csv", "a12.csv", false},
		{"[ab].csv", "c.csv", true},
		{"x*y", "x*z", false},
	} {
		if got := overlap(c.a, c.b); got != c.want {
			t.Errorf("overlap(%q, %q) = %v", c.a, c.b, got)
		}
	}
}

// Feeds of one target share its flags: what one of them asks for must not reach the other.
func TestAReportIsMadeForTheFeedThatAsksForIt(t *testing.T) {
	folder := t.TempDir()
	all, err := readYAML(t, "  a: {target: prod, folder: "+folder+"/a, report: true}\n  b: {target: prod, folder: "+folder+"/b, report: false}\n")
	if err != nil {
		t.Fatal(err)
	}
	target := run.Flags{Renderings: append(make([]string, 0, 4), "xlsx")}
	if got := all[0].Flags(target).Renderings; !slices.Equal(got, []string{"xlsx", "report"}) {
		t.Errorf("with a report: %v", got)
	}
	if got := all[1].Flags(target).Renderings; !slices.Equal(got, []string{"xlsx"}) {
		t.Errorf("without a report: %v", got)
	}
}
