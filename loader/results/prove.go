package results

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"rosterload/transform"
)

// Prove reads a results file again and fails unless it has as many rows as the roster, each row number once and in order, and the words it
// was said to have.
func Prove(path string, rows int, want map[transform.Word]int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	in, err := reader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	width, found, seen := len(header), 0, map[string]int{}
	for ; ; found++ {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: row %d: %w", path, found+1, err)
		}
		if len(rec) != width || rec[0] != strconv.Itoa(found+1) {
			return fmt.Errorf("%s: row %d: begins with %q and has %d of %d cells", path, found+1, rec[0], len(rec), width)
		}
		if n, known := seen[rec[3]]; known {
			seen[rec[3]] = n + 1
		} else {
			seen[string([]byte(rec[3]))] = 1
		}
	}
	return compare(path, found, rows, seen, want)
}

func compare(path string, found, rows int, seen map[string]int, want map[transform.Word]int) error {
	if found != rows {
		return fmt.Errorf("%s has %d rows, the roster has %d", path, found, rows)
	}
	sum := 0
	for _, word := range transform.Words {
		if seen[string(word)] != want[word] {
			return fmt.Errorf("%s says %s of %d rows, counted were %d", path, word, seen[string(word)], want[word])
		}
		sum += want[word]
	}
	if sum != rows {
		return fmt.Errorf("the result words add up to %d, the roster has %d rows", sum, rows)
	}
	return nil
}
