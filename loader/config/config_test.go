package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"rosterload/loader/config"
)

// settings are those of a kind that exists in this test alone.
type settings struct {
	config.Common `yaml:",inline"`
	URL           config.At[string] `yaml:"url"`
	Auth          struct {
		Secret config.Secret `yaml:"client_secret"`
	} `yaml:"auth"`
}

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
	for _, one := range c.Targets {
		got += fmt.Sprintf("%s/%s/%d ", one.Name, one.Kind, one.Line)
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
		"a setting with two letters changed over": {"targets:\n  a:\n    kind: x\n    ulr: y\n", `:4:5: unknown setting "ulr": did you mean "url"?`},
		"a setting nobody knows":                  {"targets:\n  a:\n    kind: x\n    colour: y\n", `:4:5: unknown setting "colour"`},
		"a key at the top":                        {"target:\n  a: {kind: x}\n", `:1:1: unknown setting "target": did you mean "targets"?`},
		"a setting in a common part":              {"targets:\n  a:\n    kind: x\n    poll: {jobb: 1s}\n", `:4:12: unknown setting "jobb": did you mean "job"?`},
		"words instead of a duration":             {"targets:\n  a:\n    kind: x\n    wait: 30 minutes\n", `:4:11: wait "30 minutes" is no duration such as 30m`},
		"time that runs backwards":                {"targets:\n  a:\n    kind: x\n    retry_for: -2m\n", `:4:16: retry_for "-2m" is no duration such as 30m`},
		"a list where a word belongs":             {"targets:\n  a:\n    kind: x\n    url: [a]\n", `:4:10: `},
		"a target without a kind":                 {"targets:\n  a:\n    url: y\n", `:2:3: target a does not say its kind`},
		"a target without settings":               {"targets:\n  a:\n", `:2:3: target a has no settings`},
		"a target twice":                          {"targets:\n  a: {kind: x}\n  a: {kind: y}\n", `:3:3: `},
		"a second document":                       {"targets:\n  a: {kind: x}\n---\ntargets: {}\n", `a second document begins here (---): only one is read`},
		"a variable that is not set":              {"targets:\n  a:\n    kind: x\n    auth: {client_secret: env:ROSTERLOAD_TEST_UNSET}\n", `:4:27: the environment variable ROSTERLOAD_TEST_UNSET is not set`},
		"a file that is not there":                {"targets:\n  a:\n    kind: x\n    auth: {client_secret: file:nowhere}\n", `:4:27: the secret cannot be read: `},
		"a bracket left open":                     {"targets:\n  a: {kind: x\n", `rosterload.yaml:2:`},
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
	s, err := decode(t, "targets:\n  a:\n    kind: x\n    url: ftp://x\n")
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

const plain = "s3cr,et}wo rd"

func TestASecretComesFromWhereItIsSaidToBe(t *testing.T) {
	t.Setenv("ROSTERLOAD_TEST_SECRET", plain)
	outside := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(outside, []byte(plain+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string]string{"the environment": "env:ROSTERLOAD_TEST_SECRET", "a file": "file:" + outside, "the config": plain} {
		s, err := decode(t, "targets:\n  a:\n    kind: x\n    auth:\n      client_secret: '"+source+"'\n")
		if err != nil || s.Auth.Secret.Reveal() != plain {
			t.Errorf("from %s: %q, %v", name, s.Auth.Secret.Reveal(), err)
		}
	}
}

func TestAPathIsRelativeToTheConfig(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"key": plain, "rosterload.yaml": "targets:\n  a: {kind: x, auth: {client_secret: file:key}}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(filepath.Join(dir, "rosterload.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var s settings
	if err := c.Targets[0].Decode(&s); err != nil || s.Auth.Secret.Reveal() != plain {
		t.Errorf("%q, %v", s.Auth.Secret.Reveal(), err)
	}
}

func TestNothingPrintsASecret(t *testing.T) {
	s := config.NewSecret(plain)
	asJSON, _ := json.Marshal(map[string]any{"s": s, "p": &s})
	asYAML, _ := yaml.Marshal(map[string]any{"s": s, "p": &s})
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s, "p", &s, "in", struct{ S config.Secret }{s})
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "s", s, "in", struct{ S config.Secret }{s})
	printed := fmt.Sprintf("%v %+v %#v %s %q %x %d %v", s, s, s, s, s, s, s, struct{ S *config.Secret }{&s})
	for way, text := range map[string]string{"JSON": string(asJSON), "YAML": string(asYAML), "slog": log.String(), "fmt": printed} {
		if strings.Contains(text, "s3cr") || strings.Contains(text, fmt.Sprintf("%x", plain)) || !strings.Contains(text, "***") && way != "fmt" {
			t.Errorf("%s prints %s", way, text)
		}
	}
}

func TestAComplaintShowsOneLineAndNoSecret(t *testing.T) {
	for name, text := range map[string]string{
		"in the line itself":           "targets:\n  a:\n    kind: x\n    auth: {client_secret: s3cret-word, ulr: x}\n",
		"beside a reference":           "targets:\n  a:\n    kind: x\n    auth: {client_secret: env:HOME, access_token: s3cret, ulr: x}\n",
		"in the line before":           "targets:\n  a:\n    kind: x\n    auth:\n      client_secret: s3cret\n      ulr: x\n",
		"with blanks and commas in it": "targets:\n  a:\n    kind: x\n    client_secret: s3c, s3cret s3cret\n",
		"in double quotes with braces": "targets:\n  a: {kind: x, \"token\": \"s3c}, \\\" s3cret\", ulr: x}\n",
		"in a quote left open":         "targets:\n  a: {kind: x, token: \"s3cret, ulr: x}\n",
		"over several lines":           "targets:\n  a:\n    kind: x\n    key: |\n      s3cret\n   s3cret\n  s3cretS3cret\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decode(t, text)
			if err == nil {
				t.Fatal("this should not have passed")
			}
			if strings.Contains(err.Error(), "s3c") {
				t.Errorf("the secret is shown: %s", err)
			}
			if lines := strings.Count(err.Error(), "\n"); lines > 2 {
				t.Errorf("%d lines are shown: %s", lines, err)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	for _, seed := range []string{"", "targets:\n  a: {kind: x, url: y}\n", "targets: [1]\n", "a: &a [*a]\n", "targets:\n  ? [a]\n  : b\n", "\x00", "targets:\n  a:\n    kind: x\n    wait: .5\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := load(t, text)
		if err != nil {
			return
		}
		for _, one := range c.Targets {
			var s settings
			_ = one.Decode(&s)
		}
	})
}
