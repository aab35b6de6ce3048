package loader

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/spool"
	"rosterload/transform"
	"rosterload/validate"
)

// work is one run in hand: its journal open for writing and, once entered, its org locked.
type work struct {
	Options
	run     *Run
	journal *journal.Journal
	roster  *validate.Roster
	org     connector.Org
	lock    *orgLock
	beneath *orgLock // of the org in which the users live, where that is another
	ledger  *ledger  // the run's changes, once they are read from the sealed files
	warned  []string
	resumed bool       // an earlier process planned the run: time has passed since anybody looked
	fresh   bool       // the last look showed everybody, and everybody had settled
	past    *history   // of the run before, read when it is first asked for
	looking sync.Mutex // one look at a time: a target thinks of the last one
	mu      sync.Mutex // guards run, ledger and journal while batches are under way side by side
}

// begin makes a run of a roster: a copy of its bytes that stays, and the first event. A crash before that event leaves a folder
// without a journal, which is no run and is swept away by nobody but the admin.
func begin(ctx context.Context, o Options, verb, roster string) (*work, error) {
	o.fill()
	seal, err := describe(o, verb, roster)
	if err != nil {
		return nil, err
	}
	w := &work{Options: o}
	if err := w.tune(); err != nil {
		return nil, err
	}
	if w.run, err = newRunIn(o.Home, o.Now()); err != nil {
		return nil, stop(ExitUsage, "use --home to name a folder that can be written", "cannot make a run in %s: %v", o.Home, err)
	}
	if err := w.begin(w.tagged(ctx, nil), seal, roster); err != nil {
		_ = os.RemoveAll(w.run.Folder)
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *work) begin(ctx context.Context, seal *Seal, roster string) (err error) {
	if seal.SHA256, err = w.copyRoster(roster); err != nil {
		return err
	}
	if w.roster, err = w.openRoster(seal.Flags); err != nil {
		return err
	}
	earlier := w.sameBytes(seal.SHA256)
	signIn := w.enter(ctx)
	if errors.As(signIn, new(*Held)) || ctx.Err() != nil {
		return signIn // nobody begins while another run holds the org
	}
	if w.journal, err = journal.Create(w.run.path(journalFile)); err != nil {
		return err
	}
	data, err := json.Marshal(seal)
	if err != nil {
		return err
	}
	if err := w.note(journal.Event{What: journal.Begun, Version: journal.Version, Run: w.run.ID, Target: w.Name, Kind: w.Kind.Name, OrgID: w.org.ID, Data: data}); err != nil {
		return err
	}
	if earlier != "" {
		w.warn("the same bytes were loaded before, by run %s", earlier)
	}
	return nil
}

// describe looks at what can be known before a byte is copied: a roster that is there, and a place for its results.
func describe(o Options, verb, roster string) (*Seal, error) {
	s := &Seal{Flags: o.Flags, Roster: "stdin", Place: o.Flags.Results, Mode: 0o600, Pretend: o.Pretend, Verb: verb, By: o.By, Version: o.Version}
	if roster != "-" {
		info, err := os.Stat(roster)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, stop(ExitUsage, "", "no such roster: %s", roster)
		}
		if err != nil {
			return nil, stop(ExitUsage, "", "cannot read the roster: %v", err)
		}
		if info.IsDir() {
			return nil, stop(ExitUsage, "name one file", "%s is a folder", roster)
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
	return s, writable(place)
}

// writable makes a file in the results folder and removes it, before anything is sent.
func writable(folder string) error {
	f, err := os.CreateTemp(folder, ".rosterload-*")
	if err != nil {
		return stop(ExitUsage, "use --results to name a folder that can be written", "cannot write results to %s: %v", folder, err)
	}
	_ = f.Close()
	return os.Remove(f.Name())
}

// copyRoster keeps the roster's bytes and answers their SHA-256. A file that changes meanwhile is refused: what was checked must be what is kept.
func (w *work) copyRoster(roster string) (string, error) {
	from, before := io.Reader(os.Stdin), os.FileInfo(nil)
	if roster != "-" {
		f, err := os.Open(roster)
		if err != nil {
			return "", stop(ExitUsage, "", "cannot read the roster: %v", err)
		}
		defer func() { _ = f.Close() }()
		if before, err = f.Stat(); err != nil {
			return "", err
		}
		from = f
	}
	to, err := spool.Create(w.run.path(rosterFile), 0o600)
	if err != nil {
		return "", err
	}
	if _, err := io.Copy(to, from); err != nil {
		to.Discard()
		return "", stop(ExitUsage, "", "cannot read the roster: %v", err)
	}
	sealed, err := to.Seal()
	if err != nil || roster == "-" {
		return sealed.SHA256, err
	}
	after, err := os.Stat(roster)
	if err != nil || after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) || sealed.Size != before.Size() {
		return "", stop(ExitUsage, "load it when whoever writes it has finished", "%s changed while it was read", roster)
	}
	return sealed.SHA256, nil
}

func (w *work) openRoster(f Flags) (*validate.Roster, error) {
	return w.openFile(w.run.path(rosterFile), f)
}

func (w *work) openFile(path string, f Flags) (*validate.Roster, error) {
	return validate.Open(path, w.Kind.Spelling, validate.Options{
		User: f.User, Group: f.Group, Blank: f.Blank, NA: f.NA, Duplicates: f.Duplicates, UsernameSuffix: f.Suffix,
	})
}

// sameBytes names the newest earlier run of the same roster and target that came as far as planning.
func (w *work) sameBytes(sha string) string {
	runs, _, err := Runs(w.Home)
	if err != nil {
		return ""
	}
	for i := len(runs) - 1; i >= 0; i-- {
		if r := runs[i]; r.Seal.SHA256 == sha && r.Target == w.Name && r.SentAnything() {
			return r.ID
		}
	}
	return ""
}

// reopen takes up a run where its journal ends.
func reopen(o Options, id string) (*work, error) {
	o.fill()
	folder := filepath.Join(runsFolder(o.Home), id)
	j, events, err := journal.Open(filepath.Join(folder, journalFile))
	if err != nil {
		return nil, err
	}
	w := &work{Options: o, journal: j, resumed: true}
	if w.run, err = fold(id, folder, events); err != nil {
		w.close()
		return nil, err
	}
	allowed := w.Flags.AllowRemovals
	w.Flags = w.run.Seal.Flags
	if allowed != 0 {
		w.Flags.AllowRemovals = allowed
	}
	w.fill()
	if err = w.tune(); err == nil {
		w.roster, err = w.openRoster(w.Flags)
	}
	if err != nil {
		w.close()
		return nil, err
	}
	for _, s := range w.run.Batches {
		s.Limits = w.limits(s.Job)
	}
	return w, nil
}

// enter signs in and locks the org. It may be called again.
func (w *work) enter(ctx context.Context) error {
	if w.lock != nil {
		return nil
	}
	org, err := w.Target.Org(ctx)
	if err != nil {
		return err
	}
	if w.run.Org.ID != "" && w.run.Org.ID != org.ID {
		return stop(ExitUsage, "", "run %s belongs to org %s, but target %s is now org %s", w.run.ID, w.run.Org.ID, w.Name, org.ID)
	}
	lock, err := w.lockOrg(ctx, org.ID)
	if err != nil {
		return err
	}
	if tenant, ok := w.Target.(connector.Tenant); ok {
		landlord, err := tenant.Landlord(ctx)
		if err == nil {
			w.beneath, err = w.lockOrg(ctx, landlord.ID)
		}
		if err != nil {
			lock.release()
			return err
		}
	}
	w.org, w.lock = org, lock
	return nil
}

// note writes one event and lets it happen to the run.
func (w *work) note(e journal.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	e.At = w.Now().UTC()
	if err := w.trip("journal: "+e.What, false); err != nil {
		return err
	}
	if err := w.journal.Append(e); err != nil {
		return err
	}
	if err := w.trip("journal: "+e.What, true); err != nil {
		return err
	}
	return w.run.take(e)
}

func (w *work) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, said := range w.warned {
		if said == text {
			return
		}
	}
	w.warned = append(w.warned, text)
	w.Log.Warn(text, "run", w.run.ID)
}

// tagged lets log lines say which run, and which batch, a call belongs to; nil is no batch.
func (w *work) tagged(ctx context.Context, s *Shipment) context.Context {
	if s == nil {
		return connector.WithTag(ctx, w.run.ID, transform.None, 0)
	}
	return connector.WithTag(ctx, w.run.ID, s.Job, s.Number)
}

func (w *work) close() {
	if w.roster != nil {
		_ = w.roster.Close()
	}
	if w.journal != nil {
		_ = w.journal.Close()
	}
	for _, l := range []*orgLock{w.lock, w.beneath} {
		if l != nil {
			l.release()
		}
	}
}

// stem is the path of the results files without their endings.
func (w *work) stem() string {
	name := w.run.Seal.Roster
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		name = name[:i]
	}
	return filepath.Join(w.run.Seal.Place, name+"."+w.run.ID)
}
