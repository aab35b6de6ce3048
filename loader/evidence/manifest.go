package evidence

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"rosterload/loader/evidence/sshsig"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
)

// Namespace is that of the signatures over manifests and ledger.
const Namespace = "rosterload-evidence"

// Version is the spelling of manifests that this program writes.
const Version = 1

// Manifest is what one revision of a run is: counts, digests and names of files, and the staff that took part. It names
// no user of the roster. The bytes of the file, not this struct, are what is signed.
type Manifest struct {
	Version   int            `json:"version"`
	Run       string         `json:"run"`
	Revision  int            `json:"revision"`
	Final     bool           `json:"final"`
	Exit      int            `json:"exit"`
	Verb      string         `json:"verb"`
	Target    string         `json:"target"`
	Kind      string         `json:"kind"`
	Org       results.Org    `json:"org"`
	As        string         `json:"as"`
	By        string         `json:"by"`
	Host      string         `json:"host"`
	Tool      Tool           `json:"tool"`
	Reasons   []run.Given    `json:"reasons"`
	Undoes    string         `json:"undoes"`
	Mends     string         `json:"mends"`
	Feed      string         `json:"feed"`
	Delivery  run.Delivery   `json:"delivery"`
	Config    string         `json:"config_sha256"`
	Options   any            `json:"options"`
	StartedAt string         `json:"started_at"`
	EndedAt   string         `json:"ended_at"`
	Jobs      []results.Job  `json:"jobs"`
	Counts    map[string]int `json:"counts"`
	Absent    map[string]int `json:"absent,omitempty"` // counts of the users who are in no line, in full mode
	Approvals []Approved     `json:"approvals"`
	Holds     []results.Hold `json:"holds"`
	Files     []File         `json:"files"`
	Blocks    Beside         `json:"blocks"`
	Previous  Head           `json:"previous"`
}

// Tool is the program that wrote it.
type Tool struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
}

// File is one file of the run: in its folder, beside the roster, or both.
type File struct {
	Name   string `json:"name,omitempty"`
	Beside string `json:"beside,omitempty"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Rows   *int   `json:"rows,omitempty"` // of files that have rows, where they were counted
}

// Beside is the file of the rows' digests.
type Beside struct {
	File   string `json:"file"`
	Beside string `json:"beside"`
	SHA256 string `json:"sha256"`
}

// Head names an entry of the ledger.
type Head struct {
	Seq    int    `json:"seq"`
	SHA256 string `json:"sha256"`
}

func (h Head) String() string { return fmt.Sprintf("%d:%s", h.Seq, h.SHA256) }

// compose makes the manifest of a revision, without what the ledger and the blocks say.
func compose(r *run.Run, s *results.Summary, pieces []run.Piece, version string) (*Manifest, error) {
	host, _ := os.Hostname()
	m := &Manifest{
		Version: Version, Run: r.ID, Revision: s.Revision, Final: s.Final, Exit: s.Exit, Verb: r.Seal.Verb,
		Target: s.Target, Kind: s.Kind,
		Org: s.Org, As: s.As, By: s.By, Host: host, Tool: Tool{version, commit()},
		Reasons: append([]run.Given{}, r.Given...),
		Undoes:  r.Seal.Undoes, Mends: s.Mends, Feed: r.Seal.Source, Delivery: r.Seal.Delivery,
		Config: r.Seal.ConfigSHA256, Options: s.Options,
		StartedAt: s.StartedAt, EndedAt: s.EndedAt, Jobs: s.Jobs, Counts: s.Results, Absent: s.Absent,
		Approvals: approvalsOf(r), Holds: append([]results.Hold{}, r.Holds()...),
	}
	for _, list := range []func(*run.Run, *results.Summary) ([]File, error){ofRoster, ofDelivery, ofPlan, ofBatches, ofSeen, ofJournal} {
		files, err := list(r, s)
		if err != nil {
			return nil, err
		}
		m.Files = append(m.Files, files...)
	}
	for _, p := range pieces {
		f := File{Name: p.Name, Beside: p.Beside, SHA256: p.SHA256, Bytes: p.Bytes}
		if p.Rows != run.NoRows {
			f.Rows = &p.Rows
		}
		m.Files = append(m.Files, f)
	}
	return m, nil
}

// commit is the version of the source that the binary was built from, where the build kept it.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

// fileOf is a file in the run's folder whose digest the journal has.
func fileOf(r *run.Run, f run.Sealed) (File, error) {
	info, err := os.Stat(r.Path(f.File))
	if err != nil {
		return File{}, err
	}
	file := File{Name: f.File, SHA256: f.SHA256, Bytes: info.Size()}
	if f.Rows > 0 {
		file.Rows = &f.Rows
	}
	return file, nil
}

func ofRoster(r *run.Run, s *results.Summary) ([]File, error) {
	if r.Seal.Refused != "" { // a delivery that is no roster
		return nil, nil
	}
	f, err := fileOf(r, run.Sealed{File: run.RosterFile, SHA256: r.Seal.SHA256, Rows: s.Roster.Rows})
	if r.Seal.Delivery.ModifiedAt != "" && r.Seal.Source == "" {
		f.Beside = r.Seal.Roster // standard input leaves no file, and a feed keeps the whole delivery, of which the roster may be a part
	}
	return []File{f}, err
}

// ofDelivery is what a feed keeps besides the roster: the file as it came, and the terms that were in force.
func ofDelivery(r *run.Run, _ *results.Summary) ([]File, error) {
	if r.Seal.Source == "" {
		return nil, nil
	}
	var files []File
	for _, sealed := range []run.Sealed{{File: run.DeliveryFile, SHA256: r.Seal.Delivery.SHA256}, r.Seal.Terms} {
		f, err := fileOf(r, sealed)
		switch {
		case sealed.SHA256 == "" || errors.Is(err, fs.ErrNotExist): // a source that is no feed keeps neither
			continue
		case err != nil:
			return nil, err
		case sealed.File == run.DeliveryFile:
			f.Beside = r.Seal.Roster
		}
		files = append(files, f)
	}
	return files, nil
}

// Approved is a person's word that lifted holds. Who is the signer where it is signed, else the system's user; key and
// digest are blank then.
type Approved struct {
	Who    string `json:"who"`
	Key    string `json:"key"`
	Reason string `json:"reason"`
	At     string `json:"at"`
	SHA256 string `json:"sha256"`
}

func approvalsOf(r *run.Run) []Approved {
	all := []Approved{}
	for _, w := range r.Approvals {
		who := w.By
		if w.Who != "" {
			who = w.Who
		}
		all = append(all, Approved{
			Who: who, Key: w.Key, Reason: w.Reason, At: w.At.UTC().Format(time.RFC3339),
			SHA256: w.SHA256,
		})
	}
	return all
}

func ofPlan(r *run.Run, _ *results.Summary) ([]File, error) {
	if r.Planned == nil {
		return nil, nil
	}
	var files []File
	for _, sealed := range r.Planned.Files {
		f, err := fileOf(r, sealed)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

func ofBatches(r *run.Run, _ *results.Summary) ([]File, error) {
	var files []File
	for _, b := range r.Batches {
		for _, sealed := range []run.Sealed{{File: run.FileName(b.Path), SHA256: b.SHA256, Rows: b.Rows}, b.Outcomes} {
			if sealed.File == "" {
				continue
			}
			f, err := fileOf(r, sealed)
			if err != nil {
				return nil, err
			}
			files = append(files, f)
		}
	}
	return files, nil
}

// ofSeen is what exports have shown of the run's lines.
func ofSeen(r *run.Run, _ *results.Summary) ([]File, error) {
	var files []File
	for _, seen := range r.Reconciled {
		f, err := fileOf(r, seen.Sealed)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// ofJournal covers the journal as far as it is written now. Behind that stand the events that let this revision count.
func ofJournal(r *run.Run, _ *results.Summary) ([]File, error) {
	info, err := os.Stat(r.Path(run.JournalFile))
	if err != nil {
		return nil, err
	}
	sha, err := spool.Digest(r.Path(run.JournalFile))
	return []File{{Name: run.JournalFile, SHA256: sha, Bytes: info.Size()}}, err
}

// ReadManifest reads a manifest and the key that signed it. The signature is beside it, as PATH.sig. Only an error of
// the disk, or a file that is no manifest, is an error without a manifest; a signature that is missing or does not fit
// is an error beside it.
func ReadManifest(path string) (*Manifest, []byte, sshsig.PublicKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, sshsig.PublicKey{}, err
	}
	signature, err := os.ReadFile(path + ".sig")
	if err != nil {
		return nil, text, sshsig.PublicKey{}, fmt.Errorf("the signature of %s is missing: %w", filepath.Base(path), err)
	}
	m, key, err := parseManifest(text, signature)
	if err != nil {
		err = fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return m, text, key, err
}

// parseManifest reads nothing of a text whose signature is not good.
func parseManifest(text, signature []byte) (*Manifest, sshsig.PublicKey, error) {
	key, err := sshsig.Verify(signature, Namespace, text)
	if err != nil {
		return nil, key, err
	}
	m := &Manifest{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, key, fmt.Errorf("no manifest: %w", err)
	}
	if m.Version != Version {
		return nil, key, fmt.Errorf("its version is %d; this program reads %d", m.Version, Version)
	}
	return m, key, nil
}

// File finds a file by its name in the run's folder, nil when there is none.
func (m *Manifest) File(name string) *File {
	for i := range m.Files {
		if m.Files[i].Name == name && name != "" {
			return &m.Files[i]
		}
	}
	return nil
}

// FileBeside finds a file by its name beside the roster.
func (m *Manifest) FileBeside(name string) *File {
	for i := range m.Files {
		if m.Files[i].Beside == name && name != "" {
			return &m.Files[i]
		}
	}
	return nil
}

// refused tells of a delivery that was no roster: nothing of it was taken over.
func (m *Manifest) refused() bool { return m.Feed != "" && m.File(run.RosterFile) == nil }

// Stem is the beginning of the names beside the roster: ROSTER.RUN.
func (m *Manifest) Stem() string { return strings.TrimSuffix(m.Blocks.Beside, ".blocks.json") }
