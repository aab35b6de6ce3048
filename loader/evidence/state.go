package evidence

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"rosterload/loader/run"
)

// What became of a file since the revision that names it.
const (
	AsWritten = "as written"
	Changed   = "changed"
	Gone      = "gone"
	NotLooked = "not looked at" // it is larger than what was to be read
)

// State is how the newest revision of a run stands to its evidence now.
type State struct {
	Revision int
	Faults   []string // of the manifest, its signature, and its place in ledger and journal
	Key      string   // that signed; empty: there is no manifest that can be read
	Entry    int      // of the ledger; 0: none
	Files    []FileState
}

// FileState is one file of a revision, in the run's folder or beside the roster.
type FileState struct {
	Name   string
	Path   string
	SHA256 string
	Bytes  int64
	State  string
	Said   []string // of a results file that was changed: where
}

// Holds tells whether nothing that was looked at was changed.
func (s *State) Holds() bool {
	return len(s.Faults) == 0 && !slices.ContainsFunc(s.Files, func(f FileState) bool { return f.State == Changed })
}

// StateOf holds the files of the newest revision of a run against its evidence. It reads no more than so many bytes,
// the results first, and writes nothing. A run without a revision has none.
func StateOf(home string, r *run.Run, most int64) (*State, error) {
	if r.Last.Manifest == "" {
		return nil, nil
	}
	ledger, err := ReadLedger(home)
	if err != nil {
		return nil, err
	}
	c := &checker{Checked: &Checked{Faults: slices.Clone(ledger.Faults)}, home: home, ledger: ledger}
	m, key := c.manifest(r, r.Last.Number)
	s := &State{Revision: r.Last.Number, Faults: c.Faults, Entry: ledger.Newest(Results, r.ID, r.Last.Number).Seq}
	if m == nil {
		return s, nil
	}
	s.Key = key.Fingerprint()
	for _, f := range m.inOrder() {
		for _, path := range pathsOf(r, f) {
			is, err := stateOf(home, path, f, &most)
			if err != nil {
				return nil, err
			}
			s.Files = append(s.Files, is)
		}
	}
	return s, nil
}

// inOrder are the files of a revision, what a person reads first.
func (m *Manifest) inOrder() []File {
	files := slices.Clone(m.Files)
	files = append(files, File{Name: m.Blocks.File, Beside: m.Blocks.Beside, SHA256: m.Blocks.SHA256, Bytes: -1})
	rank := func(f File) int {
		switch {
		case isResults(f.Name):
			return 0
		case f.Beside != "":
			return 1
		}
		return 2
	}
	slices.SortStableFunc(files, func(a, b File) int { return rank(a) - rank(b) })
	return files
}

func pathsOf(r *run.Run, f File) []string {
	var paths []string
	if f.Name != "" {
		paths = append(paths, r.Path(f.Name))
	}
	if f.Beside != "" {
		paths = append(paths, filepath.Join(r.Seal.Place, f.Beside))
	}
	return paths
}

func stateOf(home, path string, f File, most *int64) (FileState, error) {
	is := FileState{Name: filepath.Base(path), Path: path, SHA256: f.SHA256, Bytes: f.Bytes, State: NotLooked}
	if *most -= max(f.Bytes, 0); *most < 0 {
		return is, nil
	}
	here := f
	here.Name = filepath.Base(path)
	same, err := holds(filepath.Dir(path), here)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		is.State = Gone
	case err != nil:
		return is, err
	case same:
		is.State = AsWritten
	default:
		is.State = Changed
		is.Said = where(home, path, f)
	}
	return is, nil
}

// where says which rows of a results file were changed.
func where(home, path string, f File) []string {
	if !isResults(f.Name) || !strings.HasSuffix(path, ".csv") {
		return nil
	}
	p, err := Verify(path, VerifyOptions{Home: home})
	if err != nil {
		return []string{err.Error()}
	}
	return p.Said
}
