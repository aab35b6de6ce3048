package validate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf16"
	"unicode/utf8"
)

// source is a roster's text as UTF-8 bytes with offsets, whatever the file is written in. Bytes that cannot be
// decoded come through as bytes that are no UTF-8, so that the line they stand in can be told.
type source struct {
	file *os.File
	base int64 // where the text begins, behind a byte order mark
	utf  int   // 0: bytes as they are; 16: UTF-16
	big  bool  // UTF-16, big end first
	// marks tell where in the file each page of decoded text begins, so that a line can be found again. Pages are
	// small: the way from a mark to a line is short.
	marks []mark
}

type mark struct{ text, file int64 }

const page = 1 << 12

var errUTF16 = &RosterError{
	Line: 1, Text: "the file looks like UTF-16 without a byte order mark", Hint: "save it as UTF-8",
}

// openSource looks at the first bytes: they say when the file is no text, and a byte order mark decides how it is
// written.
func openSource(path string) (*source, string, error) {
	if err := readable(path); err != nil {
		return nil, "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, "", err
	}
	src, encoding, err := detect(f)
	if err != nil {
		_ = f.Close()
	}
	return src, encoding, err
}

// readable refuses what cannot be read twice. It asks before the file is opened: opening a pipe waits for its writer.
func readable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return &RosterError{Text: "the roster is a folder, not a file", Hint: "name one file"}
	case mode&(os.ModeNamedPipe|os.ModeSocket) != 0:
		return &RosterError{
			Text: "the roster is a pipe, which can be read only once",
			Hint: "write it into a file first",
		}
	}
	return nil
}

func detect(f *os.File) (*source, string, error) {
	head := make([]byte, page)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, "", err
	}
	head = head[:n]
	if no := packedAs(head); no != nil {
		return nil, "", no
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		return &source{file: f, base: 3}, "UTF-8 with BOM", nil
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return &source{file: f, base: 2, utf: 16}, "UTF-16LE", nil
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return &source{file: f, base: 2, utf: 16, big: true}, "UTF-16BE", nil
	case looksUTF16(head):
		return nil, "", errUTF16
	}
	return &source{file: f}, "UTF-8", nil
}

// size is the file's, in bytes.
func (s *source) size() int64 {
	info, err := s.file.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// from reads the text from an offset on. For UTF-16 it begins at the mark before and drops what lies between.
func (s *source) from(offset int64) (io.Reader, error) {
	if s.utf == 0 {
		return io.NewSectionReader(s.file, s.base+offset, 1<<62), nil
	}
	at := mark{file: s.base}
	for lo, hi := 0, len(s.marks); lo < hi; {
		if mid := (lo + hi) / 2; s.marks[mid].text <= offset {
			at, lo = s.marks[mid], mid+1
		} else {
			hi = mid
		}
	}
	d := &utf16Reader{source: s, in: io.NewSectionReader(s.file, at.file, 1<<62), at: at}
	if _, err := io.CopyN(io.Discard, d, offset-at.text); err != nil {
		return nil, fmt.Errorf("finding a line again: %w", err)
	}
	return d, nil
}

// utf16Reader decodes, and leaves a mark in the source for each page it is the first to reach.
type utf16Reader struct {
	source *source
	in     io.Reader
	at     mark
	raw    [page]byte
	text   []byte
	out    []byte // of text, not yet handed over
}

func (d *utf16Reader) Read(p []byte) (int, error) {
	for len(d.out) == 0 {
		if err := d.decode(); err != nil {
			return 0, err
		}
	}
	n := copy(p, d.out)
	d.out = d.out[n:]
	return n, nil
}

func (d *utf16Reader) decode() error {
	n, err := io.ReadFull(d.in, d.raw[:])
	if n == 0 {
		return io.EOF
	}
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if last := len(d.source.marks); last == 0 || d.source.marks[last-1].text < d.at.text {
		d.source.marks = append(d.source.marks, d.at)
	}
	used := n
	if n == len(d.raw) && utf16.IsSurrogate(d.unit(n-2)) && d.unit(n-2) < 0xDC00 {
		used -= 2 // the first half of a pair: its second half begins the next page
		d.in = io.NewSectionReader(d.source.file, d.at.file+int64(used), 1<<62)
	}
	d.text = d.appendText(d.text[:0], used)
	d.out = d.text
	d.at = mark{text: d.at.text + int64(len(d.text)), file: d.at.file + int64(used)}
	return nil
}

func (d *utf16Reader) appendText(text []byte, used int) []byte {
	for i := 0; i < used; i += 2 {
		if i+1 == used {
			return append(text, 0xFF) // half a character at the end of the file
		}
		r := d.unit(i)
		if utf16.IsSurrogate(r) && i+3 < used {
			if pair := utf16.DecodeRune(r, d.unit(i+2)); pair != utf8.RuneError {
				text, i = utf8.AppendRune(text, pair), i+2
				continue
			}
		}
		if utf16.IsSurrogate(r) {
			text = append(text, 0xFF)
			continue
		}
		text = utf8.AppendRune(text, r)
	}
	return text
}

func (d *utf16Reader) unit(i int) rune {
	if d.source.big {
		return rune(d.raw[i])<<8 | rune(d.raw[i+1])
	}
	return rune(d.raw[i+1])<<8 | rune(d.raw[i])
}
