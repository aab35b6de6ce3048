package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rosterload/loader/evidence/sshsig"
	"rosterload/loader/run"
)

func TestALedgerThatWasChangedAnywhereIsFound(t *testing.T) {
	g := newRig(t)
	for range 3 {
		g.load(t, "nightly.csv", people(3))
	}
	if said := faults(t, g, CheckOptions{}); said != "" {
		t.Fatalf("untouched: %s", said)
	}
	for _, name := range []string{LedgerFile, ledgerSig} {
		path := filepath.Join(g.Folder, name)
		whole := get(t, path)
		for range 300 {
			bad, at := changed(whole)
			put(t, path, bad)
			if ledger, err := ReadLedger(g.Folder); err != nil || ledger.Sound() {
				t.Fatalf("%s: byte %d is %q, was %q: %v", name, at, bad[at], whole[at], err)
			}
		}
		put(t, path, whole)
	}
}

func TestALedgerCutSwappedOrGrownAgainIsFound(t *testing.T) {
	g := newRig(t)
	for range 4 {
		g.load(t, "nightly.csv", people(3))
	}
	path, sigPath := filepath.Join(g.Folder, LedgerFile), filepath.Join(g.Folder, ledgerSig)
	whole, sig := get(t, path), get(t, sigPath)
	ledger, err := ReadLedger(g.Folder)
	must(t, err)
	head := ledger.Head()
	lines := strings.SplitAfter(strings.TrimSuffix(string(whole), "\n"), "\n")
	lines[len(lines)-1] += "\n"
	for _, c := range []struct {
		name string
		text string
		o    CheckOptions
		want string
	}{
		{"an entry removed", strings.Join(slices.Delete(slices.Clone(lines), 2, 3), ""), CheckOptions{}, "does not follow"},
		{"two entries swapped", lines[0] + lines[2] + lines[1] + lines[3] + lines[4], CheckOptions{}, "does not follow"},
		{"the first removed", strings.Join(lines[1:], ""), CheckOptions{}, "does not follow"},
		{"the end cut", strings.Join(lines[:3], ""), CheckOptions{}, "fits neither"},
		{"a strange entry", string(whole) + lines[4], CheckOptions{}, "does not follow"},
		{"nothing left", "", CheckOptions{}, "fits neither"},
		{"a torn last line", string(whole) + `{"seq":6,"at`, CheckOptions{}, ""},
		{"whole, with its head", string(whole), CheckOptions{Head: head}, ""},
		{"whole, with another head", string(whole), CheckOptions{Head: Head{3, strings.Repeat("a", 64)}}, "written again"},
		{"whole, with a later head", string(whole), CheckOptions{Head: Head{9, head.SHA256}}, "cut off"},
	} {
		put(t, path, []byte(c.text))
		if said := faults(t, g, c.o); (c.want == "") != (said == "") || !strings.Contains(said, c.want) {
			t.Errorf("%s: %q, want %q", c.name, said, c.want)
		}
		put(t, path, whole)
	}

	// Who has the key can cut the ledger and let it grow again: only a head that was kept elsewhere shows that.
	key, err := readKey(filepath.Join(g.Folder, KeyFile))
	must(t, err)
	put(t, path, []byte(strings.Join(lines[:3], "")))
	put(t, sigPath, key.Sign(Namespace, []byte(strings.TrimSuffix(lines[2], "\n"))))
	must(t, g.with(context.Background(), func(w *hand) error { return w.enterMissing("") }))
	if said := faults(t, g, CheckOptions{}); said != "" {
		t.Errorf("grown again by the key itself: %s", said)
	}
	if said := faults(t, g, CheckOptions{Head: head}); !strings.Contains(said, "written again") {
		t.Errorf("grown again, with the head of before: %q", said)
	}
	put(t, path, whole)
	put(t, sigPath, sig)
}

func TestAnUnsoundLedgerIsNotWrittenTo(t *testing.T) {
	g := newRig(t)
	g.load(t, "nightly.csv", people(3))
	path := filepath.Join(g.Folder, LedgerFile)
	put(t, path, bytes.Replace(get(t, path), []byte(`"what":"results"`), []byte(`"what":"prune"`), 1))
	before := get(t, path)
	var stop *run.Stop
	if err := g.Open(context.Background()); !errors.As(err, &stop) || stop.Code != run.ExitUnproved {
		t.Errorf("%v", err)
	}
	if !bytes.Equal(before, get(t, path)) {
		t.Error("it was written to")
	}
}

var errPulled = errors.New("the plug was pulled")

// A kill at each write of a revision, and behind each: whatever it leaves, the next run's process enters what is
// missing, the run's own resume writes the revision again, and the ledger is sound all the while.
func TestAKillBetweenManifestSignatureAndEntryLeavesASoundLedger(t *testing.T) {
	for kill := 1; ; kill++ {
		g := newRig(t)
		g.load(t, "before.csv", people(3))
		w := g.begun(t, "nightly.csv", people(3))
		writes := 0
		g.Trip = func(string, bool) error {
			if writes++; writes >= kill {
				return errPulled
			}
			return nil
		}
		err := g.revision(t, w, people(3))
		g.Trip = nil
		if err == nil {
			if kill < 8 {
				t.Fatalf("only %d writes were seen", kill-1)
			}
			return
		}
		if !errors.Is(err, errPulled) {
			t.Fatal(err)
		}
		for _, next := range []func(){func() {}, func() { g.load(t, "after.csv", people(3)) }} {
			next()
			if ledger, err := ReadLedger(g.Folder); err != nil || !ledger.Sound() {
				t.Fatalf("kill %d: %v %v", kill, ledger.Faults, err)
			}
		}
		must(t, g.revision(t, w, people(3)))
		if said := faults(t, g, CheckOptions{}); said != "" {
			t.Fatalf("kill %d: %s", kill, said)
		}
		if exit, said := proof(t, w.Run.Stem()+".results.csv", VerifyOptions{Home: g.Folder}); exit != 0 {
			t.Fatalf("kill %d: %s", kill, said)
		}
	}
}

func TestTheNextProcessEntersWhatIsMissing(t *testing.T) {
	g := newRig(t)
	w := g.begun(t, "nightly.csv", people(3))
	g.Trip = func(what string, done bool) error {
		if what == "signature" && done {
			return errPulled
		}
		return nil
	}
	if err := g.revision(t, w, people(3)); !errors.Is(err, errPulled) {
		t.Fatal(err)
	}
	g.Trip = nil
	g.load(t, "other.csv", people(3))
	ledger, err := ReadLedger(g.Folder)
	must(t, err)
	if e := ledger.Newest(Results, w.Run.ID, 1); e.SHA256 != digest(get(t, w.Run.ManifestPath(1))) {
		t.Errorf("it is not in the ledger: %+v", ledger.Entries)
	}
}

func TestATornLastLineNeverHappened(t *testing.T) {
	g := newRig(t)
	g.load(t, "nightly.csv", people(3))
	path := filepath.Join(g.Folder, LedgerFile)
	whole := get(t, path)
	put(t, path, append(bytes.Clone(whole), `{"seq":3,"at":"2026`...))
	g.load(t, "nightly.csv", people(3))
	if said := faults(t, g, CheckOptions{}); said != "" || !bytes.HasPrefix(get(t, path), append(whole, `{"seq":3,"at":"2026-11-23T02`...)) {
		t.Errorf("%s\n%s", said, get(t, path))
	}
}

func TestManyProcessesAppendAtOnce(t *testing.T) {
	g := newRig(t)
	must(t, g.Open(context.Background()))
	var group sync.WaitGroup
	for n := range 20 {
		group.Add(1)
		go func() {
			defer group.Done()
			h := &Home{Folder: g.Folder, Now: time.Now, Sleep: g.Sleep}
			if err := h.Enter(context.Background(), Entry{What: Approval, Run: fmt.Sprint("run", n), SHA256: strings.Repeat("0", 64)}); err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	ledger, err := ReadLedger(g.Folder)
	must(t, err)
	if !ledger.Sound() || len(ledger.Entries) != 21 || ledger.signed != 21 {
		t.Errorf("%d entries, %v", len(ledger.Entries), ledger.Faults)
	}
}

func TestANewKeyIsSignedByTheOldOne(t *testing.T) {
	g := newRig(t)
	r := g.load(t, "nightly.csv", people(3))
	must(t, os.Rename(filepath.Join(g.Folder, KeyFile), filepath.Join(g.Folder, KeyFile+".old")))
	second := g.load(t, "nightly.csv", people(3))
	if said := faults(t, g, CheckOptions{}); said != "" {
		t.Fatal(said)
	}
	for _, one := range []*run.Run{r, second} {
		if exit, said := proof(t, one.Stem()+".results.csv", VerifyOptions{Home: g.Folder}); exit != 0 {
			t.Errorf("%s: %s", one.ID, said)
		}
	}
	ledger, err := ReadLedger(g.Folder)
	must(t, err)
	if len(ledger.Entries) != 4 || ledger.Entries[2].What != Key {
		t.Fatalf("%+v", ledger.Entries)
	}
	must(t, os.Remove(filepath.Join(g.Folder, keySigName(3))))
	if said := faults(t, g, CheckOptions{}); !strings.Contains(said, "the key before it has not signed that") {
		t.Errorf("without the old key's signature: %q", said)
	}

	// Without the old key at hand a new one is refused, and nothing is written.
	lost := newRig(t)
	lost.load(t, "nightly.csv", people(3))
	must(t, os.Remove(filepath.Join(lost.Folder, KeyFile)))
	var stop *run.Stop
	if err := lost.Open(context.Background()); !errors.As(err, &stop) || stop.Code != run.ExitUsage {
		t.Errorf("a lost key: %v", err)
	}
	if ledger, _ := ReadLedger(lost.Folder); len(ledger.Entries) != 2 || !ledger.Sound() {
		t.Error("the ledger was written to")
	}
}

func TestAKeyThatTheConfigNames(t *testing.T) {
	g := newRig(t)
	key, err := sshsig.NewKey()
	must(t, err)
	text, err := key.Marshal("me")
	must(t, err)
	g.Key = filepath.Join(t.TempDir(), "evidence")
	put(t, g.Key, text)
	g.load(t, "nightly.csv", people(3))
	if got, err := g.PublicKey(context.Background()); err != nil || !got.Equal(key.Public()) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(g.Folder, KeyFile)); err == nil {
		t.Error("the home has a key of its own, too")
	}
	g.Key += ".gone"
	var stop *run.Stop
	if err := g.Open(context.Background()); !errors.As(err, &stop) || stop.Code != run.ExitUsage {
		t.Errorf("one that is not there: %v", err)
	}
}

func TestAManifestOrAFileThatWasChangedIsNamedByTheCheck(t *testing.T) {
	g := newRig(t)
	r := g.load(t, "nightly.csv", people(3))
	for _, name := range []string{run.RosterFile, "results-1.csv", "manifest-1.json", "manifest-1.json.sig", "blocks-1.json", "summary-1.json"} {
		path := r.Path(name)
		whole := get(t, path)
		for range 20 {
			bad, at := changed(whole)
			put(t, path, bad)
			if said := faults(t, g, CheckOptions{}); !strings.Contains(said, strings.TrimSuffix(name, ".sig")) {
				t.Fatalf("%s, byte %d: %q", name, at, said)
			}
		}
		put(t, path, whole)
	}
	must(t, os.Remove(r.ManifestPath(1)))
	if said := faults(t, g, CheckOptions{}); !strings.Contains(said, "manifest-1.json of run "+r.ID+" is missing") {
		t.Error(said)
	}
}

func TestSSHKeygenVerifiesManifestAndLedger(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not installed (Debian: openssh-client)")
	}
	g := newRig(t)
	r := g.load(t, "nightly.csv", people(3))
	key, err := g.PublicKey(context.Background())
	must(t, err)
	signers := filepath.Join(t.TempDir(), "allowed_signers")
	put(t, signers, []byte(SignersLine(key)+"\n"))
	lines := strings.Split(strings.TrimSpace(string(get(t, filepath.Join(g.Folder, LedgerFile)))), "\n")
	for sig, text := range map[string][]byte{
		r.Stem() + ".evidence.json.sig":    get(t, r.Stem()+".evidence.json"),
		filepath.Join(g.Folder, ledgerSig): []byte(lines[len(lines)-1]),
	} {
		cmd := exec.Command("ssh-keygen", "-Y", "verify", "-f", signers, "-I", Identity(), "-n", Namespace, "-s", sig)
		cmd.Stdin = bytes.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v, %s", sig, err, out)
		}
	}
}
