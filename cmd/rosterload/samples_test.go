package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader/simulator"
	"rosterload/samples"
)

var update = flag.Bool("update", false, "write the samples' expected files again")

const samplesDir = "../../samples"

// What differs from one run to the next.
var (
	runIDs = regexp.MustCompile(`\d{8}T\d{6}Z-[0-9a-f]{4}`)
	times  = regexp.MustCompile(`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z`)
)

func TestSamples(t *testing.T) {
	for _, pattern := range []string{"nightly.csv", "bad/*.csv"} {
		rosters, err := filepath.Glob(filepath.Join(samplesDir, pattern))
		if err != nil || len(rosters) == 0 {
			t.Fatal("no samples", pattern, err)
		}
		for _, roster := range rosters {
			if strings.Contains(roster, ".expected.") {
				continue
			}
			t.Run(filepath.Base(roster), func(t *testing.T) { loadSample(t, roster) })
		}
	}
}

// loadSample loads one sample into the demo's org and compares the results, and all that was said, with the files beside it.
func loadSample(t *testing.T, roster string) {
	o := simulator.Options{UsersFrom: bytes.NewReader(samples.Org), Groups: samples.Groups, Strict: true}
	if licences := samples.Licences; filepath.Dir(roster) == samplesDir {
		o.Licences = &licences // so few are the good sample's point; in the bad ones the sound lines are to go through
	}
	p := serveOrg(t, o)
	text := fmt.Sprintf("targets:\n  acme:\n    kind: salesforce\n    url: %s\n    auth: {client_id: me, client_secret: mine}\n    groups: [%s]\n    poll: {job: 1ms, status: 1ms}\n",
		p.server.URL, strings.Join(samples.Groups, ", "))
	write(t, p.path("rosterload.yaml"), []byte(text))
	name := filepath.Base(roster)
	write(t, p.path(name), read(t, roster))
	var out, errs bytes.Buffer
	code := run(context.Background(), []string{"rosterload", "load", p.path(name), "--quiet", "--config", p.path("rosterload.yaml"), "--home", p.path("home")}, voice{out: &out, err: &errs})
	said := fmt.Sprintf("exit %d\n%s%s", code, out.String(), errs.String())
	expected := strings.TrimSuffix(roster, ".csv") + ".expected"
	compare(t, expected+".txt", []byte(strings.ReplaceAll(said, p.folder+string(filepath.Separator), "")))
	written, _ := filepath.Glob(p.path("*.results.csv"))
	if len(written) == 1 {
		compare(t, expected+".csv", read(t, written[0]))
	} else if _, err := os.Stat(expected + ".csv"); err == nil {
		t.Errorf("no results were written, and %s.csv expects some", expected)
	}
	if broken := p.org.Violations(); len(broken) > 0 {
		t.Errorf("broken promises: %v", broken)
	}
}

// compare holds what there is against an expected file, or writes that again.
func compare(t *testing.T, path string, is []byte) {
	t.Helper()
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
