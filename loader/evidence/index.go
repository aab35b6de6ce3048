package evidence

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"
	"strings"

	"rosterload/loader/results"
	"rosterload/loader/spool"
	"rosterload/validate"
)

// index finds the rows of a user in one kept file of results. It holds hashes of keys and of record ids, sorted, each
// with the place of its record; the record itself says whether it is the user. It is made from the file and may be
// deleted.
//
//	rosterload index 1 SHA256-of-the-file\n, then 8 bytes an entry: 26 bits of the hash, 38 bits of the place
type index struct {
	sha       string
	delimiter byte
	entries   []uint64
	folded    []byte // of the record in hand
}

const (
	placeBits = 38
	indexMark = "rosterload index 1 "
	entrySize = 8
)

// Columns of a results file that name a user.
var (
	keyColumn = slices.Index(results.Header, "key")
	idColumn  = slices.Index(results.Header, "record_id")
)

func indexPath(kept string) string { return strings.TrimSuffix(kept, ".csv") + ".index" }

// newIndex makes room for so many rows; there may be more.
func newIndex(sha string, rows int) *index {
	return &index{sha: sha, entries: make([]uint64, 0, 2*rows)}
}

// add takes the heading first, then each record, as it stands in a file that may have been altered.
func (x *index) add(record []byte, at int64) {
	if at == 0 {
		x.delimiter = delimiterOf(record)
		return
	}
	key, id := users(record, x.delimiter)
	x.enter(key, id, at)
}

// take is add for a record that is whole and whose cells are cut already.
func (x *index) take(cells [][]byte, at int64) {
	if at > 0 {
		x.enter(cells[keyColumn], cells[idColumn], at)
	}
}

func (x *index) enter(key, id []byte, at int64) {
	x.folded, _ = validate.FoldKey(x.folded[:0], unguarded(key))
	for _, name := range [...][]byte{x.folded, id} {
		if len(name) > 0 {
			x.entries = append(x.entries, mark(name)<<placeBits|uint64(at))
		}
	}
}

// delimiterOf is the mark behind the first column's name.
func delimiterOf(heading []byte) byte {
	rest, ok := bytes.CutPrefix(bytes.TrimPrefix(heading, []byte("\xEF\xBB\xBF")), []byte(results.Header[0]))
	if !ok || len(rest) == 0 {
		return ','
	}
	return rest[0]
}

// users are the key and the record id of a record. They are cut here and not by encoding/csv: of a million rows two
// cells each are needed.
func users(record []byte, delimiter byte) (key, id []byte) {
	for column := 0; column <= idColumn; column++ {
		cell, rest, ok := cutCell(record, delimiter)
		switch {
		case !ok:
			return nil, nil
		case column == keyColumn:
			key = unquote(cell)
		case column == idColumn:
			id = unquote(cell)
		}
		record = rest
	}
	return key, id
}

// cutCell cuts the first cell, quotes and all, from a record that goes on behind it.
func cutCell(record []byte, delimiter byte) (cell, rest []byte, ok bool) {
	if len(record) == 0 || record[0] != '"' {
		return bytes.Cut(record, []byte{delimiter})
	}
	for i := 1; i < len(record); i++ {
		if record[i] != '"' {
			continue
		}
		if i++; i < len(record) && record[i] == delimiter {
			return record[:i], record[i+1:], true
		} else if i == len(record) || record[i] != '"' {
			return nil, nil, false
		}
	}
	return nil, nil, false
}

func unquote(cell []byte) []byte {
	if len(cell) < 2 || cell[0] != '"' {
		return cell
	}
	cell = cell[1 : len(cell)-1]
	if bytes.IndexByte(cell, '"') < 0 {
		return cell
	}
	return bytes.ReplaceAll(cell, []byte(`""`), []byte{'"'})
}

// fold is what all spellings of a key have in common.
func fold(key string) string { return validate.Fold(unguarded(key)) }

// unguarded is a key without the apostrophe that keeps a spreadsheet from running a cell.
func unguarded[T string | []byte](key T) T {
	if len(key) > 1 && key[0] == '\'' && strings.IndexByte("=+-@\t", key[1]) >= 0 {
		return key[1:]
	}
	return key
}

// mark is the beginning of a name's FNV-1a.
func mark[T string | []byte](name T) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * prime
	}
	return h >> placeBits
}

func (x *index) write(path string) error {
	f, err := spool.Create(path, 0o600)
	if err != nil {
		return err
	}
	defer f.Discard()
	if err := x.spell(f); err != nil {
		return err
	}
	_, err = f.Seal()
	return err
}

// spell writes page by page.
func (x *index) spell(w io.Writer) error {
	sortEntries(x.entries)
	page := append([]byte(indexMark+x.sha), '\n')
	for few := range slices.Chunk(x.entries, 1<<12) {
		for _, e := range few {
			page = binary.BigEndian.AppendUint64(page, e)
		}
		if _, err := w.Write(page); err != nil {
			return err
		}
		page = page[:0]
	}
	_, err := w.Write(page)
	return err
}

// sortEntries sorts by the hash. Entries come in the order of their places, and keep it: so two passes that count the
// halves of the hash do what comparing a million of them would take five times as long for, with 16 MiB beside them. As
// the passes are two, what is sorted stands in entries again.
func sortEntries(entries []uint64) {
	const half = (64 - placeBits) / 2
	spare := make([]uint64, len(entries))
	for shift := placeBits; shift < 64; shift += half {
		var next [1<<half + 1]int // where the next entry with these bits goes
		for _, e := range entries {
			next[e>>shift&(1<<half-1)+1]++
		}
		for i := range 1 << half {
			next[i+1] += next[i]
		}
		for _, e := range entries {
			bits := e >> shift & (1<<half - 1)
			spare[next[bits]] = e
			next[bits]++
		}
		entries, spare = spare, entries
	}
}

// opened is an index that is read: a file, or one in memory where nothing may be written.
type opened struct {
	io.ReaderAt
	size  int64
	Close func() error
}

// openIndex opens the index of a kept file, and makes it again when it is missing or is of another file. A reader that
// may not write makes it in memory.
func openIndex(kept, sha string, mayWrite bool) (*opened, error) {
	path := indexPath(kept)
	if found := readIndex(path, sha); found != nil {
		return found, nil
	}
	if err := unaltered(kept, sha); err != nil { // an index of other rows would stay behind under this digest
		return nil, err
	}
	x := newIndex(sha, 0)
	if _, err := blocksOf(kept, "", 0, x.add); err != nil {
		return nil, err
	}
	if !mayWrite {
		var b bytes.Buffer
		_ = x.spell(&b) // a buffer takes everything
		return &opened{bytes.NewReader(b.Bytes()), int64(b.Len()), func() error { return nil }}, nil
	}
	if err := x.write(path); err != nil {
		return nil, err
	}
	if found := readIndex(path, sha); found != nil {
		return found, nil
	}
	return nil, fmt.Errorf("the index %s cannot be made", path)
}

// readIndex is nil when there is no index of this file.
func readIndex(path, sha string) *opened {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	begins := []byte(indexMark + sha + "\n")
	head := make([]byte, len(begins))
	info, err := f.Stat()
	if _, bad := io.ReadFull(f, head); err != nil || bad != nil || !bytes.Equal(head, begins) {
		_ = f.Close()
		return nil
	}
	return &opened{f, info.Size(), f.Close}
}

// places are where records of a user may begin.
func places(f *opened, shaLength int, name string) ([]int64, error) {
	begin := int64(len(indexMark) + shaLength + 1)
	n := int((f.size - begin) / entrySize)
	var failed error
	at := func(i int) uint64 {
		var e [entrySize]byte
		if _, err := f.ReadAt(e[:], begin+int64(i)*entrySize); err != nil {
			failed = err
		}
		return binary.BigEndian.Uint64(e[:])
	}
	want := mark(name)
	var found []int64
	for i := sort.Search(n, func(i int) bool { return at(i)>>placeBits >= want }); i < n && failed == nil; i++ {
		e := at(i)
		if e>>placeBits != want {
			break
		}
		found = append(found, int64(e&(1<<placeBits-1)))
	}
	return found, failed
}
