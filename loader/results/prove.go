package results

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"rosterload/transform"
	"rosterload/validate/cells"
)

// Prove reads a results file once more and fails unless it has as many rows as the roster, each row number once and
// in order, and the words it was said to have.
func Prove(path string, rows int, want map[transform.Word]int) error {
	return ProveFrom(path, 1, rows, want)
}

// ProveFrom is Prove for a file whose first row has another number.
func ProveFrom(path string, first, rows int, want map[transform.Word]int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	in, delimiter, err := head(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	found, seen, err := count(cells.NewReaderOf(in, delimiter), first)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return compare(path, found, rows, seen, want)
}

// count walks the records: their row numbers count on from first, and each is as wide as the header. It reads them
// without gocsv: of a million rows it needs two cells each.
func count(in *cells.Reader, first int) (rows int, words map[string]int, err error) {
	header, err := in.Read()
	if err != nil {
		return 0, nil, err
	}
	width := len(header)
	if width < len(Header) || !slices.Equal(header[:len(Header)], Header) {
		return 0, nil, errors.New("no results file: its header is not that of ours")
	}
	number, word := slices.Index(Header, "row"), slices.Index(Header, "result")
	words = map[string]int{}
	var expected []byte
	for {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, words, nil
		}
		rows++
		if err != nil {
			return rows, nil, fmt.Errorf("row %d: %w", rows, err)
		}
		expected = strconv.AppendInt(expected[:0], int64(first+rows-1), 10)
		if len(rec) != width || rec[number] != string(expected) {
			return rows, nil, fmt.Errorf("row %d: named %q, with %d of %d cells", rows, rec[number], len(rec), width)
		}
		words[rec[word]]++
	}
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
