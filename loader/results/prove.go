package results

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"rosterload/transform"
)

// Each takes the records of a results file one after the other, the heading first: the cells, the bytes with their line
// end, and where these begin. A mark before the heading belongs to its bytes, so that those of all records are those of
// the file. Cells and bytes are valid until it returns.
type Each func(cells [][]byte, raw []byte, at int64)

// Prove reads a results file once more and fails unless it has as many rows as the roster, each row number once and
// in order from the first, and the words it was said to have. Each, where there is one, takes the records as they are
// read: only when Prove ends well were they all.
func Prove(path string, first, rows int, want map[transform.Word]int, each Each) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if each == nil {
		each = func([][]byte, []byte, int64) {}
	}
	found, seen, err := count(newCellReader(f), first, each)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return compare(path, found, rows, seen, want)
}

// count walks the records: their row numbers count on from first, and each is as wide as the header. It reads them
// without gocsv: of a million rows it needs two cells each. Words are counted in the order of transform.Words.
func count(in *cellReader, first int, each Each) (rows int, words []int, err error) {
	if err := in.begin(); err != nil {
		return 0, nil, err
	}
	if err := in.next(); err != nil {
		return 0, nil, err
	}
	width := len(in.cells)
	if width < len(Header) || !slices.EqualFunc(in.cells[:len(Header)], Header, is) {
		return 0, nil, errors.New("no results file: its header is not that of ours")
	}
	each(in.cells, in.raw, 0)
	number, word := slices.Index(Header, "row"), slices.Index(Header, "result")
	words = make([]int, len(transform.Words))
	var expected []byte
	for {
		at := in.end
		err := in.next()
		if errors.Is(err, io.EOF) {
			return rows, words, nil
		}
		rows++
		if err != nil {
			return rows, nil, fmt.Errorf("row %d: %w", rows, err)
		}
		expected = strconv.AppendInt(expected[:0], int64(first+rows-1), 10)
		if len(in.cells) != width || !bytes.Equal(in.cells[number], expected) {
			return rows, nil, fmt.Errorf("row %d: named %q, with %d of %d cells", rows, in.cells[number], len(in.cells),
				width)
		}
		if i := slices.Index(transform.Words, transform.Word(in.cells[word])); i >= 0 {
			words[i]++
		}
		each(in.cells, in.raw, at)
	}
}

func is(cell []byte, text string) bool { return string(cell) == text }

func compare(path string, found, rows int, seen []int, want map[transform.Word]int) error {
	if found != rows {
		return fmt.Errorf("%s has %d rows, the roster has %d", path, found, rows)
	}
	sum := 0
	for i, word := range transform.Words {
		if seen[i] != want[word] {
			return fmt.Errorf("%s says %s of %d rows, counted were %d", path, word, seen[i], want[word])
		}
		sum += want[word]
	}
	if sum != rows {
		return fmt.Errorf("the result words add up to %d, the roster has %d rows", sum, rows)
	}
	return nil
}
