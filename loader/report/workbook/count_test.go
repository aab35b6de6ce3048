package workbook

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"io"
	"testing"
)

// count counts the rows of sheets that are too large to be held in memory.
func count(t *testing.T, path string, want map[string]int) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	for name, wanted := range want {
		f, err := z.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		rows, in := 0, bufio.NewReaderSize(f, 1<<20)
		for {
			piece, err := in.ReadSlice('>')
			if bytes.HasPrefix(piece, []byte("<row ")) {
				rows++
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				t.Fatal(err)
			}
		}
		if rows != wanted {
			t.Errorf("%s has %d rows, want %d", name, rows, wanted)
		}
	}
}
