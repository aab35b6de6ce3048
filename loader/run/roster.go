package run

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"rosterload/loader/spool"
)

// Describe looks at what can be known before a byte is copied: a roster that is there, and a place for its results.
func Describe(f Flags, verb, roster string) (*Seal, error) {
	s := &Seal{Flags: f, Roster: "stdin", Place: f.Results, Mode: 0o600, Verb: verb}
	if roster != "-" {
		info, err := os.Stat(roster)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, Stopf(ExitUsage, Hint{}, "no such roster: %s", roster)
		}
		if err != nil {
			return nil, Stopf(ExitUsage, Hint{}, "cannot read the roster: %v", err)
		}
		if info.IsDir() {
			return nil, Stopf(ExitUsage, Say("name one file"), "%s is a folder", roster)
		}
		s.Roster, s.Mode = filepath.Base(roster), uint32(info.Mode().Perm())
		s.Delivery.Owner, s.Delivery.ModifiedAt = Owner(info), stamp(info.ModTime())
		if s.Place == "" {
			s.Place = filepath.Dir(roster)
		}
	}
	s.Delivery.Name = s.Roster
	place, err := filepath.Abs(s.Place)
	if err != nil {
		return nil, err
	}
	s.Place = place
	return s, nil
}

// DescribeDelivery is for a file of a feed: its answers stay in the run's folder, from where the feed hands them out.
func (w *Writer) DescribeDelivery(f Flags, d *Delivery) (*Seal, error) {
	place := w.Run.Path(AnswersFolder)
	s := &Seal{Flags: f, Verb: "load", Roster: d.Name, Place: place, Mode: 0o600, Delivery: *d}
	return s, os.MkdirAll(place, 0o700)
}

// CopyRoster keeps the roster's bytes, or the first of them, and returns their SHA-256. A file that changes meanwhile
// is refused: what was checked must be what is kept.
func (w *Writer) CopyRoster(roster string, first int64) (string, error) {
	from, before := os.Stdin, os.FileInfo(nil)
	if roster != "-" {
		f, err := os.Open(roster)
		if err != nil {
			return "", Stopf(ExitUsage, Hint{}, "cannot read the roster: %v", err)
		}
		defer func() { _ = f.Close() }()
		if before, err = f.Stat(); err != nil {
			return "", err
		}
		from = f
	}
	to, err := spool.Create(w.Run.Path(RosterFile), 0o600)
	if err != nil {
		return "", err
	}
	source := io.Reader(from)
	if first > 0 {
		source = io.LimitReader(from, first)
	}
	if _, err := io.Copy(to, source); err != nil {
		to.Discard()
		return "", Stopf(ExitUsage, Hint{}, "cannot read the roster: %v", err)
	}
	sealed, err := to.Seal()
	if err != nil || before == nil || !before.Mode().IsRegular() { // a pipe has neither a size nor a time
		return sealed.SHA256, err
	}
	after, err := from.Stat()
	if err != nil {
		return "", err
	}
	if after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) ||
		first == 0 && sealed.Size != after.Size() {
		return "", Stopf(ExitUsage, Say("load it when its writer has finished"), "%s changed while it was read", roster)
	}
	return sealed.SHA256, nil
}
