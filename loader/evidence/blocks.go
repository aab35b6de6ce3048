package evidence

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"os"
)

// mostBlocks is how many digests a file of rows has at most: up to so many rows each has its own.
const mostBlocks = 4096

// Blocks are the digests of one file's rows: which rows were changed can be said without the file that was written.
type Blocks struct {
	Of           string   `json:"of"` // its name in the run's folder
	RowsPerBlock int      `json:"rows_per_block"`
	Heading      string   `json:"heading_sha256"`
	SHA256       []string `json:"sha256"`
}

// blocksOf digests the records of a file that has so many rows, and hands each on.
func blocksOf(path, name string, rows int, each func(record []byte, at int64)) (*Blocks, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return digestBlocks(f, name, perBlock(rows), each)
}

func perBlock(rows int) int { return max(1, (rows+mostBlocks-1)/mostBlocks) }

// digestBlocks digests the records of a text, whatever they are, and hands each on.
func digestBlocks(from io.Reader, name string, rowsPerBlock int, each func(record []byte, at int64)) (*Blocks, error) {
	sums, records := newSums(name, rowsPerBlock), newRecords(from)
	heading, err := records.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	sums.add(heading)
	each(heading, 0)
	for {
		at := records.at
		rec, err := records.next()
		switch {
		case errors.Is(err, io.EOF):
			return sums.end(), nil
		case err != nil:
			return nil, err
		}
		sums.add(rec)
		each(rec, at)
	}
}

// sums makes Blocks of records that come one after the other, the heading first.
type sums struct {
	*Blocks
	open hash.Hash
	rows int // in open
}

func newSums(name string, rowsPerBlock int) *sums {
	return &sums{Blocks: &Blocks{Of: name, RowsPerBlock: rowsPerBlock, SHA256: []string{}}, open: sha256.New()}
}

// add digests a record with its line end; the heading, a mark before it included, stands apart.
func (s *sums) add(record []byte) {
	if s.Heading == "" {
		s.Heading = digest(record)
		return
	}
	s.open.Write(record)
	if s.rows++; s.rows == s.RowsPerBlock {
		s.close()
	}
}

func (s *sums) close() {
	s.SHA256 = append(s.SHA256, hex.EncodeToString(s.open.Sum(nil)))
	s.open.Reset()
	s.rows = 0
}

func (s *sums) end() *Blocks {
	if s.rows > 0 {
		s.close()
	}
	return s.Blocks
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// readBlocks reads a file of blocks, whose digest the manifest has.
func readBlocks(text []byte) (all []Blocks, err error) {
	err = json.Unmarshal(text, &all)
	return all, err
}

// records cuts a file of results at the ends of its records. Quotes inside a quoted cell are doubled, so that a record
// ends where a line ends and the quotes so far are even.
type records struct {
	in  *bufio.Reader
	buf []byte
	at  int64 // where the next record begins
}

func newRecords(from io.Reader) *records { return &records{in: bufio.NewReaderSize(from, 1<<18)} }

// next is the next record with its line end. It is valid until the next call.
func (r *records) next() ([]byte, error) {
	r.buf = r.buf[:0]
	for quotes := 0; ; {
		line, err := r.line()
		r.buf = append(r.buf, line...)
		quotes += bytes.Count(line, []byte{'"'})
		if err != nil && len(r.buf) > 0 && errors.Is(err, io.EOF) {
			err = nil // the last line has no line end
		} else if err == nil && quotes%2 == 1 {
			continue
		}
		r.at += int64(len(r.buf))
		return r.buf, err
	}
}

// line reads one line, however long it is.
func (r *records) line() ([]byte, error) {
	piece, err := r.in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return piece, err
	}
	whole := bytes.Clone(piece)
	for errors.Is(err, bufio.ErrBufferFull) {
		piece, err = r.in.ReadSlice('\n')
		whole = append(whole, piece...)
	}
	return whole, err
}
