// Package evidence lets an auditor believe a run months later, offline and without us: manifests and their signatures,
// the ledger that chains them, and what reads both.
//
//	results-N.csv ─▶ blocks-N.json ─▶ manifest-N.json ─▶ .sig ─▶ ledger.jsonl, ledger.sig ─▶ the journal's `results`
//	                                        └──▶ beside the roster, when the revision is published
//
// A signature proves that the holder of the home's key wrote this. A head of the ledger that is kept elsewhere binds
// the holder as well.
package evidence

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
)

// Keeper writes the evidence of one run's revisions.
type Keeper struct {
	*Home
	Context context.Context // of the one call of the loader that it serves
	Run     *run.Run
	Version string             // of the program
	blocks  map[string]*Blocks // of the files that were read since the last Seal
}

// Reading writes the index of a kept file of results, and makes its blocks, of the records that prove takes out of it:
// Seal, which comes behind it, reads the file no more. Nothing is kept of a reading that failed, nor of an earlier one.
func (k *Keeper) Reading(name, sha string, rows int, prove func(results.Each) error) error {
	delete(k.blocks, name)
	blocks, index := newSums(name, perBlock(rows)), newIndex(sha, rows)
	err := prove(func(cells [][]byte, raw []byte, at int64) {
		blocks.add(raw)
		index.take(cells, at)
	})
	if err != nil {
		return err
	}
	if err := index.write(indexPath(k.Run.Path(name))); err != nil {
		return err
	}
	if k.blocks == nil {
		k.blocks = map[string]*Blocks{}
	}
	k.blocks[name] = blocks.end()
	return nil
}

// Seal writes blocks, manifest, signature and ledger entry of a revision whose files are in the run's folder and were
// read, and returns the manifest's digest. The journal names the revision behind it. A crash anywhere in here: the next
// revision has the same number, and all of it is read and written again; a manifest that was signed and not entered is
// entered by the next process that writes.
func (k *Keeper) Seal(s *results.Summary, pieces []run.Piece) (string, error) {
	defer func() { k.blocks = nil }()
	m, err := compose(k.Run, s, pieces, k.Version)
	if err != nil {
		return "", err
	}
	if err := k.sealBlocks(m, pieces); err != nil {
		return "", err
	}
	var sha string
	err = k.with(k.Context, func(w *hand) error {
		m.Previous = w.Head()
		text, err := canonical(m)
		if err != nil {
			return err
		}
		sha = digest(text)
		path := k.Run.ManifestPath(s.Revision)
		if err := k.write("manifest", path, text); err != nil {
			return err
		}
		if err := k.write("signature", path+".sig", w.key.Sign(Namespace, text)); err != nil {
			return err
		}
		return w.enter(Entry{What: Results, Run: k.Run.ID, Revision: s.Revision, SHA256: sha})
	})
	return sha, err
}

func (k *Keeper) write(what, path string, data []byte) error {
	if err := k.Trip.Ask(what, false); err != nil {
		return err
	}
	if err := spool.WriteFile(path, 0o600, data); err != nil {
		return err
	}
	return k.Trip.Ask(what, true)
}

// sealBlocks writes the blocks of the files that were read.
func (k *Keeper) sealBlocks(m *Manifest, pieces []run.Piece) error {
	all := []*Blocks{}
	for _, p := range pieces {
		if !isResults(p.Name) {
			continue
		}
		b := k.blocks[p.Name]
		if b == nil {
			return fmt.Errorf("%s is to be sealed, and was not read for it", p.Name)
		}
		all = append(all, b)
	}
	text, err := canonical(all)
	if err != nil {
		return err
	}
	path := k.Run.BlocksPath(m.Revision)
	m.Blocks = Beside{
		File: filepath.Base(path), Beside: filepath.Base(k.Run.Stem()) + ".blocks.json",
		SHA256: digest(text),
	}
	return k.write("blocks", path, text)
}

// Publish lays manifest, signature and blocks beside the results.
func (k *Keeper) Publish(s *results.Summary) error {
	mode := os.FileMode(k.Run.Seal.Mode)
	manifest, stem := k.Run.ManifestPath(s.Revision), k.Run.Stem()
	for _, f := range []struct{ from, to string }{
		{k.Run.BlocksPath(s.Revision), stem + ".blocks.json"},
		{manifest, stem + ".evidence.json"},
		{manifest + ".sig", stem + ".evidence.json.sig"},
	} {
		text, err := os.ReadFile(f.from)
		if err != nil {
			return err
		}
		if err := spool.WriteFile(f.to, mode, text); err != nil {
			return err
		}
	}
	return nil
}

// newestManifest is the path of the newest manifest in a run's folder behind that revision, empty when there is none.
func newestManifest(folder string, behind int) string {
	newest := ""
	for n := behind + 1; ; n++ {
		path := filepath.Join(folder, fmt.Sprintf("manifest-%d.json", n))
		if _, err := os.Stat(path); err != nil {
			return newest
		}
		newest = path
	}
}

// sameFile tells whether a file has this digest and length.
func sameFile(path string, f File) (bool, error) {
	info, err := os.Stat(path)
	if err != nil || info.Size() != f.Bytes {
		return false, err
	}
	sha, err := spool.Digest(path)
	return sha == f.SHA256, err
}

// samePart tells whether a file begins with these bytes: journals grow behind what a manifest covers.
func samePart(path string, f File) (bool, error) {
	text, err := os.ReadFile(path)
	if err != nil || int64(len(text)) < f.Bytes {
		return false, err
	}
	return digest(bytes.Clone(text[:f.Bytes])) == f.SHA256, nil
}
