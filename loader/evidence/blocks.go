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
	return digestBlocks(f, name, max(1, (rows+mostBlocks-1)/mostBlocks), each)
}

// digestBlocks digests records with their line ends; the heading, a mark before it included, stands apart.
func digestBlocks(from io.Reader, name string, rowsPerBlock int, each func(record []byte, at int64)) (*Blocks, error) {
	b := &Blocks{Of: name, RowsPerBlock: rowsPerBlock, SHA256: []string{}}
	records := newRecords(from)
	heading, err := records.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	b.Heading = digest(heading)
	each(heading, 0)
	sum, in := sha256.New(), 0
	for {
		at := records.at
		rec, err := records.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		sum.Write(rec)
		each(rec, at)
		if in++; in == rowsPerBlock {
			b.end(sum)
			in = 0
		}
	}
	if in > 0 {
		b.end(sum)
	}
	return b, nil
}

func (b *Blocks) end(sum hash.Hash) {
	b.SHA256 = append(b.SHA256, hex.EncodeToString(sum.Sum(nil)))
	sum.Reset()
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
