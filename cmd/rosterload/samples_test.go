package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader/simulator"
	simulators "rosterload/loader/simulator/all"
)

var update = flag.Bool("update", false, "write the samples' expected files again")

const samplesDir = "../../samples"

// What differs from one run to the next.
var (
	runIDs = regexp.MustCompile(`\d{8}T\d{6}Z-[0-9a-f]{4}`)
	ports  = regexp.MustCompile(`127\.0\.0\.1[:-]\d+(-[0-9a-f]{8})?`)
	// shellWords are the words of a command, one in quotes as a whole.
	shellWords = regexp.MustCompile(`"[^"]*"|\S+`)
	lasted     = regexp.MustCompile(`took +\S+`)
	times      = regexp.MustCompile(`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z`)
)

// onTheWay is what is told while a load runs; it depends on the clock.
var onTheWay = regexp.MustCompile(`(?m)^(time=|rosterload: (config |warning: \S*rosterload.yaml|reading,|looking,|deciding,|sending |waiting |writing,)).*\n`)

func TestSamples(t *testing.T) {
	seen := 0
	for _, pattern := range []string{"*.csv", "bad/*.csv"} {
		rosters, err := filepath.Glob(filepath.Join(samplesDir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, roster := range rosters {
			if config := configOf(roster); config != "" {
				seen++
				t.Run(filepath.Base(roster), func(t *testing.T) { loadSample(t, roster, config) })
			}
		}
	}
	if seen < 20 {
		t.Fatalf("only %d samples were found", seen)
	}
}

// configOf is the config that a sample is loaded with: the one of its name, or its folder's. Files that are no
// rosters have none.
func configOf(roster string) string {
	if strings.Contains(roster, ".expected.") {
		return ""
	}
	stem := strings.TrimSuffix(roster, ".csv")
	for _, path := range []string{stem + ".yaml", filepath.Join(filepath.Dir(roster), "rosterload.yaml")} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// serveSample makes the pretend org that the first line of a sample's config names: # rosterload simulate KIND
// [--users FILE] [--groups LIST] [--licences N]. It returns the config with the org's address.
func serveSample(t *testing.T, path string) (config string, violations func() []string) {
	t.Helper()
	text := string(read(t, path))
	first, _, _ := strings.Cut(text, "\n")
	words := shellWords.FindAllString(first, -1)
	for i := range words {
		words[i] = strings.Trim(words[i], `"`)
	}
	if len(words) < 4 || words[1] != "rosterload" || words[2] != "simulate" {
		t.Fatalf("%s begins with %q, not with the command that serves its org", path, first)
	}
	o := simulator.Options{Strict: true}
	f := flag.NewFlagSet("simulate", flag.ContinueOnError)
	users, groups, licences := f.String("users", "", ""), f.String("groups", "", ""), f.Int("licences", -1, "")
	if err := f.Parse(words[4:]); err != nil {
		t.Fatal(err)
	}
	if *users != "" {
		o.Users = filepath.Join(filepath.Dir(path), *users)
	}
	if *groups != "" {
		o.Groups = strings.Split(*groups, ",")
	}
	if *licences >= 0 {
		o.Licences = licences
	}
	org, err := simulators.Open(words[3], o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	return strings.ReplaceAll(text, "http://127.0.0.1:8080", server.URL), org.Violations
}

func centreConfig(address string) string {
	return fmt.Sprintf(`targets:
  prod: {kind: salesforce, url: %[1]s, auth: {client_id: me, client_secret: mine}}
  acme:
    kind: vonage
    url: %[1]s/useradmin
    token_url: %[1]s/Auth/connect/token
    auth: {client_id: me, client_secret: mine}
    salesforce: prod
    template: template.agent@acme.example
    generate_agent_ids: true
    calls_per_second: 1000
`, address)
}

func grooveConfig(address string, more ...string) string {
	lines := append([]string{"kind: groove", "salesforce: prod", "poll: {status: 1ms}", "wait: 20s"}, more...)
	return fmt.Sprintf("targets:\n  prod: {kind: salesforce, url: %s, auth: {client_id: me, client_secret: mine}}\n  acme:\n    %s\n", address, strings.Join(lines, "\n    "))
}

// loadSample loads one sample and compares the results, and all that was said, with the files beside it.
func loadSample(t *testing.T, roster, config string) {
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	text, violations := serveSample(t, config)
	write(t, at("rosterload.yaml"), []byte(text))
	name := filepath.Base(roster)
	write(t, at(name), read(t, roster))
	var out, errs bytes.Buffer
	code := rosterload(context.Background(), []string{"rosterload", "load", at(name), "-t", "acme", "--config", at("rosterload.yaml"), "--home", at("home")}, &voice{out: &out, err: &errs})
	said := fmt.Sprintf("exit %d\n%s%s", code, out.String(), onTheWay.ReplaceAllString(errs.String(), ""))
	said = strings.ReplaceAll(said, folder+string(filepath.Separator), "")
	expected := strings.TrimSuffix(roster, ".csv") + ".expected"
	compare(t, expected+".txt", []byte(ports.ReplaceAllString(said, "127.0.0.1")))
	written, _ := filepath.Glob(at("*.results.csv"))
	if len(written) == 1 {
		compare(t, expected+".csv", read(t, written[0]))
	} else if _, err := os.Stat(expected + ".csv"); err == nil {
		t.Errorf("no results were written, and %s.csv expects some", expected)
	}
	if broken := violations(); len(broken) > 0 {
		t.Errorf("broken promises: %v", broken)
	}
}

// compare holds what there is against an expected file, or writes that again.
func compare(t *testing.T, path string, is []byte) {
	t.Helper()
	is = lasted.ReplaceAll(is, []byte("took     TIME"))
	is = times.ReplaceAll(runIDs.ReplaceAll(is, []byte("RUN")), []byte("TIME"))
	if *update {
		write(t, path, is)
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (make samples writes it)", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(is), "\n")); diff != "" {
		t.Errorf("%s, when it is right make samples writes it again:\n%s", path, diff)
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
