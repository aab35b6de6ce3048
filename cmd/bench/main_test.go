package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	shared string // a folder that TestMain removes
	binary = sync.OnceValues(func() (string, error) {
		path := filepath.Join(shared, "rosterload.exe") // Windows wants the ending, the others do not mind
		said, err := exec.Command("go", "build", "-o", path, "rosterload/cmd/rosterload").CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, said)
		}
		return path, err
	})
)

// built is a bench of few lines with a binary of this tree. This test binary stands in for the command that takes the
// digest.
func built(t *testing.T) (*bench, *bytes.Buffer) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("ROSTERLOAD_BENCH", "1")
	out := &bytes.Buffer{}
	return &bench{out: out, binary: path, folder: filepath.Join(t.TempDir(), "bench"), lines: 200, times: 2}, out
}

func TestEveryFormAndFewLinesAreMeasuredBesideTheDigestCurlAndSF(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	b, out := built(t)
	b.keep, b.quoted, b.sf = true, true, os.Args[0] // which stands in for Salesforce's CLI as well
	t.Setenv("SF_TARGET_ORG", "an org of the user")
	if err := b.run(); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{
		"200 lines, ", "in-order; ", "shuffled; ", "quoted; ", "SHA-256 of the roster", "none of its time is a pause", "`plan` has its plan after ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	names := []string{"`plan`", "`load`", "`curl`'s conversation", "`sf data update bulk`", "`sf data upsert bulk`"}
	rows := regexp.MustCompile(`(?m)^\| (.*?) \|.* ([1-9][0-9]*) \|$`).FindAllStringSubmatch(text, -1)
	for i, want := range slices.Concat(names, names, names, names) { // three forms, and few lines
		if i >= len(rows) || rows[i][1] != want {
			t.Fatalf("rows with calls: %q\n%s", rows, text)
		}
	}
	if strings.Count(text, " s | 14 | 14 |") != 2 { // two files, each by seven calls in a row; the sign-in is not counted
		t.Errorf("the calls of sf with few lines: %s", text)
	}
	if roster, err := os.ReadFile(filepath.Join(b.folder, "quoted", "roster.csv")); err != nil || roster[0] != '"' {
		t.Errorf("the quoted roster: %v", err)
	}
	b.sawTheLoadsEnd(t)
}

func TestWhatIsNotInstalledIsLeftOutAndNoFilesAreLeft(t *testing.T) {
	b, out := built(t)
	b.times = 1
	t.Setenv("PATH", "")
	if err := b.run(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| – | – |", "\ncurl is not installed", "\nsf is not installed", "\n25 lines; "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if left, err := os.ReadDir(b.folder); err != nil || len(left) != 0 {
		t.Error(left, err)
	}
}

// sawTheLoadsEnd: curl's conversation is a measure only when it has done what the load did.
func (b *bench) sawTheLoadsEnd(t *testing.T) {
	for _, order := range []string{"in-order", "shuffled", "quoted"} {
		text, err := os.ReadFile(filepath.Join(b.folder, order, "curl", "0after.csv"))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), `"Beta"`); n < 180 {
			t.Errorf("%s: the org shows %d times Beta after the conversation:\n%s", order, n, text)
		}
	}
}

func TestWhatCannotBeMeasuredEndsNothingElse(t *testing.T) {
	b, out := built(t)
	b.sf = b.binary // which is not Salesforce's CLI
	if err := errors.Join(b.prepare(), b.measure(form{name: "one"})); err != nil {
		t.Fatal(err)
	}
	if b.failed == nil || strings.Count(b.failed.Error(), "one: `sf data update bulk`: sign-in: ") != 1 {
		t.Error(b.failed)
	}
	if text := out.String(); !strings.Contains(text, "| `load` |") || strings.Contains(text, "`sf") {
		t.Error(text)
	}
}

func TestAShuffledRosterHasTheLinesOfTheOrderedOne(t *testing.T) {
	lines := func(shuffled bool) []string {
		path := filepath.Join(t.TempDir(), "roster.csv")
		size, err := makeRoster(path, 1000, form{shuffled: shuffled})
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

func TestQuotesStandAroundEveryCell(t *testing.T) {
	path := filepath.Join(t.TempDir(), "roster.csv")
	if _, err := makeRoster(path, 10, form{quoted: true}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	want := `"user0000010@acme.example","","Person 0000010","Country 10","CC-000010","moved by the nightly job of HR"` + "\n"
	if err != nil || strings.Count(string(text), `"`) != 2*6*11 || !strings.HasSuffix(string(text), want) {
		t.Errorf("%v\n%s", err, text)
	}
}

// call is one that lasts from a second to another.
func call(path string, from, to int) asked {
	at := func(second int) time.Time { return time.Unix(int64(second), 0) }
	return asked{Method: "GET", Path: path, At: at(from), Answered: at(to)}
}

func TestCallsInARowBeginAfterAnAnswer(t *testing.T) {
	for name, x := range map[string]struct {
		all  []asked
		want int
	}{
		"none":                         {},
		"one after the other":          {[]asked{call("a", 0, 1), call("b", 1, 2), call("c", 5, 9)}, 3},
		"side by side":                 {[]asked{call("a", 0, 3), call("b", 1, 4), call("c", 2, 5)}, 1},
		"short ones beside a long one": {[]asked{call("long", 0, 9), call("a", 1, 2), call("b", 3, 4), call("end", 9, 10)}, 3},
	} {
		if n := inARow(x.all); n != x.want {
			t.Errorf("%s: %d, want %d", name, n, x.want)
		}
	}
}

func TestAPauseLiesBetweenTwoQuestionsForOneJob(t *testing.T) {
	all := []asked{call("1", 0, 4), call("2", 9, 10), call("1", 10, 11), call("1", 16, 17), call("2", 15, 16)}
	if n := pauses(all); n != 3 {
		t.Errorf("%d pauses", n)
	}
	if text := remark(cost{name: "sf", asked: all}); !strings.Contains(text, "paused 3 times, which is 15 s") {
		t.Error(text)
	}
	if n := pauses([]asked{call("1", 0, 4), call("1", 5, 6), call("2", 11, 12)}); n != 0 {
		t.Errorf("%d pauses between questions that were asked at once", n)
	}
}

func TestMain(m *testing.M) {
	err := error(nil)
	switch {
	case os.Getenv("ROSTERLOAD_BENCH") == "":
		if shared, err = os.MkdirTemp("", "bench"); err != nil {
			log.Fatal(err)
		}
		code := m.Run()
		_ = os.RemoveAll(shared)
		os.Exit(code)
	case os.Args[1] == "-sha256":
		err = digest(os.Args[2])
	default:
		err = standIn(os.Args[1:])
	}
	if err != nil {
		log.Fatal(err)
	}
}

// standIn signs in, uploads and waits as Salesforce's CLI does, with curl, and keeps its session below HOME.
func standIn(args []string) error {
	home := os.Getenv("HOME")
	if target := os.Getenv("SF_TARGET_ORG"); target != "" || filepath.Base(home) != "sf" {
		return fmt.Errorf("%q and %q are the user's own", target, home)
	}
	for _, no := range []string{"SF_DISABLE_TELEMETRY", "SF_SKIP_NEW_VERSION_CHECK", "SF_AUTOUPDATE_DISABLE", "SF_DISABLE_AUTOUPDATE"} {
		if os.Getenv(no) != "true" {
			return fmt.Errorf("without %s other work runs beside the measure", no)
		}
	}
	flags := flag.NewFlagSet("sf", flag.ContinueOnError)
	address, file := flags.String("instance-url", "", ""), flags.String("file", "", "")
	for _, name := range []string{"alias", "target-org", "sobject", "line-ending", "wait", "external-id"} {
		flags.String(name, "", "")
	}
	flags.Bool("no-prompt", false, "")
	if err := flags.Parse(args[3:]); err != nil {
		return err
	}
	session := filepath.Join(home, "session")
	if args[0] == "org" {
		return os.WriteFile(session, []byte(*address+" "+os.Getenv("SF_ACCESS_TOKEN")), 0o600)
	}
	kept, err := os.ReadFile(session)
	if err != nil {
		return err
	}
	where, token, _ := strings.Cut(string(kept), " ")
	return (&conversation{curl: "curl", address: where, folder: home, token: token}).send(*file)
}
