package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rosterload/loader/evidence/sshsig"
	"rosterload/loader/run"
	"rosterload/loader/spool"
)

// Home is a home whose evidence may be written: its key and its ledger.
type Home struct {
	Folder string
	Key    string // the key that the config names; empty: the home's own
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error
	Queue  time.Duration // how long to wait for locks, where that is longer than the patience with other processes
	Trip   run.Trip      // nil but in tests
}

// patience with other processes that append: each of them is done within a few writes.
const patience = 2 * time.Minute

// hand is the ledger in the hand of the one process that may append.
type hand struct {
	*Home
	*Ledger
	key sshsig.PrivateKey
}

// with takes the ledger's lock, brings the ledger up to date and calls do. Nothing is ever mended but what a crash
// leaves: a torn last line, a last line without its signature, and, of other runs, a manifest without its entry.
func (h *Home) with(ctx context.Context, do func(*hand) error) error {
	if err := os.MkdirAll(h.Folder, 0o700); err != nil {
		return err
	}
	lock, err := run.LockFile(ctx, filepath.Join(h.Folder, ledgerLock), "the ledger", "none",
		run.Queue{For: max(patience, h.Queue), Now: h.Now, Sleep: h.Sleep})
	if err != nil {
		return err
	}
	defer lock.Release()
	key, err := openKey(h.Folder, h.Key)
	if err != nil {
		return err
	}
	ledger, err := ReadLedger(h.Folder)
	if err != nil {
		return err
	}
	if !ledger.Sound() {
		return unsound(ledger)
	}
	w := &hand{h, ledger, key}
	if err := w.takeUp(); err != nil {
		return err
	}
	return do(w)
}

func unsound(l *Ledger) error {
	return run.Stopf(run.ExitUnproved, run.Hint{
		Before: "restore it from a copy; ", Verb: "ledger",
		Args: []string{"check"}, After: " says more",
	},
		"the ledger does not hold: %s", strings.Join(l.Faults, "; "))
}

// Open makes sure that evidence can be written, before anything is sent: there is a key, and the ledger is sound and
// names it.
func (h *Home) Open(ctx context.Context) error {
	return h.with(ctx, func(*hand) error { return nil })
}

// Enter appends an entry about a run. The same entry again is none.
func (h *Home) Enter(ctx context.Context, e Entry) error {
	return h.with(ctx, func(w *hand) error { return w.enter(e) })
}

// PublicKey is the key in use. It is made when there is none.
func (h *Home) PublicKey(ctx context.Context) (key sshsig.PublicKey, err error) {
	err = h.with(ctx, func(w *hand) error {
		key = w.key.Public()
		return nil
	})
	return key, err
}

// takeUp puts right what a crash left, and enters the key when it is new.
func (w *hand) takeUp() error {
	if w.torn {
		if err := os.Truncate(w.path(LedgerFile), w.whole); err != nil {
			return err
		}
	}
	if n := len(w.lines); n > 0 && w.signed < n {
		signer, err := w.keyOf(w.keyAt(n))
		if err != nil {
			return err
		}
		if err := w.sign(signer); err != nil {
			return err
		}
	}
	return w.enterKey()
}

func (w *hand) path(name string) string { return filepath.Join(w.Folder, name) }

func (w *hand) sign(key sshsig.PrivateKey) error {
	return spool.WriteFile(w.path(ledgerSig), 0o600, key.Sign(Namespace, []byte(w.lines[len(w.lines)-1])))
}

// enterKey names the key in use when the last entry `key` names another one. The old one signs the change first: a
// crash between leaves a signature over an entry that never happened.
func (w *hand) enterKey() error {
	mine := digest([]byte(w.key.Public().Line()))
	inForce := w.keyAt(len(w.lines))
	if inForce == mine {
		return nil
	}
	e := Entry{What: Key, SHA256: mine}
	if inForce != "" {
		old, err := w.keyOf(inForce)
		if err != nil {
			return err
		}
		line, err := w.next(&e)
		if err != nil {
			return err
		}
		if err := spool.WriteFile(w.path(keySigName(e.Seq)), 0o600, old.Sign(Namespace, []byte(line))); err != nil {
			return err
		}
	}
	return w.append(e)
}

// keyOf finds the private key with that digest: the one in use, the home's own, or the home's own before it was
// replaced.
func (w *hand) keyOf(sha string) (sshsig.PrivateKey, error) {
	if digest([]byte(w.key.Public().Line())) == sha {
		return w.key, nil
	}
	for _, name := range []string{KeyFile, KeyFile + ".old"} {
		key, err := readKey(w.path(name))
		if err == nil && digest([]byte(key.Public().Line())) == sha {
			return key, nil
		}
	}
	return sshsig.PrivateKey{}, run.Stopf(run.ExitUsage,
		run.Say("keep the key before it as "+w.path(KeyFile+".old")+" until the change is signed"),
		"the signing key has changed, and the key that the ledger names is not at hand to sign that")
}

// next spells the entry that would be appended now. Its time is never before that of the entry before.
func (w *hand) next(e *Entry) (string, error) {
	e.Seq, e.Prev = len(w.lines)+1, w.Head().SHA256
	if e.At == "" {
		e.At = w.Now().UTC().Format(time.RFC3339)
	}
	line, err := json.Marshal(e)
	return string(line), err
}

// append writes one entry and signs it. A crash before the signature leaves a ledger whose signature fits the last line
// but one; the next writer signs.
func (w *hand) append(e Entry) error {
	line, err := w.next(&e)
	if err != nil {
		return err
	}
	if err := w.Trip.Ask("ledger", false); err != nil {
		return err
	}
	if err := appendLine(w.path(LedgerFile), line); err != nil {
		return err
	}
	w.lines, w.Entries = append(w.lines, line), append(w.Entries, e)
	if e.What == Key {
		w.Keys[e.SHA256] = true
	}
	if err := w.Trip.Ask("ledger", true); err != nil {
		return err
	}
	return w.sign(w.key)
}

func appendLine(path, line string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// enter appends an entry for a run, unless the newest one of that revision says the same already. Entries that other
// runs lack come first.
func (w *hand) enter(e Entry) error {
	if err := w.enterMissing(e.Run); err != nil {
		return err
	}
	if known := w.Newest(e.What, e.Run, e.Revision); known.Seq > 0 && known.SHA256 == e.SHA256 {
		return nil
	}
	return w.append(e)
}

// enterMissing enters the newest revision of each other run that has a signed manifest and no entry: its process died
// between the two. The run's own resume writes that revision again.
func (w *hand) enterMissing(but string) error {
	folders, err := os.ReadDir(w.path("runs"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	known := map[string]int{}
	for _, e := range w.Entries {
		if e.What == Results {
			known[e.Run] = max(known[e.Run], e.Revision)
		}
	}
	for _, f := range folders {
		if f.Name() == but || !f.IsDir() {
			continue
		}
		newest := newestManifest(filepath.Join(w.path("runs"), f.Name()), known[f.Name()])
		if newest == "" {
			continue
		}
		m, text, key, err := ReadManifest(newest)
		if err != nil || m.Run != f.Name() || !w.Keys[digest([]byte(key.Line()))] {
			continue // it is not ours to vouch for; check names it
		}
		if err := w.append(Entry{What: Results, Run: m.Run, Revision: m.Revision, SHA256: digest(text)}); err != nil {
			return err
		}
	}
	return nil
}
