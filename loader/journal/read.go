package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// Read answers the events of a journal and leaves the file as it is. It needs no lock: while a writer is at work the
// last line may be torn, and a torn line never happened.
func Read(path string) ([]Event, error) {
	events, _, _, err := read(path)
	return events, err
}

// read answers the events, their sums, and where the last whole line ends.
func read(path string) (events []Event, sums chain, end int64, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, sums, 0, err
	}
	for o := (order{}); ; {
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			return events, sums, end, nil
		}
		e, err := parse(data[:i], len(events) == 0)
		if err == nil {
			err = sums.check(data[:i])
		}
		if err == nil {
			err = o.take(e)
		}
		if err != nil {
			return nil, sums, 0, fmt.Errorf("%s: line %d: %w", path, len(events)+1, err)
		}
		events = append(events, e)
		end += int64(i + 1)
		data = data[i+1:]
	}
}

// parse reads one line. The version of the first is read before anything else of it: another version may spell the
// rest in another way.
func parse(line []byte, first bool) (e Event, err error) {
	if first {
		if err := parseVersion(line); err != nil {
			return e, err
		}
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return e, fmt.Errorf("no event: %w", err)
	}
	return e, nil
}

func parseVersion(line []byte) error {
	var begun struct {
		What    string `json:"event"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(line, &begun); err != nil {
		return fmt.Errorf("no event: %w", err)
	}
	if begun.What == Begun && (begun.Version < 1 || begun.Version > Version) {
		return &VersionError{begun.Version}
	}
	return nil
}
