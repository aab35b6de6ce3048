package run

import (
	"encoding/json"
	"os"
)

// Snapshot is what the run rests on; nil when it has none yet. Runs of version 1 kept it in two files.
func (r *Run) Snapshot() ([]byte, error) {
	parts := map[string]json.RawMessage{}
	if r.Planned == nil {
		return nil, nil
	}
	for _, f := range r.Planned.Files {
		switch f.File {
		case SnapshotFile, FoundationFile, NotesFile:
		default:
			continue
		}
		if err := r.Verify(f); err != nil {
			return nil, err
		}
		data, err := os.ReadFile(r.Path(f.File))
		if err != nil || f.File == SnapshotFile {
			return data, err
		}
		parts[map[string]string{FoundationFile: "foundation", NotesFile: "notes"}[f.File]] = data
	}
	if len(parts) == 0 {
		return nil, nil
	}
	return json.Marshal(parts)
}
