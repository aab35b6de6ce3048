package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// built is a bench of few lines with a binary of this tree.
func built(t *testing.T) (*bench, *bytes.Buffer) {
	t.Helper()
	folder, out := t.TempDir(), &bytes.Buffer{}
	binary := filepath.Join(folder, "rosterload.exe") // Windows wants the ending, the others do not mind
	if said, err := exec.Command("go", "build", "-o", binary, "rosterload/cmd/rosterload").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return &bench{out: out, binary: binary, folder: filepath.Join(folder, "bench"), lines: 200}, out
}

func TestBothOrdersAreMeasuredBesideTheDigestAndCurl(t *testing.T) {
	b, out := built(t)
	t.Setenv("ROSTERLOAD_BENCH_SHA256", "1") // this test binary stands in for the command that takes the digest
	if err := b.run(); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{"200 lines, ", "in-order; ", "shuffled; ", "SHA-256 of the roster"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	row := regexp.MustCompile("(?m)^\\| (`plan`|`load`|curl's conversation) \\|.* ([1-9][0-9]*) \\|$")
	want := []string{"`plan`", "`load`", "curl's conversation"}
	if b.curl == "" {
		want = want[:2]
	}
	var got []string
	for _, m := range row.FindAllStringSubmatch(text, -1) {
		got = append(got, m[1])
	}
	if !slices.Equal(got, append(want, want...)) {
		t.Errorf("rows with calls: %q\n%s", got, text)
	}
	if b.curl != "" {
		b.sawTheLoadsEnd(t)
	}
}

// sawTheLoadsEnd: curl's conversation is a measure only when it has done what the load did.
func (b *bench) sawTheLoadsEnd(t *testing.T) {
	for _, order := range []string{"in-order", "shuffled"} {
		text, err := os.ReadFile(filepath.Join(b.folder, order, "curl", "0after.csv"))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), `"Beta"`); n < 180 {
			t.Errorf("%s: the org shows %d times Beta after the conversation:\n%s", order, n, text)
		}
	}
}

func TestAShuffledRosterHasTheLinesOfTheOrderedOne(t *testing.T) {
	lines := func(shuffled bool) []string {
		path := filepath.Join(t.TempDir(), "roster.csv")
		size, err := makeRoster(path, 1000, shuffled)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil || size != int64(len(text)) {
			t.Fatal(size, len(text), err)
		}
		return strings.SplitAfter(string(text), "\n")
	}
	ordered, shuffled := lines(false), lines(true)
	if slices.Equal(ordered, shuffled) || ordered[0] != shuffled[0] || len(ordered) != 1002 {
		t.Errorf("%d lines, the same order: %v", len(ordered), slices.Equal(ordered, shuffled))
	}
	slices.Sort(ordered)
	slices.Sort(shuffled)
	if !slices.Equal(ordered, shuffled) {
		t.Error("the lines differ")
	}
}

func TestAProfileTellsOfALoad(t *testing.T) {
	b, _ := built(t)
	folder := t.TempDir()
	if err := b.profile(folder); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cpu.pprof", "allocs.pprof"} {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if results, _ := filepath.Glob(filepath.Join(folder, "*.results.csv")); len(results) != 1 {
		t.Errorf("results of the load: %q", results)
	}
}

func TestMain(m *testing.M) {
	if os.Getenv("ROSTERLOAD_BENCH_SHA256") != "" && len(os.Args) == 3 && os.Args[1] == "-sha256" {
		if err := digest(os.Args[2]); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}
