package feeds

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

func readSummary(t *testing.T, path string) *results.Summary {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &results.Summary{}
	if err := json.Unmarshal(data, s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestADeliveryIsTakenOnceAndAnswered(t *testing.T) {
	d := newDrop(t, plain)
	d.write("engage.csv", roster(0, 4, "Alpha")+"nobody@acme.example,Alpha\n")
	if code := d.once(); code != run.ExitFailedRows {
		t.Fatalf("exit %d, told %v", code, d.told)
	}
	d.at(map[State]string{Done: "engage.csv"})
	s := d.latest("engage")
	if s.Feed != "hr" || s.Delivery.Name != "engage.csv" || s.Delivery.Bytes == 0 || s.Results["Updated"] != 5 || s.Failed != 1 {
		t.Errorf("%+v", s)
	}
	for _, path := range []string{s.Files.Results, s.Files.Failed, s.Files.Summary, strings.TrimSuffix(s.Files.Summary, "summary.json") + "answer.txt"} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o640 || filepath.Dir(path) != filepath.Join(d.folder, "answers") {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	page, _ := os.ReadFile(strings.TrimSuffix(s.Files.Summary, "summary.json") + "answer.txt")
	if !strings.Contains(string(page), "USER_NOT_FOUND") || strings.Contains(string(page), "nobody@") {
		t.Errorf("the answer reads:\n%s", page)
	}
	if code := d.once(); code != run.ExitNothing || len(d.ended) != 1 {
		t.Errorf("the next time: exit %d, %d runs", code, len(d.ended))
	}
}

func TestAFileThatIsStillWrittenIsLeftAlone(t *testing.T) {
	d := newDrop(t, plain)
	k := d.watch.worker(d.watch.Feeds[0])
	d.watch.fill()
	for n := range 6 { // a writer that adds a line every eight seconds
		d.write("a.csv", roster(0, n, "Alpha"))
		if codes := k.turn(context.Background(), false); len(codes) > 0 {
			t.Fatalf("it was taken with %d lines", n+1)
		}
		d.now = d.now.Add(8 * time.Second)
	}
	k.turn(context.Background(), false)
	d.now = d.now.Add(3 * time.Second)
	if codes := k.turn(context.Background(), false); len(codes) != 1 || codes[0] != 0 {
		t.Fatalf("it was not taken: %v, %v", codes, d.told)
	}
	if s := d.latest("a"); s.Results["Updated"] != 6 {
		t.Errorf("%v", s.Results)
	}
}

func TestWhatIsNoDeliveryIsLeftAlone(t *testing.T) {
	d := newDrop(t, "  hr: {target: prod, folder: FOLDER, settle: 0s}\n")
	for _, name := range []string{"a.csv.part", ".a.csv", "~$a.csv", "a.txt", "b.tmp"} {
		d.write(name, roster(0, 0, "Alpha"))
	}
	outside := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(outside, []byte(roster(0, 0, "Alpha")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink(outside, filepath.Join(d.folder, "link.csv")), os.Mkdir(filepath.Join(d.folder, "folder.csv"), 0o755)); err != nil {
		t.Fatal(err)
	}
	if code := d.once(); code != run.ExitNothing || len(d.org.applied) > 0 {
		t.Errorf("exit %d, %v", code, d.org.applied)
	}
}

func TestALinkInPlaceOfAStateFolderIsRefused(t *testing.T) {
	d := newDrop(t, plain)
	d.write("a.csv", roster(0, 0, "Alpha"))
	if err := os.Symlink(t.TempDir(), filepath.Join(d.folder, "processing")); err != nil {
		t.Fatal(err)
	}
	if code := d.once(); code != run.ExitUsage || !strings.Contains(strings.Join(d.told, " "), "is a link") {
		t.Errorf("exit %d, told %v", code, d.told)
	}
	d.at(map[State]string{Incoming: "a.csv processing"}) // nothing was moved
}

func TestWaysOfBeingReady(t *testing.T) {
	text := roster(0, 2, "Alpha")
	for _, c := range []struct {
		name, ready, text, beside, content, wrong, right string
	}{
		{name: "a marker that comes late", ready: Marker, text: text, beside: "a.csv.ok", wrong: "none", right: ""},
		{name: "a digest that is another file's", ready: Checksum, text: text, beside: "a.csv.sha256", wrong: strings.Repeat("0", 64) + "  a.csv\n", right: "SHA"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDrop(t, "  hr: {target: prod, folder: FOLDER, ready: "+c.ready+"}\n")
			d.write("a.csv", c.text)
			if c.wrong != "none" {
				d.write(c.beside, c.wrong)
			}
			if code := d.once(); code != run.ExitNothing {
				t.Fatalf("it was taken too early: %d", code)
			}
			right := c.right
			if right == "SHA" {
				right = digest(c.text) + "  a.csv\n"
			}
			d.write(c.beside, right)
			later := d.now.Add(time.Minute)
			if err := os.Chtimes(filepath.Join(d.folder, c.beside), later, later); err != nil {
				t.Fatal(err)
			}
			if code := d.once(); code != 0 {
				t.Fatalf("it was not taken: %d, %v", code, d.told)
			}
			d.at(map[State]string{Done: "a.csv " + c.beside})
		})
	}
}

func TestATrailerIsCountedAndIsNoRow(t *testing.T) {
	d := newDrop(t, "  hr: {target: prod, folder: FOLDER, ready: trailer}\n")
	d.write("a.csv", roster(0, 2, "Alpha")+"TRAILER,4\n")
	if code := d.once(); code != run.ExitNothing {
		t.Fatalf("a trailer that says 4 rows let 3 pass: %d", code)
	}
	d.write("a.csv", roster(0, 3, "Alpha")+"TRAILER,4\n")
	if code := d.once(); code != 0 {
		t.Fatalf("exit %d, told %v", code, d.told)
	}
	if s := d.latest("a"); s.Roster.Rows != 4 || s.Results["Updated"] != 4 {
		t.Errorf("%+v", s.Results)
	}
}

func TestAFileThatIsNeverReadyIsGivenUpAndToldWhy(t *testing.T) {
	d := newDrop(t, plain)
	d.watch.fill()
	k := d.watch.worker(d.watch.Feeds[0])
	d.write("a.csv", "Username,Group\nu1@acme.example,\"Alp")
	for range 3 {
		if codes := k.turn(context.Background(), false); len(codes) > 0 {
			t.Fatalf("taken: %v", codes)
		}
		d.now = d.now.Add(25 * time.Minute)
	}
	if codes := k.turn(context.Background(), false); len(codes) != 1 || codes[0] != run.ExitUsage {
		t.Fatalf("%v, %v", codes, d.told)
	}
	d.at(map[State]string{Failed: "a.csv"})
	if s := d.latest("a"); s.Exit != run.ExitUsage || !strings.Contains(s.Refused, "a quote that opens in line 2 is not closed") {
		t.Errorf("%+v", s)
	}
	if len(d.org.applied) > 0 {
		t.Error(d.org.applied)
	}
}

func TestAFileThatIsNoRosterIsAnswered(t *testing.T) {
	for _, c := range []struct {
		name, text string
		exit       int
		in         State
	}{
		{"a document", "%PDF-1.7\n", run.ExitUsage, Failed},
		{"a file without the columns", "Colour\nred\n", run.ExitUsage, Failed},
		{"an empty file", "", run.ExitNothing, Done},
		{"a heading alone", "Username,Group\n", run.ExitNothing, Done},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDrop(t, plain)
			d.write("a.csv", c.text)
			if code := d.once(); code != map[int]int{run.ExitUsage: run.ExitUsage, run.ExitNothing: run.ExitOK}[c.exit] {
				t.Fatalf("exit %d, told %v", code, d.told)
			}
			d.at(map[State]string{c.in: "a.csv"})
			s := d.latest("a")
			if s.Exit != c.exit {
				t.Errorf("%+v", s)
			}
			if _, err := os.Stat(s.Files.Results); (err == nil) != (c.exit == run.ExitNothing) {
				t.Errorf("results: %v", err)
			}
			evidence, _ := filepath.Glob(filepath.Join(d.folder, "answers", "a.*.evidence.json*"))
			if len(evidence) != 2 {
				t.Errorf("the answer has the evidence %q", evidence)
			}
		})
	}
}

func TestAFileThatGrowsBehindTheClaimGoesBackAndIsTakenWhole(t *testing.T) {
	d := newDrop(t, plain)
	d.write("a.csv", roster(0, 2, "Alpha"))
	grown := false
	d.org.looked = func() { // between the copy and the first batch
		if grown {
			return
		}
		grown = true
		claimed, _ := filepath.Glob(filepath.Join(d.folder, "processing", "*a.csv"))
		f, err := os.OpenFile(claimed[0], os.O_APPEND|os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteString(userName(3) + ",Alpha\n")
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	d.once()
	if len(d.org.applied) > 0 {
		t.Fatalf("half a file was sent: %v", d.org.applied)
	}
	d.at(map[State]string{Incoming: "a.csv"})
	if code := d.once(); code != 0 || len(d.org.applied) != 4 {
		t.Errorf("exit %d, %v, told %v", code, d.org.applied, d.told)
	}
	d.at(map[State]string{Done: "a.csv"})
}

func TestAnOrgThatIsNotThereIsTriedAgain(t *testing.T) {
	d := newDrop(t, plain)
	d.write("a.csv", roster(0, 2, "Alpha"))
	d.org.down = fmt.Errorf("no route: %w", connector.ErrUnavailable)
	if code := d.once(); code != run.ExitUnavailable {
		t.Fatalf("exit %d", code)
	}
	d.at(map[State]string{Processing: "a.csv"})
	d.write("b.csv", roster(3, 4, "Beta"))
	d.once()
	d.at(map[State]string{Incoming: "b.csv", Processing: "a.csv"}) // what is newer does not overtake it
	d.org.down = nil
	if code := d.once(); code != 0 {
		t.Fatalf("exit %d, told %v", code, d.told)
	}
	d.at(map[State]string{Done: "a.csv b.csv"})
}

func TestAnOrgThatIsNotThereForADayIsGivenUp(t *testing.T) {
	d := newDrop(t, plain)
	d.watch.fill()
	k := d.watch.worker(d.watch.Feeds[0])
	d.write("a.csv", roster(0, 2, "Alpha"))
	d.org.down = fmt.Errorf("no route: %w", connector.ErrUnavailable)
	k.turn(context.Background(), false)
	d.now = d.now.Add(11 * time.Second)
	tries := 0
	for range 24*12 + 2 {
		before := len(d.ended)
		k.turn(context.Background(), false)
		tries += len(d.ended) - before
		d.now = d.now.Add(5 * time.Minute)
	}
	d.at(map[State]string{Failed: "a.csv"})
	if tries < 20 || tries > 30 { // after 10, 20, 40 minutes, then every hour
		t.Errorf("%d tries", tries)
	}
	if s := d.latest("a"); s.Exit != run.ExitUnavailable {
		t.Errorf("exit %d", s.Exit)
	}
}

func TestAnOrgThatDeniesUsIsLeftAloneUntilSomethingChanges(t *testing.T) {
	d := newDrop(t, plain)
	changed := time.Time{}
	d.watch.Changed = func(*Feed) time.Time { return changed }
	d.watch.fill()
	k := d.watch.worker(d.watch.Feeds[0])
	d.write("a.csv", roster(0, 2, "Alpha"))
	d.org.down = fmt.Errorf("wrong secret: %w", connector.ErrDenied)
	k.turn(context.Background(), false)
	d.now = d.now.Add(11 * time.Second)
	if codes := k.turn(context.Background(), false); len(codes) != 1 || codes[0] != run.ExitDenied {
		t.Fatalf("%v", codes)
	}
	d.org.down = nil
	d.now = d.now.Add(2 * time.Hour)
	k.turn(context.Background(), false)
	if d.at(map[State]string{Processing: "a.csv"}); len(d.ended) != 1 {
		t.Errorf("%d tries", len(d.ended))
	}
	changed = d.now
	k.turn(context.Background(), false)
	d.at(map[State]string{Done: "a.csv"})
}

func TestAPausedOrDenyingOrgIsLeftAloneByOnceToo(t *testing.T) {
	d := newDrop(t, plain)
	d.write("a.csv", roster(0, 2, "Alpha"))
	d.org.down = fmt.Errorf("wrong secret: %w", connector.ErrDenied)
	d.once()
	d.org.down = nil
	if code := d.once(); code != run.ExitDenied || len(d.ended) != 1 {
		t.Errorf("denied: exit %d, %d tries", code, len(d.ended))
	}
	d = newDrop(t, plain)
	d.write("a.csv", roster(0, 2, "Alpha"))
	d.org.down = fmt.Errorf("no route: %w", connector.ErrUnavailable)
	d.once()
	d.org.down = nil
	if err := run.Pause(d.home, "prod", "me"); err != nil {
		t.Fatal(err)
	}
	if code := d.once(); code != run.ExitUnavailable || len(d.ended) != 1 {
		t.Errorf("paused: exit %d, %d tries", code, len(d.ended))
	}
	if _, err := run.Unpause(d.home, "prod"); err != nil {
		t.Fatal(err)
	}
	if code := d.once(); code != 0 {
		t.Errorf("exit %d, told %v", code, d.told)
	}
}

func TestNothingIsClaimedWhileASecretIsMissing(t *testing.T) {
	d := newDrop(t, plain)
	d.write("a.csv", roster(0, 2, "Alpha"))
	d.opens = errors.New("the environment variable SF_SECRET is not set")
	if code := d.once(); code != run.ExitUsage {
		t.Errorf("exit %d", code)
	}
	d.at(map[State]string{Incoming: "a.csv"})
}

func TestOneProcessWorksOnAFeed(t *testing.T) {
	d := newDrop(t, plain)
	d.write("a.csv", roster(0, 2, "Alpha"))
	lock, err := run.LockFeed(context.Background(), d.home, "hr", run.Queue{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if code := d.once(); code != run.ExitNothing || len(d.told) != 1 {
		t.Errorf("exit %d, told %v", code, d.told)
	}
	d.watch.Named = true
	if code := d.once(); code != run.ExitUnavailable {
		t.Errorf("exit %d", code)
	}
	lock.Release()
	if code := d.once(); code != 0 {
		t.Errorf("exit %d", code)
	}
}
