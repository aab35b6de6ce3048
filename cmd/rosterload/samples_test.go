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
	"rosterload/samples"
)

var update = flag.Bool("update", false, "write the samples' expected files again")

const samplesDir = "../../samples"

// What differs from one run to the next.
var (
	runIDs = regexp.MustCompile(`\d{8}T\d{6}Z-[0-9a-f]{4}`)
	ports  = regexp.MustCompile(`127\.0\.0\.1[:-]\d+(-[0-9a-f]{8})?`)
	lasted = regexp.MustCompile(`took +\S+`)
	times  = regexp.MustCompile(`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z`)
)

// onTheWay is what is told while a load runs; it depends on the clock.
var onTheWay = regexp.MustCompile(`(?m)^(time=|rosterload: (config |warning: \S*rosterload.yaml|reading,|looking,|deciding,|sending |waiting |writing,)).*\n`)

func TestSamples(t *testing.T) {
	for pattern, serve := range map[string]func(t *testing.T, folder string) (config string, broken func() []string){
		"nightly.csv":         func(t *testing.T, _ string) (string, func() []string) { return serveEngage(t, samples.Licences) },
		"bad/*.csv":           func(t *testing.T, _ string) (string, func() []string) { return serveEngage(t, -1) },
		"vonage-picture.csv":  serveCentre,
		"groove-licences.csv": serveGroove,
	} {
		rosters, err := filepath.Glob(filepath.Join(samplesDir, pattern))
		if err != nil || len(rosters) == 0 {
			t.Fatal("no samples", pattern, err)
		}
		for _, roster := range rosters {
			if strings.Contains(roster, ".expected.") {
				continue
			}
			t.Run(filepath.Base(roster), func(t *testing.T) { loadSample(t, roster, serve) })
		}
	}
}

// serveEngage is the demo's org. So few licences are the good sample's point; in the bad ones the sound lines are to go through.
func serveEngage(t *testing.T, licences int) (config string, broken func() []string) {
	o := simulator.Options{UsersFrom: bytes.NewReader(samples.Org), Groups: samples.Groups, Strict: true}
	if licences >= 0 {
		o.Licences = &licences
	}
	p := serveOrg(t, o)
	return fmt.Sprintf("targets:\n  acme:\n    kind: salesforce\n    url: %s\n    auth: {client_id: me, client_secret: mine}\n    groups: [%s]\n    poll: {job: 1ms, status: 1ms}\n",
		p.server.URL, strings.Join(samples.Groups, ", ")), p.org.Violations
}

// serveCentre is a contact centre with the users of samples/vonage-org.csv.
func serveCentre(t *testing.T, _ string) (config string, broken func() []string) {
	org, err := simulators.Open("vonage", simulator.Options{Users: filepath.Join(samplesDir, "vonage-org.csv"), Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	return centreConfig(server.URL), org.Violations
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

// serveGroove is an org with Groove, with the users of samples/groove-org.csv and four seats, all taken.
func serveGroove(t *testing.T, _ string) (config string, broken func() []string) {
	seats := 4
	org, err := simulators.Open("groove", simulator.Options{Users: filepath.Join(samplesDir, "groove-org.csv"), Licences: &seats, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	return grooveConfig(server.URL), org.Violations
}

func grooveConfig(address string, more ...string) string {
	lines := append([]string{"kind: groove", "salesforce: prod", "poll: {status: 1ms}", "wait: 20s"}, more...)
	return fmt.Sprintf("targets:\n  prod: {kind: salesforce, url: %s, auth: {client_id: me, client_secret: mine}}\n  acme:\n    %s\n", address, strings.Join(lines, "\n    "))
}

// loadSample loads one sample and compares the results, and all that was said, with the files beside it.
func loadSample(t *testing.T, roster string, serve func(*testing.T, string) (string, func() []string)) {
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	text, violations := serve(t, folder)
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
