package feeds

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// How a file is known to be complete.
const (
	Settle   = "settle"
	Marker   = "marker"
	Checksum = "checksum"
	Trailer  = "trailer"
)

// companionEnding is that of the file which says that another one is complete; empty for a way that needs none.
func companionEnding(ready string) string {
	return map[string]string{Marker: ".ok", Checksum: ".sha256"}[ready]
}

// sighting is what is known of a file that waits.
type sighting struct {
	file   File
	first  time.Time // when it was first seen
	since  time.Time // since when it is as it is
	read   bool      // its content was looked at as it is
	wrong  string    // what its content lacks; empty: nothing
	sealed time.Time // of the companion that was read
}

// sight brings what is known of a file up to now.
func (s *sighting) sight(f File, now time.Time) *sighting {
	if s == nil {
		return &sighting{file: f, first: now, since: now}
	}
	if !s.file.same(f) {
		s.file, s.since, s.read = f, now, false
	}
	return s
}

// waits says why a file is not ready yet; empty when it is.
func (f *Feed) waits(at Folder, s *sighting, now time.Time) (string, error) {
	if f.Ready == Settle && now.Sub(s.since) < f.Settle {
		return "its size or time has changed within the last " + f.Settle.String(), nil
	}
	if ending := companionEnding(f.Ready); ending != "" {
		beside, err := at.Look(Incoming, s.file.Name+ending)
		if errors.Is(err, fs.ErrNotExist) {
			return s.file.Name + ending + " is not there", nil
		}
		if err != nil {
			return "", err
		}
		if !beside.Modified.Equal(s.sealed) {
			s.read, s.sealed = false, beside.Modified
		}
	}
	if s.read {
		return s.wrong, nil
	}
	why, _, err := f.lacks(at, Incoming, s.file.Name)
	if err != nil {
		return "", err
	}
	s.read, s.wrong = true, why
	return why, nil
}

// lacks reads a file and says what its content lacks to be complete. first is how many bytes of it are the roster, 0
// for all.
func (f *Feed) lacks(at Folder, state State, name string) (why string, first int64, err error) {
	if f.Ready == Marker {
		return "", 0, nil
	}
	in, _, err := at.Open(state, name)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = in.Close() }()
	sum := sha256.New()
	end, err := readEnd(io.TeeReader(in, sum))
	if err != nil {
		return "", 0, err
	}
	switch f.Ready {
	case Checksum:
		why, err = f.compare(at, state, name, hex.EncodeToString(sum.Sum(nil)))
		return why, 0, err
	case Trailer:
		why, first = end.trailer()
		return why, first, nil
	}
	if end.open {
		return fmt.Sprintf("a quote that opens in line %d is not closed", end.openedAt), 0, nil
	}
	return "", 0, nil
}

// compare holds a digest against what the sender has written beside the file, as sha256sum writes it.
func (f *Feed) compare(at Folder, state State, name, digest string) (string, error) {
	in, _, err := at.Open(state, name+companionEnding(Checksum))
	if errors.Is(err, fs.ErrNotExist) {
		return name + companionEnding(Checksum) + " is not there", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = in.Close() }()
	text, err := io.ReadAll(io.LimitReader(in, 4096))
	if err != nil {
		return "", err
	}
	said, _, _ := strings.Cut(strings.TrimLeft(strings.TrimSpace(string(text)), `\`), " ")
	if !strings.EqualFold(said, digest) {
		return "its SHA-256 is not the one that " + name + companionEnding(Checksum) + " says", nil
	}
	return "", nil
}

// end is what the last bytes of a file say of the whole.
type end struct {
	open     bool // a quote is open
	openedAt int  // in this line
	wide     bool // UTF-16
	records  int  // that are not blank, the header and a trailer included
	last     []byte
	lastAt   int64
}

// The bounds within which a quote must be closed: those of reading a roster.
const (
	quoteLines = 1000
	quoteBytes = 1 << 20
)

// readEnd walks a file as a roster is read: a quote counts at the begin of a cell, whatever delimiter stands before it.
// Zero bytes, half of UTF-16's, do not count.
func readEnd(from io.Reader) (end, error) {
	in := bufio.NewReaderSize(from, 1<<16)
	w := walker{atStart: true, line: 1}
	for {
		c, err := in.ReadByte()
		if errors.Is(err, io.EOF) {
			w.endRecord(w.at)
			return w.end, nil
		}
		if err != nil {
			return w.end, err
		}
		w.at++
		if w.wide = w.wide || c == 0; c != 0 {
			w.take(c)
		}
	}
}

type walker struct {
	end
	at       int64
	line     int
	atStart  bool // of a cell
	closing  bool // behind a quote inside a quoted cell: it closes the cell, or is the first of two
	skip     bool // to the end of the line: the record is broken
	openLine int
	openAt   int64
	record   []byte // the first bytes of the record in hand
	beganAt  int64
}

func (w *walker) take(c byte) {
	if c == '\n' {
		w.line++
	}
	if w.open && !w.closing {
		switch {
		case c == '"':
			w.closing = true
		case w.line-w.openLine > quoteLines || w.at-w.openAt > quoteBytes:
			w.open = false // given up, as the reader of the roster does
		}
		w.keep(c)
		return
	}
	if w.closing {
		w.closing = false
		if c == '"' { // a quote inside
			w.keep(c)
			return
		}
		w.open = false
		w.skip = !isDelimiter(c) && c != '\n' && c != '\r'
	}
	w.plain(c)
}

func (w *walker) plain(c byte) {
	switch {
	case c == '\n':
		w.endRecord(w.at)
		return
	case c == '"' && w.atStart && !w.skip:
		w.open, w.openLine, w.openedAt, w.openAt = true, w.line, w.line, w.at
	}
	w.atStart = isDelimiter(c) || w.atStart && (c == ' ' || c >= 0xEF) // a byte order mark
	w.keep(c)
}

func isDelimiter(c byte) bool { return c == ',' || c == ';' || c == '\t' || c == '|' }

func (w *walker) keep(c byte) {
	if len(w.record) < 64 {
		w.record = append(w.record, c)
	}
}

func (w *walker) endRecord(next int64) {
	if w.closing { // the quote before the end closed its cell
		w.open, w.closing = false, false
	}
	if len(bytes.Trim(w.record, ",;|\t\r \"")) > 0 {
		w.records++
		w.last, w.lastAt = append(w.last[:0], w.record...), w.beganAt
	}
	w.record, w.beganAt, w.atStart, w.skip = w.record[:0], next, true, false
}

// trailer holds the last record against the number of rows before it.
func (e end) trailer() (why string, first int64) {
	text := strings.Trim(string(e.last), "\r \"")
	at := strings.IndexAny(text, ",;|\t")
	if e.wide {
		return "it is UTF-16, in which no trailer is read: save it as UTF-8", 0
	}
	if at < 0 || !strings.EqualFold(strings.Trim(text[:at], `" `), "TRAILER") {
		return "its last line is no TRAILER,<number of rows>", 0
	}
	said, err := strconv.Atoi(strings.Trim(text[at+1:], `" ,;|`+"\t"))
	rows := max(e.records-2, 0) // the header, and the trailer itself
	switch {
	case err != nil:
		return "its last line is no TRAILER,<number of rows>", 0
	case said != rows:
		return fmt.Sprintf("its trailer says %d rows, and it has %d", said, rows), 0
	}
	return "", e.lastAt
}
