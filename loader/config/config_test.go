package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rosterload/loader/config"
)

// settings are those of a kind that exists in this test alone.
type settings struct {
	config.Common `yaml:",inline"`
	URL           config.At[string] `yaml:"url"`
	Calls         int               `yaml:"calls_per_second"`
	Licences      *int              `yaml:"licences"`
	Scopes        string            `yaml:"scopes"`
	Fields        map[string]string `yaml:"fields"`
	Auth          auth              `yaml:"auth"`
}

type auth struct {
	ID     config.Secret `yaml:"client_id"`
	Secret config.Secret `yaml:"client_secret"`
	JWT    *struct {
		Key config.Secret `yaml:"key"`
	} `yaml:"jwt"`
}

// one is the begin of a config with one target, to which a test adds settings.
const one = "targets:\n  a:\n    kind: x\n"

func load(t *testing.T, text string) (*config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rosterload.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(path)
}

// decode answers the settings of the first target, or the first complaint on the way there.
func decode(t *testing.T, text string) (settings, error) {
	t.Helper()
	var s settings
	c, err := load(t, text)
	if err != nil {
		return s, err
	}
	return s, c.Targets[0].Decode(&s)
}

func TestTargetsStandInTheFilesOrder(t *testing.T) {
	c, err := load(t, "targets:\n  zulu:\n    kind: x\n  \"emea.2\":\n    kind: y\n  alpha: {kind: z}\n")
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, target := range c.Targets {
		got += fmt.Sprintf("%s/%s/%d ", target.Name, target.Kind, target.Line)
	}
	if want := "zulu/x/2 emea.2/y/4 alpha/z/6 "; got != want {
		t.Errorf("targets are %q, want %q", got, want)
	}
}

func TestAnEmptyFileNamesNoTarget(t *testing.T) {
	for _, text := range []string{"", "# nothing yet\n", "targets:\n"} {
		if c, err := load(t, text); err != nil || len(c.Targets) != 0 {
			t.Errorf("%q: %v, %v", text, c.Targets, err)
		}
	}
}

func TestEachComplaintNamesItsPlace(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a setting with two letters changed over": {
			one + "    ulr: y\n",
			`:4:5: unknown setting "ulr"; did you mean "url"?`,
		},
		"a setting that is not known": {
			one + "    colour: y\n",
			`:4:5: unknown setting "colour"`,
		},
		"a key at the top": {
			"target:\n  a: {kind: x}\n",
			`:1:1: unknown setting "target"; did you mean "targets"?`,
		},
		"a setting in a common part": {
			one + "    poll: {jobb: 1s}\n",
			`:4:12: unknown setting "jobb" under poll; did you mean "job"?`,
		},
		"words instead of a duration": {
			one + "    wait: 30 minutes\n",
			`:4:11: wait "30 minutes" is no duration such as 30m`,
		},
		"time that runs backwards": {
			one + "    retry_for: -2m\n",
			`:4:16: retry_for -2m is below zero`,
		},
		"a list where a word belongs": {one + "    url: [a]\n", `:4:10: `},
		"a target without a kind": {
			"targets:\n  a:\n    url: y\n",
			`:2:3: target a does not say its kind`,
		},
		"a target without settings": {"targets:\n  a:\n", `:2:3: target a has no settings`},
		"a target twice":            {"targets:\n  a: {kind: x}\n  a: {kind: y}\n", `:3:3: `},
		"a second document": {
			"targets:\n  a: {kind: x}\n---\ntargets: {}\n",
			`a second document begins here (---): only one is read`,
		},
		"a variable that is not set": {one + "    auth: {client_secret: env:ROSTERLOAD_TEST_UNSET}\n", `:4:27: the environment variable ROSTERLOAD_TEST_UNSET is not set`},
		"a file that is not there":   {one + "    auth: {client_secret: file:nowhere}\n", `:4:27: the secret cannot be read: `},
		"a number where a time belongs": {
			one + "    wait: 30\n",
			`:4:11: wait 30 has no unit: 30s are seconds, 30m are minutes`,
		},
		"a list where a time belongs": {
			one + "    wait: [30s]\n",
			`:4:11: wait is one time such as 30m`,
		},
		"no patience at all": {
			one + "    retry_for: 0\n",
			`:4:16: retry_for is no time at all`,
		},
		"a poll without a pause": {
			one + "    poll: {job: 0s}\n",
			`:4:17: job is no time at all`,
		},
		"a longest pause below the first": {one + "    poll: {status: 5s, status_most: 1s}\n", `:4:37: status_most 1s is less than status 5s`},
		"a share above all": {
			one + "    max_removals: 120%\n",
			`:4:19: max_removals "120%" is neither a number such as 15 nor a share such as 20%`,
		},
		"a share below nothing": {
			one + "    max_failed: -1\n",
			`:4:17: max_failed "-1" is neither`,
		},
		"a share in words": {
			one + "    max_removals: a fifth\n",
			`:4:19: max_removals "a fifth" is neither`,
		},
		"a reserve below zero": {
			one + "    min_api_calls_left: -5\n",
			`:4:25: min_api_calls_left -5 is below zero`,
		},
		"a kind's own number below zero": {
			one + "    calls_per_second: -1\n",
			`:4:23: calls_per_second -1 is below zero`,
		},
		"a kind's optional number below zero": {
			one + "    licences: -1\n",
			`:4:15: licences -1 is below zero`,
		},
		"a number that no machine holds": {one + "    min_api_calls_left: 99999999999999999999\n", `:4:25: `},
		"a word for blanks that means nothing": {
			one + "    blank: delete\n",
			`:4:12: blank "delete" is none of remove, ignore, reject`,
		},
		"a word for duplicates": {
			one + "    duplicates: all\n",
			`:4:17: duplicates "all" is none of reject, first, last`,
		},
		"a group without a name": {one + "    groups:\n      - A\n      -\n", `:6:9: groups has an entry without a name`},
		"a group whose name is blank": {
			one + "    groups: [A, ' ']\n",
			`:4:17: groups has an entry without a name`,
		},
		"a list in a list of groups": {one + "    groups: [[A]]\n", `:4:14: `},
		"a home that is a list": {
			"home: [a]\ntargets:\n  a: {kind: x}\n",
			`:1:7: home names one folder`,
		},
		"a home that is blank": {
			"home: ''\ntargets:\n  a: {kind: x}\n",
			`:1:7: home names one folder`,
		},
		"a home that a shell would understand": {
			"home: ~/runs\ntargets:\n  a: {kind: x}\n",
			`:1:7: home "~/runs": ~ means nothing here`,
		},
		"a bracket left open": {"targets:\n  a: {kind: x\n", `rosterload.yaml:2:`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decode(t, c.text)
			var complaint *config.Error
			if !errors.As(err, &complaint) || complaint.ExitCode() != 2 {
				t.Fatalf("%v is no complaint of the config", err)
			}
			if line, _, _ := strings.Cut(err.Error(), "\n"); !strings.Contains(line, c.want) {
				t.Errorf("it says  %s\nwant     %s", line, c.want)
			}
		})
	}
}

func TestAComplaintAfterDecodingStandsWhereItsValueDoes(t *testing.T) {
	s, err := decode(t, one+"    url: ftp://x\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.URL.Complain("%q will not do", s.URL.V).Error(); !strings.HasSuffix(got, "rosterload.yaml:4:10: \"ftp://x\" will not do\n      url: ftp://x\n           ^") {
		t.Error(got)
	}
	s, err = decode(t, "targets:\n  a:\n    kind: x\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.URL.Complain("url is missing").Error(); !strings.Contains(got, "rosterload.yaml:2:3: url is missing") {
		t.Error(got)
	}
}

func TestAKindThatIsNotKnownIsRefusedAtItsPlace(t *testing.T) {
	c, err := load(t, "targets:\n  a:\n    url: x\n    kind: valt\n")
	if err != nil {
		t.Fatal(err)
	}
	const want = `:4:11: target a: no kind "valt"; did you mean "vault"? (there are: groove, vault)`
	if got := c.Targets[0].UnknownKind([]string{"groove", "vault"}).Error(); !strings.Contains(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestWhatIsInRangeIsTaken(t *testing.T) {
	for _, setting := range []string{
		"blank: ignore", "na: reject", "duplicates: last", "max_removals: 0", "max_removals: 12.5%", "max_failed: 100%", "wait: 0",
		"retry_for: 1s", "poll: {job: 1ms}", "poll: {job_most: 1m}", "poll: {job: 1s, job_most: 1s}", "min_api_calls_left: 0",
	} {
		if _, err := decode(t, one+"    "+setting+"\n"); err != nil {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

// few are settings of a kind that does not read groups.
type few struct {
	config.Common `yaml:",inline"`
}

func (*few) Unread() []string { return []string{"groups"} }

func TestASettingThatAKindDoesNotReadIsRefusedAtItsPlace(t *testing.T) {
	for setting, want := range map[string]string{"groups: [Alpha]": "groups is not read by targets of this kind", "groups:": "", "wait: 0": ""} {
		c, err := load(t, "targets:\n  a:\n    kind: x\n    "+setting+"\n")
		if err != nil {
			t.Fatal(err)
		}
		err = c.Targets[0].Decode(&few{})
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "yaml:4:")) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

func TestCommonSettingsAreReachable(t *testing.T) {
	s, err := decode(t, `targets:
  a:
    kind: x
    columns: {user: Login, group: Team}
    username_suffix: .full
    groups: [Cardio East, "North, Cardio"]
    wait: 0
    retry_for: 90s
    poll: {job: 200ms, job_most: 30s}
    max_removals: 20%
    min_api_calls_left: 1000
`)
	if err != nil {
		t.Fatal(err)
	}
	c := interface{ Shared() *config.Common }(&s).Shared()
	switch {
	case c.Columns.User != "Login" || c.UsernameSuffix != ".full" || c.MaxRemovals != "20%" || c.MinAPICallsLeft != 1000:
		t.Errorf("%+v", c)
	case len(c.Groups) != 2 || c.Groups[1] != "North, Cardio":
		t.Errorf("groups are %q", c.Groups)
	case c.Wait == nil || *c.Wait != 0:
		t.Error("wait: 0 must differ from no wait at all")
	case c.RetryFor.Duration() != 90*time.Second || c.Poll.Job.Duration() != 200*time.Millisecond || c.Poll.JobMost.Duration() != 30*time.Second:
		t.Errorf("%+v", c)
	}
}

// YAML has its own mind about words that look like numbers, dates or nothing. A group, a heading or a version is what
// is written.
func TestATextIsWhatIsWritten(t *testing.T) {
	s, err := decode(t, `targets:
  a:
    kind: x
    groups: [0042, 0x10, 1_000, 1e3, null, ~, yes, true, 2026-01-01, 12:30, 1., +5, .inf, "007", 'no', !!str 08]
    columns: {user: 0042, group: null}
    username_suffix: .50
    url: 66.0
    scopes: 1_0
    fields: {a: 007}
`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(s.Groups, " "), "0042 0x10 1_000 1e3 null ~ yes true 2026-01-01 12:30 1. +5 .inf 007 no 08"; got != want {
		t.Errorf("groups are %s\nwant       %s", got, want)
	}
	got := []string{s.Columns.User, s.Columns.Group, s.UsernameSuffix, s.URL.V, s.Scopes, s.Fields["a"]}
	if want := []string{"0042", "null", ".50", "66.0", "1_0", "007"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestGroupsInABlockAreWhatIsWritten(t *testing.T) {
	s, err := decode(t, one+"    groups:\n      - 007\n      - Cardio East # the old one\n      - 1_000\n      - >-\n        North\n        West\n    wait: 1m\n")
	if got := strings.Join(s.Groups, "|"); err != nil || got != "007|Cardio East|1_000|North West" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestATextThatIsNotGivenIsEmpty(t *testing.T) {
	s, err := decode(t, one+"    username_suffix:\n    groups:\n    max_removals:\n    poll:\n    url:\n")
	if err != nil || s.UsernameSuffix != "" || s.Groups != nil || s.URL.V != "" {
		t.Errorf("%+v, %v", s.Common, err)
	}
}

func TestAByteOrderMarkIsDropped(t *testing.T) {
	c, err := load(t, "\xEF\xBB\xBFtargets:\r\n  a: {kind: x}\r\n")
	if err != nil || len(c.Targets) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := load(t, "\xFF\xFEt\x00"); err == nil || !strings.Contains(err.Error(), "UTF-16: save it as UTF-8") {
		t.Error(err)
	}
}

func TestAPathIsRelativeToTheConfig(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ name, home, file, wantHome, wantFile string }{
		{"a name", "runs", "ca.pem", filepath.Join(dir, "runs"), filepath.Join(dir, "ca.pem")},
		{
			"a way up", "../runs", "tls/ca.pem", filepath.Join(filepath.Dir(dir), "runs"),
			filepath.Join(dir, "tls", "ca.pem"),
		},
		{
			"a full path", filepath.Join(dir, "x"), filepath.Join(dir, "y"), filepath.Join(dir, "x"),
			filepath.Join(dir, "y"),
		},
	} {
		path := filepath.Join(dir, "rosterload.yaml")
		text := fmt.Sprintf("home: %s\ntargets:\n  a: {kind: x, ca_file: %s}\n", c.home, c.file)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := config.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		var s settings
		if err := cfg.Targets[0].Decode(&s); err != nil || cfg.Home != c.wantHome || s.CAFile != c.wantFile {
			t.Errorf("%s: home is %s, ca_file is %s, %v", c.name, cfg.Home, s.CAFile, err)
		}
	}
	if c, err := load(t, "targets:\n"); err != nil || c.Home != "" {
		t.Errorf("without home: %q, %v", c.Home, err)
	}
}

// Whatever stands in a config, it is read, or refused with a complaint that names the file.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"", "targets:\n  a: {kind: x, url: y}\n", "targets: [1]\n", "a: &a [*a]\n", "targets:\n  ? [a]\n  : b\n", "\x00", one + "    wait: .5\n",
		"home: x\ntargets:\n  a: {kind: x, groups: [007, ~, [a], *b], poll: {job: 1s}}\n", "targets:\n  a: !!str\n", "targets:\n  a: {kind: !!str x, auth: {client_secret: !!str}}\n",
		"\xEF\xBB\xBFtargets:\n  a: {<<: {kind: x}, max_removals: 5%}\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := load(t, text)
		if err == nil && len(c.Targets) > 0 {
			var s settings
			err = c.Targets[0].Decode(&s)
		}
		var complaint *config.Error
		if err != nil && (!errors.As(err, &complaint) || complaint.File != c.Path || complaint.Text == "") {
			t.Fatalf("%v is no complaint of the config", err)
		}
	})
}
