package evidence

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rosterload/loader/spool"
)

const evidenceEnding = ".evidence.json"

// findEvidence is the manifest that speaks of a file: the one that was named, that of its run by the file's name, or,
// for a roster, the newest beside it that fits. Empty: there is none.
func findEvidence(path, named string) (string, error) {
	folder, name := filepath.Dir(path), filepath.Base(path)
	switch {
	case named != "":
		_, err := os.Stat(named)
		return named, err
	case isManifest(name):
		return path, nil
	case isManifest(strings.TrimSuffix(name, ".sig")):
		return strings.TrimSuffix(path, ".sig"), nil
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	var all []string
	for _, e := range entries {
		if isManifest(e.Name()) {
			all = append(all, e.Name())
		}
	}
	if stem := longestStem(all, name); stem != "" {
		return filepath.Join(folder, stem+evidenceEnding), nil
	}
	return newestFor(folder, path, all)
}

func isManifest(name string) bool {
	return strings.HasSuffix(name, evidenceEnding) ||
		strings.HasPrefix(name, "manifest-") && strings.HasSuffix(name, ".json")
}

// longestStem finds the evidence ROSTER.RUN.evidence.json of a file ROSTER.RUN.….
func longestStem(all []string, name string) string {
	longest := ""
	for _, one := range all {
		stem, ok := strings.CutSuffix(one, evidenceEnding)
		if ok && strings.HasPrefix(name, stem+".") && len(stem) > len(longest) {
			longest = stem
		}
	}
	return longest
}

// newestFor looks through manifests in a folder for one whose file this is, the newest first. When none fits, the
// newest counts that names the file, and after that one that cannot be believed: it might have.
func newestFor(folder, path string, all []string) (string, error) {
	sha, err := spool.Digest(path)
	if err != nil {
		return "", err
	}
	type candidate struct {
		path string
		m    *Manifest
	}
	var good []candidate
	broken := ""
	for _, name := range all {
		at := filepath.Join(folder, name)
		m, _, _, err := ReadManifest(at)
		if err != nil {
			broken = at
			continue
		}
		good = append(good, candidate{at, m})
	}
	slices.SortFunc(good, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.m.Run, a.m.Run), cmp.Compare(b.m.Revision, a.m.Revision))
	})
	for _, c := range good {
		if slices.ContainsFunc(c.m.Files, func(f File) bool { return f.SHA256 == sha }) {
			return c.path, nil
		}
	}
	name := filepath.Base(path)
	for _, c := range good {
		if c.m.FileBeside(name) != nil || c.m.File(name) != nil || c.m.Blocks.File == name ||
			isSummary(name) && "summary-"+manifestNumber(c.path) == name {
			return c.path, nil
		}
	}
	return broken, nil
}

// manifestNumber is "2.json" of manifest-2.json.
func manifestNumber(path string) string { return strings.TrimPrefix(filepath.Base(path), "manifest-") }
