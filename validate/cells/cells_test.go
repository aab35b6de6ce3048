package cells

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func readAll(in io.Reader, page int) (all [][]string, err error) {
	r := newReader(in, page)
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, slices.Clone(rec))
	}
}

func standard(text string) ([][]string, error) {
	in := csv.NewReader(strings.NewReader(text))
	in.FieldsPerRecord = -1
	var all [][]string
	for {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, rec)
	}
}

// same holds the reader against encoding/csv, whatever its pages are and in whatever pieces the text comes.
func same(text string) error {
	want, theirs := standard(text)
	for _, page := range []int{1, 7, pageSize} {
		for name, in := range map[string]io.Reader{
			"whole": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text)), "with its end": iotest.DataErrReader(strings.NewReader(text)),
		} {
			got, ours := readAll(in, page)
			if (ours == nil) != (theirs == nil) {
				return fmt.Errorf("%q, %s, pages of %d: encoding/csv says %v, we say %v", text, name, page, theirs, ours)
			}
			if !slices.EqualFunc(got, want, slices.Equal) {
				return fmt.Errorf("%q, %s, pages of %d: %q, want %q", text, name, page, got, want)
			}
		}
	}
	return nil
}

func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,\"x\"\n", "\"a\r\nb\",\"c\"\"d\"\r\n\r\n,\n", "a\"b\n", "\"a\"b\n", "\"a", "\"a\n", "a\r", "\r\r\n", "\"\r", "\"\"", "\"\n\n\"", ",,\n\n\n,", "\"a\n\r", "a,\"b\"\r",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if err := same(text); err != nil {
			t.Fatal(err)
		}
	})
}

func TestATextIsReadAsEncodingCSVReadsIt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		if err := same(strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{`"`, `""`, ",", "\n", "\r", "\r\n", "a", " ", "é", "bc"})).Draw(rt, "text"), "")); err != nil {
			rt.Fatal(err)
		}
	})
}

// What is written is read as it was, by us and by encoding/csv, which alone takes a carriage return away in front of a line feed.
func FuzzWriter(f *testing.F) {
	f.Add("a", " b", "c\"d\r\ne")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		var text strings.Builder
		w := NewWriter(&text)
		w.Int(-7)
		w.Cell(a)
		w.Bytes([]byte(b))
		w.Cell(c)
		if err := errors.Join(w.End(), w.Flush()); err != nil {
			t.Fatal(err)
		}
		line := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
		want := [][]string{{"-7", line(a), line(b), line(c)}}
		if got, err := standard(text.String()); err != nil || !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("%q: %q, %v", text.String(), got, err)
		}
		if err := same(text.String()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestARecordKnowsWhereItStandsAndHowItEnded(t *testing.T) {
	r := newReader(strings.NewReader("a,b\n\n\"c\nc\",d\ne,f"), 4)
	for _, want := range []struct {
		at, blanks int
		ended      bool
	}{{0, 0, true}, {4, 1, true}, {13, 1, false}} {
		at := r.Offset()
		if _, err := r.Read(); err != nil || at != int64(want.at) || r.Ended != want.ended || r.Blanks != want.blanks {
			t.Errorf("at %d, ended %v, %d blank lines, %v; want %+v", at, r.Ended, r.Blanks, err, want)
		}
	}
	if _, err := r.Read(); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

func TestCellsStayWhenTheNextPageIsRead(t *testing.T) {
	r := newReader(strings.NewReader("first,\"qu\"\"oted\"\nsecond,x\nthird,y\n"), 8)
	rec, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	a, b := rec[0], rec[1]
	for err == nil {
		_, err = r.Read()
	}
	if a != "first" || b != `qu"oted` {
		t.Errorf("%q, %q", a, b)
	}
}

func TestARecordOfAnotherWidthIsNone(t *testing.T) {
	r := NewReader(strings.NewReader("a,b\nc\n"))
	r.Width = 2
	if _, err := r.Read(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(); !errors.Is(err, ErrWidth) {
		t.Error(err)
	}
}

// An error of the wire comes behind the records that were whole before it, and is no end.
func TestAnErrorOfTheWireIsTold(t *testing.T) {
	broken := errors.New("broken")
	got, err := readAll(io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(broken)), pageSize)
	if !errors.Is(err, broken) || len(got) != 1 || got[0][0] != "a" {
		t.Errorf("%q, %v", got, err)
	}
}

type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestTheFirstErrorStaysAndNothingIsGatheredBehindIt(t *testing.T) {
	w := NewWriter(&full{flushAt * 3 / 2})
	var first error
	for range 40 {
		if err := w.Write(strings.Repeat("a", 1<<13)); first == nil {
			first = err
		}
	}
	if !errors.Is(first, io.ErrShortWrite) || !errors.Is(w.Flush(), io.ErrShortWrite) || cap(w.buf) > 2*flushAt {
		t.Errorf("%v, %v, %d bytes", first, w.Flush(), cap(w.buf))
	}
}

func TestARowAllocatesNothing(t *testing.T) {
	text := strings.Repeat("0055f000001AbcdAAC,true,\"Cardio, East\",Success_vod\n", 10_000)
	if n := testing.AllocsPerRun(1, func() { _, _ = drain(text) }); n > 100 {
		t.Errorf("%v allocations for 10,000 rows read", n)
	}
	w := NewWriter(io.Discard)
	if n := testing.AllocsPerRun(10_000, func() { _ = w.Write("0055f000001AbcdAAC", "Cardio, \"East\"") }); n > 0 {
		t.Errorf("%v allocations for a row written", n)
	}
}

func drain(text string) (rows int, err error) {
	r := NewReader(strings.NewReader(text))
	for {
		if _, err = r.Read(); err != nil {
			return rows, err
		}
		rows++
	}
}

func BenchmarkReader(b *testing.B) {
	text := strings.Repeat("\"user0000001@acme.example\",\"0055f000001AbcdAAC\",\"true\",\"Cardio East\",\"Success_vod\"\n", 10_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		_, _ = drain(text)
	}
}

// What Simple and Rest take is spelled as Cell spells it.
func TestTheShortWaysSpellAsTheLongOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		delimiter := rapid.SampledFrom([]byte(",;\t|")).Draw(t, "delimiter")
		parts := rapid.SliceOfN(rapid.StringMatching(`[ab ,;|"\r\n\t~ü\x7f\x00]{0,5}`), 1, 4).Draw(t, "cells")
		var long, short, rest strings.Builder
		w := NewWriterOf(&long, delimiter)
		_ = errors.Join(w.Write(parts...), w.Flush())
		w = NewWriterOf(&short, delimiter)
		for _, p := range parts {
			if !w.Simple(p) {
				w.Cell(p)
			}
		}
		_ = errors.Join(w.End(), w.Flush())
		if short.String() != long.String() {
			t.Fatalf("simple: %q, want %q", short.String(), long.String())
		}
		line := strings.Join(parts, string(delimiter))
		w = NewWriterOf(&rest, delimiter)
		if !w.Rest([]byte(line)) {
			return
		}
		_ = errors.Join(w.End(), w.Flush())
		w = NewWriterOf(&short, delimiter)
		short.Reset()
		_ = errors.Join(w.Write(strings.Split(line, string(delimiter))...), w.Flush())
		if rest.String() != short.String() {
			t.Fatalf("the rest: %q, want %q", rest.String(), short.String())
		}
	})
}
