package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rosterload/loader/evidence/sshsig"
	"rosterload/loader/run"
)

// Checked is what a check of a home's ledger saw.
type Checked struct {
	Entries   int      `json:"entries"`
	Head      string   `json:"head"`
	Manifests int      `json:"manifests"` // that are still there and hold
	Files     int      `json:"files"`
	Faults    []string `json:"faults"`
}

// CheckOptions is what a check may be held against.
type CheckOptions struct {
	Head    Head           // that was kept elsewhere; zero: none
	Signers sshsig.Signers // nil: the ledger's own keys
}

// Check reads the whole ledger and every manifest and file of a run that is still there. It mends nothing.
func Check(home string, o CheckOptions) (*Checked, error) {
	ledger, err := ReadLedger(home)
	if err != nil {
		return nil, err
	}
	c := &checker{Checked: &Checked{
		Entries: len(ledger.Entries), Head: ledger.Head().String(),
		Faults: slices.Clone(ledger.Faults),
	}, o: o, home: home, ledger: ledger}
	c.head()
	if len(ledger.lines) > 0 {
		c.signer("the ledger", ledger.Key, time.Now())
	}
	runs, unread, err := run.List(home)
	if err != nil {
		return nil, err
	}
	for _, u := range unread {
		c.fault("run %v", u)
	}
	for _, r := range runs {
		if err := c.run(r); err != nil {
			return nil, err
		}
	}
	if c.Faults == nil {
		c.Faults = []string{}
	}
	return c.Checked, nil
}

type checker struct {
	*Checked
	o      CheckOptions
	home   string
	ledger *Ledger
}

func (c *checker) fault(format string, args ...any) {
	c.Faults = append(c.Faults, fmt.Sprintf(format, args...))
}

// head holds the ledger against a head that was kept elsewhere.
func (c *checker) head() {
	want := c.o.Head
	if want.Seq == 0 {
		return
	}
	switch is, there := c.ledger.At(want.Seq); {
	case !there:
		c.fault("the ledger has %d entries and once had %d: its end was cut off", len(c.ledger.Entries), want.Seq)
	case is != want:
		c.fault("entry %d is not the one that the head names: the ledger was written again", want.Seq)
	}
}

// signer says whose key it is that has signed.
func (c *checker) signer(what string, key sshsig.PublicKey, at time.Time) {
	switch {
	case key.Type == "": // its signature is a fault already
	case c.o.Signers != nil && len(c.o.Signers.Principals(key, Namespace, at)) == 0:
		c.fault("%s is signed by a key that is not among the signers: %s", what, key.Fingerprint())
	case c.o.Signers == nil && !c.ledger.Keys[digest([]byte(key.Line()))]:
		c.fault("%s is signed by a key that the ledger does not name: %s", what, key.Fingerprint())
	}
}

// run checks every manifest of a run, the newest last.
func (c *checker) run(r *run.Run) error {
	for n := 1; n <= max(r.Last.Number, c.lastEntry(r.ID)); n++ {
		if err := c.revision(r, n); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) lastEntry(id string) int {
	last := 0
	for _, e := range c.ledger.Entries {
		if e.What == Results && e.Run == id {
			last = max(last, e.Revision)
		}
	}
	return last
}

func (c *checker) revision(r *run.Run, n int) error {
	m, _ := c.manifest(r, n)
	if m == nil {
		return nil
	}
	c.Manifests++
	c.summary(r, m)
	return c.files(r, m)
}

// summary holds the kept summary of a revision against the manifest, field by field, and the newest one against the
// journal as well, which has its digest.
func (c *checker) summary(r *run.Run, m *Manifest) {
	path := r.SummaryPath(m.Revision)
	what := fmt.Sprintf("%s of run %s", filepath.Base(path), r.ID)
	p := &Proof{}
	switch err := p.summary(path, m); {
	case errors.Is(err, fs.ErrNotExist):
		return
	case err != nil:
		c.fault("%s does not hold: %v", what, err)
		return
	case p.Exit != 0:
		said := slices.DeleteFunc(p.Said, func(s string) bool { return strings.HasPrefix(s, notCovered) })
		c.fault("%s does not hold: %s", what, strings.Join(said, "; "))
		return
	}
	if m.Revision == r.Last.Number && r.Last.Summary != "" {
		if err := unaltered(path, r.Last.Summary); err != nil {
			c.fault("%s is not the file that the journal names", what)
			return
		}
	}
	c.Files++
}

// manifest holds the manifest of a revision against its signature, the ledger and the journal; nil when there is none
// that can be read.
func (c *checker) manifest(r *run.Run, n int) (*Manifest, sshsig.PublicKey) {
	path := r.ManifestPath(n)
	what := fmt.Sprintf("%s of run %s", filepath.Base(path), r.ID)
	entry := c.ledger.Newest(Results, r.ID, n)
	m, text, key, err := ReadManifest(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && text == nil:
		if n == r.Last.Number && r.Last.Manifest != "" {
			c.fault("%s is missing", what)
		}
		return nil, key
	case err != nil:
		c.fault("%s does not hold: %v", what, err)
		return nil, key
	case entry.SHA256 == "":
		c.fault("%s is not in the ledger", what)
	case entry.SHA256 != digest(text):
		c.fault("%s is not the one that entry %d of the ledger names", what, entry.Seq)
	case n == r.Last.Number && r.Last.Manifest != digest(text):
		c.fault("%s is not the one that the journal names", what)
	case m.Run != r.ID || m.Revision != n:
		c.fault("%s is of run %s, revision %d", what, m.Run, m.Revision)
	}
	c.signer(what, key, m.endedAt())
	return m, key
}

// endedAt is when the revision was written, as the manifest says.
func (m *Manifest) endedAt() time.Time {
	at, err := time.Parse(time.RFC3339, m.EndedAt)
	if err != nil {
		return time.Now()
	}
	return at
}

// files holds every file of the run that is still there against the manifest.
func (c *checker) files(r *run.Run, m *Manifest) error {
	files := slices.Clone(m.Files)
	files = append(files, File{Name: m.Blocks.File, SHA256: m.Blocks.SHA256, Bytes: -1})
	for _, f := range files {
		if f.Name == "" {
			continue
		}
		same, err := holds(r.Folder, f)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case !same:
			c.fault("%s of run %s is not the file that revision %d names", f.Name, r.ID, m.Revision)
		default:
			c.Files++
			if err := c.index(r, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// index holds the index of rows that hold against one that is made of them: no manifest has it, and history believes
// it.
func (c *checker) index(r *run.Run, f File) error {
	path := indexPath(r.Path(f.Name))
	if _, err := os.Stat(path); err != nil || !isResults(f.Name) {
		return nil // it is made again when it is missed
	}
	x, sum := newIndex(f.SHA256, 0), sha256.New()
	if _, err := blocksOf(r.Path(f.Name), "", 0, x.add); err != nil {
		return err
	}
	_ = x.spell(sum) // a digest takes everything
	if err := unaltered(path, hex.EncodeToString(sum.Sum(nil))); err != nil {
		c.fault("%s of run %s is not the index of its rows: delete it, and history makes it again", filepath.Base(path), r.ID)
		return nil
	}
	c.Files++
	return nil
}

// holds tells whether a file in a run's folder is the one that a manifest names. A journal has grown since; a length of
// -1 is not known.
func holds(folder string, f File) (bool, error) {
	path := filepath.Join(folder, f.Name)
	switch {
	case f.Name == run.JournalFile:
		return samePart(path, f)
	case f.Bytes < 0:
		text, err := os.ReadFile(path)
		return digest(text) == f.SHA256, err
	}
	return sameFile(path, f)
}

// ParseHead reads SEQ:SHA256.
func ParseHead(text string) (h Head, err error) {
	if n, err := fmt.Sscanf(text, "%d:%s", &h.Seq, &h.SHA256); n != 2 || err != nil || h.Seq < 1 ||
		len(h.SHA256) != 64 {
		return h, fmt.Errorf("%q is no head such as 12:%s", text, strings.Repeat("0", 8)+"…")
	}
	return h, nil
}
