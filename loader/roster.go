package loader

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"rosterload/loader/report"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/validate"
)

// describe looks at what can be known before a byte is copied: a roster that is there, and a place for its results.
func describe(o Options, verb, roster string) (*run.Seal, error) {
	s := &run.Seal{
		Flags: o.Flags, Roster: "stdin", Place: o.Flags.Results, Mode: 0o600, Pretend: o.Pretend, Verb: verb, Source: o.Source, By: o.By, Version: o.Version,
	}
	if roster != "-" {
		info, err := os.Stat(roster)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, run.Stopf(run.ExitUsage, run.Hint{}, "no such roster: %s", roster)
		}
		if err != nil {
			return nil, run.Stopf(run.ExitUsage, run.Hint{}, "cannot read the roster: %v", err)
		}
		if info.IsDir() {
			return nil, run.Stopf(run.ExitUsage, run.Say("name one file"), "%s is a folder", roster)
		}
		s.Roster, s.Mode = filepath.Base(roster), uint32(info.Mode().Perm())
		if s.Place == "" {
			s.Place = filepath.Dir(roster)
		}
	}
	place, err := filepath.Abs(s.Place)
	if err != nil {
		return nil, err
	}
	s.Place = place
	return s, nil
}

// namesFit makes and removes every file that the run will write beside its roster: the folder can be written, and no name is too long for
// it. It comes before anything is sent.
func namesFit(r *run.Run, seal *run.Seal) error {
	named := *r
	named.Seal = *seal
	for _, path := range report.Names(&named) {
		f, err := spool.Create(path, 0o600)
		if err != nil {
			return run.Stopf(run.ExitUsage, run.Say("use --results to name a folder that can be written"), "cannot write results to %s: %v", seal.Place, err)
		}
		f.Discard()
	}
	return nil
}

// copyRoster keeps the roster's bytes and returns their SHA-256. A file that changes meanwhile is refused: what was checked must be what is
// kept.
func copyRoster(r *run.Run, roster string) (string, error) {
	from, before := os.Stdin, os.FileInfo(nil)
	if roster != "-" {
		f, err := os.Open(roster)
		if err != nil {
			return "", run.Stopf(run.ExitUsage, run.Hint{}, "cannot read the roster: %v", err)
		}
		defer func() { _ = f.Close() }()
		if before, err = f.Stat(); err != nil {
			return "", err
		}
		from = f
	}
	to, err := spool.Create(r.Path(run.RosterFile), 0o600)
	if err != nil {
		return "", err
	}
	if _, err := io.Copy(to, from); err != nil {
		to.Discard()
		if OfDisk(err) && roster == "-" {
			return "", err
		}
		return "", run.Stopf(run.ExitUsage, run.Hint{}, "cannot read the roster: %v", err)
	}
	sealed, err := to.Seal()
	if err != nil || before == nil || !before.Mode().IsRegular() { // a pipe has neither a size nor a time
		return sealed.SHA256, err
	}
	after, err := from.Stat()
	if err != nil {
		return "", err
	}
	if after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) || sealed.Size != after.Size() {
		return "", run.Stopf(run.ExitUsage, run.Say("load it when its writer has finished"), "%s changed while it was read", roster)
	}
	return sealed.SHA256, nil
}

func openRoster(path string, o Options) (*validate.Roster, error) {
	f := o.Flags
	return validate.Open(path, o.Connector.Spelling, validate.Options{
		User: f.User, Group: f.Group, Blank: f.Blank, NA: f.NA, Duplicates: f.Duplicates, UsernameSuffix: f.Suffix,
	})
}
