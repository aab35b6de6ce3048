package evidence

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rosterload/loader/evidence/sshsig"
	"rosterload/loader/run"
	"rosterload/loader/spool"
)

// VerifyOptions is what a file may be held against.
type VerifyOptions struct {
	Evidence string         // the manifest; empty: what lies beside the file
	Signers  sshsig.Signers // nil: none were named
	System   sshsig.Signers // of the machine, nil: there are none
	Home     string         // that may be at hand
}

// Proof is what can be said of one file.
type Proof struct {
	File     string   `json:"file"`
	Evidence string   `json:"evidence,omitempty"`
	Exit     int      `json:"exit"` // 0 proven and vouched for, 4 proven, 10 not proven, 2 no evidence
	Said     []string `json:"said"`
	Run      string   `json:"run,omitempty"`
	Revision int      `json:"revision,omitempty"`
	Key      string   `json:"key,omitempty"`
}

func (p *Proof) say(format string, args ...any) {
	p.Said = append(p.Said, fmt.Sprintf(format, args...))
}

// no is the end of a proof that failed.
func (p *Proof) no(format string, args ...any) *Proof {
	p.Exit = run.ExitUnproved
	p.say(format, args...)
	return p
}

// Verify says what is proven of a file. An error is one of the disk.
func Verify(path string, o VerifyOptions) (*Proof, error) {
	p := &Proof{File: path}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, run.Stopf(run.ExitUsage, run.Hint{}, "no such file: %s", path)
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, run.Stopf(run.ExitUsage, run.Say("name its files"), "%s is a folder", path)
	}
	if isExport(path) {
		return p.archive(path, o)
	}
	found, err := findEvidence(path, o.Evidence)
	if err != nil {
		return nil, err
	}
	if found == "" {
		p.Exit = run.ExitUsage
		p.say("no evidence: neither beside the file nor named with --evidence")
		return p, nil
	}
	p.Evidence = found
	m, _, key, err := ReadManifest(found)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) || m != nil {
			err = fmt.Errorf("the evidence does not hold: %w", err)
		}
		return p.no("%v", err), nil
	}
	return p.against(path, m, key, o)
}

// against holds a file against a manifest whose signature is good.
func (p *Proof) against(path string, m *Manifest, key sshsig.PublicKey, o VerifyOptions) (*Proof, error) {
	p.Run, p.Revision, p.Key = m.Run, m.Revision, key.Fingerprint()
	name := filepath.Base(path)
	var err error
	switch {
	case path == p.Evidence || path == p.Evidence+".sig":
		p.say("its signature is good")
	case isSummary(name):
		err = p.summary(path, m)
	default:
		err = p.file(path, m, o)
	}
	if err != nil || p.Exit != 0 {
		return p, err
	}
	p.introduce(m, key)
	p.vouch(m, key, o)
	return p, nil
}

func isSummary(name string) bool {
	return strings.HasSuffix(name, ".summary.json") ||
		strings.HasPrefix(name, "summary-") && strings.HasSuffix(name, ".json")
}

// file holds a file against its digest.
func (p *Proof) file(path string, m *Manifest, o VerifyOptions) error {
	if p.wroteNone(filepath.Base(path), m) {
		return nil
	}
	f, err := m.meant(path)
	if err != nil {
		return err
	}
	if f == nil {
		p.Exit = run.ExitUsage
		p.say("no evidence: the manifest of run %s, revision %d, does not speak of this file", m.Run, m.Revision)
		return nil
	}
	same := false
	if f.Name == run.JournalFile {
		same, err = samePart(path, *f)
	} else {
		same, err = sameFile(path, *f)
	}
	if err != nil || same {
		if same {
			p.say("this is %s", m.describe(f))
		}
		return err
	}
	p.no("this is not %s: it was changed", m.describe(f))
	if isResults(f.Name) {
		return p.rows(path, m, f, o)
	}
	return nil
}

// wroteNone tells of a file with a name of ours that the revision has not written.
func (p *Proof) wroteNone(name string, m *Manifest) bool {
	for _, ending := range []string{".results.csv", ".failed.csv", ".success.csv", ".absent.csv"} {
		if name == m.Stem()+ending && m.FileBeside(name) == nil {
			p.no("revision %d of run %s wrote no such file", m.Revision, m.Run)
			return true
		}
	}
	return false
}

// meant is the file of the manifest that this one is, or was: by its name beside the roster, in the run's folder, or by
// its digest; a file of results under another name is the results. nil: none.
func (m *Manifest) meant(path string) (*File, error) {
	name := filepath.Base(path)
	if f := m.FileBeside(name); f != nil {
		return f, nil
	}
	if f := m.File(name); f != nil {
		return f, nil
	}
	if name == m.Blocks.Beside || name == m.Blocks.File {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		return &File{Name: m.Blocks.File, Beside: m.Blocks.Beside, SHA256: m.Blocks.SHA256, Bytes: info.Size()}, nil
	}
	sha, err := spool.Digest(path)
	if err != nil {
		return nil, err
	}
	for i := range m.Files {
		if m.Files[i].SHA256 == sha {
			return &m.Files[i], nil
		}
	}
	if beginsLikeResults(path) {
		return m.resultsFile(), nil
	}
	return nil, nil
}

func isResults(name string) bool {
	return strings.HasSuffix(name, ".csv") &&
		(strings.HasPrefix(name, "results-") || strings.HasPrefix(name, "absent-"))
}

// absentFile is that of the users who are in no line; nil: there are none.
func (m *Manifest) absentFile() *File { return m.File(fmt.Sprintf("absent-%d.csv", m.Revision)) }

func (m *Manifest) resultsFile() *File { return m.File(fmt.Sprintf("results-%d.csv", m.Revision)) }

func beginsLikeResults(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 32)
	n, _ := f.Read(head)
	text := strings.TrimPrefix(string(head[:n]), "\xEF\xBB\xBF")
	return len(text) > 14 && text[:3] == "row" && text[4:7] == "key" && text[8:14] == "action"
}

// describe names a file for people.
func (m *Manifest) describe(f *File) string {
	what := "a file"
	switch {
	case f.Name == run.RosterFile:
		what = "the roster"
	case isResults(f.Name):
		what = "the results"
	case f.Name == m.Blocks.File:
		what = "the digests of the rows"
	case f.Name != "":
		what = f.Name
	case f.Beside != "":
		what = strings.TrimPrefix(strings.TrimPrefix(f.Beside, m.Stem()), ".")
	}
	return fmt.Sprintf("%s of revision %d of run %s", what, m.Revision, m.Run)
}

// introduce says in sentences what the manifest says.
func (p *Proof) introduce(m *Manifest, key sshsig.PublicKey) {
	kept := "it may be followed by further revisions"
	if m.Final {
		kept = "the run was over"
	}
	p.say("revision %d of run %s was written on %s by rosterload %s on host %s for %s; %s", m.Revision, m.Run,
		m.EndedAt, m.Tool.Version, m.Host, m.By, kept)
	p.say("%s; target %s of kind %s", m.carried(), m.Target, m.Kind)
	for _, g := range m.Reasons {
		p.say("on %s %s gave the reason %q, ticket %q", g.At, g.By, g.Reason, g.Ticket)
	}
	if m.Undoes != "" {
		p.say("it takes back run %s", m.Undoes)
	}
	p.say("signed by key %s", key.Fingerprint())
}

// carried says what became of what was delivered.
func (m *Manifest) carried() string {
	if m.refused() {
		return "it refused " + m.deliveredAs("the file") + ", which is no roster with rows; nothing was sent"
	}
	org := m.Org.ID
	if m.Org.Name != "" {
		org += " (" + m.Org.Name + ")"
	}
	return fmt.Sprintf("it carried %s to org %s as %s", m.deliveredAs("the roster"), org, m.As)
}

func (m *Manifest) deliveredAs(what string) string {
	d := m.Delivery
	text := what + " " + d.Name + " (SHA-256 " + d.SHA256 + ")"
	if d.Owner != "" {
		text += fmt.Sprintf(", a file of %s, modified %s", d.Owner, d.ModifiedAt)
	}
	return text
}

// vouch says whose key it is. A file of signers that was named decides alone; the machine's and the home pass the
// question on.
func (p *Proof) vouch(m *Manifest, key sshsig.PublicKey, o VerifyOptions) {
	at := m.endedAt()
	if o.Signers != nil {
		names := o.Signers.Principals(key, Namespace, at)
		if len(names) == 0 {
			p.no("the key is not among the signers that were named")
			return
		}
		p.say("the key is vouched for by the signers that were named, as %s", strings.Join(names, ", "))
		return
	}
	if names := o.System.Principals(key, Namespace, at); len(names) > 0 {
		p.say("the key is vouched for by the signers of this machine, as %s", strings.Join(names, ", "))
		return
	}
	if o.Home != "" {
		ledger, err := ReadLedger(o.Home)
		switch {
		case err != nil || !ledger.Sound():
			p.say("the ledger of the home %s does not hold and vouches for nothing", o.Home)
		case ledger.Keys[digest([]byte(key.Line()))]:
			p.say("the key is vouched for by the home %s", o.Home)
			return
		}
	}
	p.Exit = run.ExitFailedRows
	p.say("the file is what its evidence says; whose key that is, nothing here says")
}

// Worst is the exit of several proofs: the first of 10, 2, 4, 0.
func Worst(proofs []*Proof) int {
	for _, exit := range []int{run.ExitUnproved, run.ExitUsage, run.ExitFailedRows} {
		if slices.ContainsFunc(proofs, func(p *Proof) bool { return p.Exit == exit }) {
			return exit
		}
	}
	return run.ExitOK
}
