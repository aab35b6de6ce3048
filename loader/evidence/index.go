package evidence

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"
	"sort"
	"strings"

	"rosterload/loader/results"
	"rosterload/loader/spool"
	"rosterload/validate"
)

// index finds the rows of a user in one kept file of results. It holds hashes of keys and of record ids, sorted, each with the place of its
// record; the record itself says whether it is the user. It is made from the file and may be deleted.
//
//	rosterload index 1 SHA256-of-the-file\n, then 8 bytes an entry: 26 bits of the hash, 38 bits of the place
type index struct {
	sha       string
	delimiter byte
	entries   []uint64
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

func newIndex(sha string) *index { return &index{sha: sha} }

// add takes the heading first, then each record.
func (x *index) add(record []byte, at int64) {
	if at == 0 {
		x.delimiter = delimiterOf(record)
		return
	}
	key, id := users(record, x.delimiter)
	for _, name := range []string{fold(key), id} {
		if name != "" {
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

// users are the key and the record id of a record. Hardly any has a quote, and one without is cut at its delimiters.
func users(record []byte, delimiter byte) (key, id string) {
	var cells []string
	if bytes.IndexByte(record, '"') < 0 {
		cells = strings.SplitN(string(record), string(delimiter), idColumn+2)
	} else {
		in := csv.NewReader(bytes.NewReader(record))
		in.Comma = rune(delimiter)
		cells, _ = in.Read() // one that cannot be read has no user
	}
	if len(cells) <= idColumn {
		return "", ""
	}
	return cells[keyColumn], cells[idColumn]
}

// fold is what all spellings of a key have in common. The apostrophe that keeps a spreadsheet from running a cell is no part of it.
func fold(key string) string {
	if len(key) > 1 && key[0] == '\'' && strings.IndexByte("=+-@\t", key[1]) >= 0 {
		key = key[1:]
	}
	return validate.Fold(key)
}

func mark(name string) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, name)
	return h.Sum64() >> placeBits
}

func (x *index) write(path string) error {
	slices.Sort(x.entries)
	data := append([]byte(indexMark), x.sha...)
	data = append(data, '\n')
	for _, e := range x.entries {
		data = binary.BigEndian.AppendUint64(data, e)
	}
	return spool.WriteFile(path, 0o600, data)
}

// openIndex opens the index of a kept file, and makes it again when it is missing or is of another file.
func openIndex(kept, sha string) (*os.File, error) {
	path := indexPath(kept)
	begins := []byte(indexMark + sha + "\n")
	for tries := 0; ; tries++ {
		f, err := os.Open(path)
		if err == nil {
			head := make([]byte, len(begins))
			if _, err := io.ReadFull(f, head); err == nil && bytes.Equal(head, begins) {
				return f, nil
			}
			_ = f.Close()
		}
		if tries > 0 {
			return nil, fmt.Errorf("the index %s cannot be made", path)
		}
		x := newIndex(sha)
		if _, err := blocksOf(kept, "", 0, x.add); err != nil {
			return nil, err
		}
		if err := x.write(path); err != nil {
			return nil, err
		}
	}
}

// places are where records of a user may begin.
func places(f *os.File, shaLength int, name string) ([]int64, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	begin := int64(len(indexMark) + shaLength + 1)
	n := int((info.Size() - begin) / entrySize)
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
