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

	"github.com/goccy/go-yaml"

	"rosterload/loader/config"
)

const plain = "s3cr,et}wo rd"

func TestASecretComesFromWhereItIsSaidToBe(t *testing.T) {
	t.Setenv("ROSTERLOAD_TEST_SECRET", plain)
	outside := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(outside, []byte(plain+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string]string{
		"the environment": "env:ROSTERLOAD_TEST_SECRET", "a file": "file:" + outside, "the config": plain,
	} {
		s, err := decode(t, one+"    auth:\n      client_secret: '"+source+"'\n")
		if err != nil || s.Auth.Secret.Reveal() != plain {
			t.Errorf("from %s: %q, %v", name, s.Auth.Secret.Reveal(), err)
		}
	}
}

func TestASecretFileIsRelativeToTheConfig(t *testing.T) {
	s, err := withFile(t, plain)
	if err != nil || s.Auth.Secret.Reveal() != plain {
		t.Errorf("%q, %v", s.Auth.Secret.Reveal(), err)
	}
}

// withFile answers settings whose client_secret is file:key, a file beside the config.
func withFile(t *testing.T, text string) (settings, error) {
	t.Helper()
	var s settings
	dir := t.TempDir()
	for name, text := range map[string]string{
		"key": text, "rosterload.yaml": "targets:\n  a: {kind: x, auth: {client_secret: file:key}}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(filepath.Join(dir, "rosterload.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return s, c.Targets[0].Decode(&s)
}

func TestASecretFileAsEditorsLeaveIt(t *testing.T) {
	for name, text := range map[string]string{
		"a byte order mark": "\xEF\xBB\xBF" + plain, "a line end": plain + "\n", "a mark and Windows' line end": "\xEF\xBB\xBF" + plain + "\r\n",
	} {
		if s, err := withFile(t, text); err != nil || s.Auth.Secret.Reveal() != plain {
			t.Errorf("%s: %q, %v", name, s.Auth.Secret.Reveal(), err)
		}
	}
}

func TestAnEmptySecretIsNamed(t *testing.T) {
	t.Setenv("ROSTERLOAD_TEST_EMPTY", "")
	t.Setenv("ROSTERLOAD_TEST_BLANK", " \n")
	for name, c := range map[string]struct{ source, says string }{
		"a variable without a value": {
			"env:ROSTERLOAD_TEST_EMPTY",
			":5:22: the environment variable ROSTERLOAD_TEST_EMPTY is empty",
		},
		"a variable of blanks": {
			"env:ROSTERLOAD_TEST_BLANK",
			":5:22: the environment variable ROSTERLOAD_TEST_BLANK is empty",
		},
		"a variable that is not set": {
			"env:ROSTERLOAD_TEST_UNSET",
			":5:22: the environment variable ROSTERLOAD_TEST_UNSET is not set",
		},
		"no variable":                 {"'env:'", ":5:22: env: names no environment variable"},
		"an empty text":               {"''", ":5:22: client_secret is empty"},
		"nothing at all":              {"", ":5:22: client_secret is empty"},
		"a list":                      {"[a]", ":5:22: a secret is env:NAME, file:PATH, or the value itself"},
		"a folder in place of a file": {"file:.", ":5:22: the secret cannot be read: "},
	} {
		_, err := decode(t, one+"    auth:\n      client_secret: "+c.source+"\n")
		var complaint *config.Error
		if !errors.As(err, &complaint) || complaint.ExitCode() != 2 || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want it to say %s", name, err, c.says)
		}
	}
	for name, text := range map[string]string{
		"nothing": "", "a line end": "\r\n", "a mark": "\xEF\xBB\xBF\n", "blanks": "  \n",
	} {
		if _, err := withFile(t, text); err == nil || !strings.Contains(err.Error(), "key is empty") {
			t.Errorf("a file with %s: %v", name, err)
		}
	}
	if _, err := withFile(t, "\xFF\xFEa\x00"); err == nil || !strings.Contains(err.Error(), "is UTF-16") {
		t.Errorf("a file in UTF-16: %v", err)
	}
}

func TestASecretThatIsWrittenOutIsWarnedOf(t *testing.T) {
	t.Setenv("ROSTERLOAD_TEST_SECRET", plain)
	c, err := load(t, one+"    auth:\n      client_id: me\n      client_secret: s3cret\n      jwt:\n        key: |\n          s3cret\n  b:\n    kind: x\n    auth: {client_id: env:ROSTERLOAD_TEST_SECRET, client_secret: env:ROSTERLOAD_TEST_SECRET}\n")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // a host org is decoded for itself and for those that stand on it
		for _, target := range c.Targets {
			var s settings
			if err := target.Decode(&s); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(c.Warnings) != 2 || !strings.HasPrefix(c.Warnings[0], c.Path+":6:22: client_secret is written out") || !strings.Contains(c.Warnings[1], ":8:14: key is written out") {
		t.Errorf("%q", c.Warnings)
	}
	if strings.Contains(strings.Join(c.Warnings, ""), "s3c") {
		t.Errorf("a warning shows the secret: %q", c.Warnings)
	}
}

func TestAComplaintAboutASecretStandsWhereItDoes(t *testing.T) {
	s, err := withFile(t, plain)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Auth.Secret.Complain("the key is encrypted").Error(); !strings.Contains(got, "rosterload.yaml:2:38: the key is encrypted\n    a: {kind: x, auth: {client_secret: file:key}}\n") {
		t.Error(got)
	}
	if got := config.NewSecret(plain).Complain("the key is encrypted").Error(); got != "the key is encrypted" {
		t.Error(got)
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
	for way, text := range map[string]string{
		"JSON": string(asJSON), "YAML": string(asYAML), "slog": log.String(), "fmt": printed,
	} {
		if strings.Contains(text, "s3cr") || strings.Contains(text, fmt.Sprintf("%x", plain)) || !strings.Contains(text, "***") && way != "fmt" {
			t.Errorf("%s prints %s", way, text)
		}
	}
}

func TestASecretIsEmptyWhenNoneIsGiven(t *testing.T) {
	s, err := decode(t, one+"    auth: {client_secret: s3cret}\n")
	if err != nil || s.Auth.Secret.Empty() || !s.Auth.ID.Empty() || s.Auth.JWT != nil {
		t.Errorf("%v, %v, %v", s.Auth.Secret.Empty(), s.Auth.ID.Empty(), err)
	}
}

func TestAComplaintShowsOneLineAndNoSecret(t *testing.T) {
	for name, text := range map[string]string{
		"in the line itself":           one + "    auth: {client_secret: s3cret-word, ulr: x}\n",
		"beside a reference":           one + "    auth: {client_secret: env:HOME, access_token: s3cret, ulr: x}\n",
		"in the line before":           one + "    auth:\n      client_secret: s3cret\n      ulr: x\n",
		"with blanks and commas in it": one + "    client_secret: s3c, s3cret s3cret\n",
		"in double quotes with braces": "targets:\n  a: {kind: x, \"token\": \"s3c}, \\\" s3cret\", ulr: x}\n",
		"in a quote left open":         "targets:\n  a: {kind: x, token: \"s3cret, ulr: x}\n",
		"over several lines":           one + "    key: |\n      s3cret\n   s3cret\n  s3cretS3cret\n",
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
