package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rosterload/loader/evidence/sshsig"
)

// The files of the ledger in a home.
const (
	LedgerFile = "ledger.jsonl"
	ledgerSig  = "ledger.sig"
	ledgerLock = "ledger.lock"
)

// What an entry of the ledger is about.
const (
	Key       = "key"
	Results   = "results"
	Approval  = "approval"
	Rejection = "rejection"
	Prune     = "prune"
	Forget    = "forget"
)

// Entry is one line of the ledger.
type Entry struct {
	Seq      int    `json:"seq"`
	At       string `json:"at"`
	What     string `json:"what"`
	Run      string `json:"run"`
	Revision int    `json:"revision"`
	SHA256   string `json:"sha256"` // of the manifest, of the approval, of the key's line
	Prev     string `json:"prev"`   // of the line before
}

// first is the prev of the first entry.
var first = strings.Repeat("0", 64)

// Ledger is the ledger as it was read. Only the signatures inside vouch for it.
type Ledger struct {
	Entries []Entry
	Key     sshsig.PublicKey // of the signature over the end
	Keys    map[string]bool  // digests of the lines of all keys that the ledger names
	Faults  []string         // why it is not sound, in words; none: it is
	lines   []string         // without line ends
	whole   int64            // bytes up to the end of the last whole line
	torn    bool             // bytes of a last line that never happened stand behind
	signed  int              // how many lines the signature covers
}

// Sound tells whether every line is whole, the chain holds, and the signature fits the last line or the last but one.
func (l *Ledger) Sound() bool { return len(l.Faults) == 0 }

func (l *Ledger) fault(format string, args ...any) {
	l.Faults = append(l.Faults, fmt.Sprintf(format, args...))
}

// Head is the last entry; zero for an empty ledger.
func (l *Ledger) Head() Head {
	if len(l.lines) == 0 {
		return Head{SHA256: first}
	}
	return Head{len(l.lines), digest([]byte(l.lines[len(l.lines)-1]))}
}

// At is the head as it was when the ledger had so many entries.
func (l *Ledger) At(seq int) (Head, bool) {
	if seq < 1 || seq > len(l.lines) {
		return Head{}, false
	}
	return Head{seq, digest([]byte(l.lines[seq-1]))}, true
}

// ReadLedger reads the ledger of a home and says what is wrong with it. It changes nothing; a torn last line never
// happened. A home without one has an empty ledger.
func ReadLedger(home string) (*Ledger, error) {
	l := &Ledger{Keys: map[string]bool{}}
	text, err := os.ReadFile(filepath.Join(home, LedgerFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(home, ledgerSig)); err == nil {
			l.fault("%s is missing, and its signature is there", LedgerFile)
		}
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	l.parse(text)
	if err := l.checkSignatures(home); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *Ledger) parse(text []byte) {
	prev := first
	for len(text) > 0 {
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			l.torn = true
			return
		}
		line, seq := string(text[:i]), len(l.lines)+1
		text, l.whole = text[i+1:], l.whole+int64(i)+1
		e, err := parseEntry(line)
		switch {
		case err != nil:
			l.fault("line %d is no entry: %v", seq, err)
		case e.Seq != seq:
			l.fault("line %d says that it is entry %d", seq, e.Seq)
		case seq == 1 && e.What != Key:
			l.fault("entry 1 is not the key")
		}
		if err == nil && e.Prev != prev {
			l.fault("line %d does not follow from the line before it: that line was changed, or lines were removed or swapped", seq)
		}
		prev = digest([]byte(line))
		l.lines, l.Entries = append(l.lines, line), append(l.Entries, e)
		if e.What == Key {
			l.Keys[e.SHA256] = true
		}
	}
}

// parseEntry takes a line as it is written and no other spelling of it.
func parseEntry(line string) (e Entry, err error) {
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		return e, err
	}
	if again, err := json.Marshal(e); err != nil || string(again) != line {
		return e, errors.New("it is not spelled as it was written")
	}
	return e, nil
}

// checkSignatures holds the end against its signature, and each change of keys against that of the key before.
func (l *Ledger) checkSignatures(home string) error {
	armoured, err := os.ReadFile(filepath.Join(home, ledgerSig))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if len(l.lines) > 1 { // a crash behind the very first line leaves it unsigned
			l.fault("%s is missing", ledgerSig)
		}
		return nil
	case err != nil:
		return err
	}
	for n := len(l.lines); n >= 1 && n >= len(l.lines)-1; n-- {
		if key, err := sshsig.Verify(armoured, Namespace, []byte(l.lines[n-1])); err == nil {
			l.Key, l.signed = key, n
			break
		}
	}
	if l.signed == 0 {
		l.fault("%s fits neither the last line nor the last but one: lines were changed, cut off or added", ledgerSig)
		return nil
	}
	if inForce := l.keyAt(l.signed); inForce != digest([]byte(l.Key.Line())) {
		l.fault("%s was made by a key that the ledger does not name: %s", ledgerSig, l.Key.Fingerprint())
	}
	return l.checkKeys(home)
}

// keyAt is the digest of the key that was in force when the ledger had so many entries.
func (l *Ledger) keyAt(entries int) string {
	for n := entries; n >= 1; n-- {
		if e := l.Entries[n-1]; e.What == Key {
			return e.SHA256
		}
	}
	return ""
}

func (l *Ledger) checkKeys(home string) error {
	for i, e := range l.Entries {
		if e.What != Key || i == 0 {
			continue
		}
		name := keySigName(i + 1)
		armoured, err := os.ReadFile(filepath.Join(home, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		old, bad := sshsig.Verify(armoured, Namespace, []byte(l.lines[i]))
		if bad != nil || digest([]byte(old.Line())) != l.keyAt(i) {
			l.fault("entry %d names a new key, and the key before it has not signed that (%s)", i+1, name)
		}
	}
	return nil
}

func keySigName(seq int) string { return fmt.Sprintf("ledger-key-%d.sig", seq) }

// Newest is the newest entry of a revision; zero when there is none.
func (l *Ledger) Newest(what, run string, revision int) Entry {
	for i := len(l.Entries) - 1; i >= 0; i-- {
		if e := l.Entries[i]; e.What == what && e.Run == run && e.Revision == revision {
			return e
		}
	}
	return Entry{}
}
