package evidence

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rosterload/loader/journal"
	"rosterload/loader/run"
)

// Pruned is what a prune did, or would do.
type Pruned struct {
	Runs  []string `json:"runs"`
	Bytes int64    `json:"bytes"`
	// Left are runs that are old enough and were left alone because their evidence does not hold.
	Left []string `json:"left"`
	// Without are runs of versions that kept no evidence.
	Without []string `json:"without_evidence"`
}

// Prune drops the rows of runs that ended before a time, and keeps their journals, manifests and signatures. Never an
// open run, nor the newest of an org, nor one whose evidence does not hold.
func (h *Home) Prune(ctx context.Context, before time.Time, dry bool) (*Pruned, error) {
	runs, _, err := run.List(h.Folder)
	if err != nil {
		return nil, err
	}
	newest := map[string]string{}
	for _, r := range runs {
		if r.Seal.Refused == "" { // else it has asked no org
			newest[orgOf(r)] = r.ID
		}
	}
	ledger, err := ReadLedger(h.Folder)
	if err != nil {
		return nil, err
	}
	if !ledger.Sound() {
		return nil, unsound(ledger)
	}
	done := &Pruned{Runs: []string{}, Left: []string{}, Without: []string{}}
	for _, r := range runs {
		if !r.Over || !r.Ended.Before(before) || newest[orgOf(r)] == r.ID {
			continue
		}
		if err := h.pruneOne(ctx, r, ledger, dry, done); err != nil {
			return done, err
		}
	}
	return done, nil
}

// orgOf is the org of a run; one that never signed in knows its target only.
func orgOf(r *run.Run) string {
	if r.Org.ID == "" {
		return "target " + r.Target
	}
	return r.Org.ID
}

func (h *Home) pruneOne(ctx context.Context, r *run.Run, ledger *Ledger, dry bool, done *Pruned) error {
	rows, size, err := rowFiles(r)
	if err != nil || len(rows) == 0 {
		return err
	}
	if r.Last.Manifest == "" {
		done.Without = append(done.Without, r.ID)
		return nil
	}
	if !r.Pruned { // else a crash left some of the rows, and the evidence was seen to hold before
		if why, err := wrong(r, ledger); err != nil || why != "" {
			done.Left = append(done.Left, r.ID+": "+why)
			return err
		}
	}
	done.Runs, done.Bytes = append(done.Runs, r.ID), done.Bytes+size
	if dry {
		return nil
	}
	return h.drop(ctx, r.ID, Prune, run.Given{})
}

// wrong says why the newest evidence of a run does not hold; nothing when it does.
func wrong(r *run.Run, ledger *Ledger) (string, error) {
	c := &checker{Checked: &Checked{}, home: filepath.Dir(filepath.Dir(r.Folder)), ledger: ledger}
	if err := c.run(r); err != nil {
		return "", err
	}
	for _, f := range mustHave(r) {
		if _, err := os.Stat(r.Path(f)); errors.Is(err, fs.ErrNotExist) && !r.Pruned {
			c.fault("%s is missing", f)
		}
	}
	return strings.Join(c.Faults, "; "), nil
}

func mustHave(r *run.Run) []string {
	manifest := run.FileName(r.ManifestPath(r.Last.Number))
	names := []string{manifest, manifest + ".sig"}
	if r.Last.SHA256 != "" { // else a delivery that was no roster
		names = append(names, run.FileName(r.RevisionPath(r.Last.Number)))
	}
	return names
}

// rowFiles are the files of a run that speak of users, and their size.
func rowFiles(r *run.Run) (names []string, size int64, err error) {
	entries, err := os.ReadDir(r.Folder)
	if err != nil {
		return nil, 0, err
	}
	for _, e := range entries {
		if stays(e.Name()) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, 0, err
		}
		names, size = append(names, e.Name()), size+info.Size()
	}
	return names, size, nil
}

// stays tells of the files that hold no user: what proves the rest.
func stays(name string) bool {
	return name == run.JournalFile || name == "lock" || strings.HasPrefix(name, "manifest-") ||
		strings.HasPrefix(name, "approval-")
}

// drop removes the rows of one run. The ledger says so first, then the journal, then they go: a crash between leaves a
// run that says it is pruned and still has rows, and the next prune removes them.
func (h *Home) drop(ctx context.Context, id, what string, given run.Given) error {
	w, err := run.Take(ctx, h.Folder, id, run.Queue{Now: h.Now, Sleep: h.Sleep}, h.Trip)
	if err != nil {
		return err
	}
	defer w.Close()
	r := w.Run
	if !r.Over {
		return fmt.Errorf("run %s was taken up meanwhile", id)
	}
	if err := h.Enter(ctx, Entry{What: what, Run: id, Revision: r.Last.Number, SHA256: r.Last.Manifest}); err != nil {
		return err
	}
	if !r.Pruned {
		if err := w.NoteData(journal.Event{What: journal.Pruned, Note: what}, given); err != nil {
			return err
		}
	}
	names, _, err := rowFiles(r)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := os.RemoveAll(r.Path(name)); err != nil {
			return err
		}
	}
	return nil
}

// Forgotten is what a forget did.
type Forgotten struct {
	Runs []string `json:"runs"`
	// Elsewhere are files outside the home that hold rows of these runs.
	Elsewhere []string `json:"elsewhere"`
	Pruned    int      `json:"pruned"` // runs whose rows were gone before: whether the person was in them is not known
}

// Forget drops the rows of every run that has this person. Nothing is dropped while one of them is open.
func (h *Home) Forget(ctx context.Context, user string, given run.Given) (*Forgotten, error) {
	past, err := History(h.Folder, user, HistoryOptions{All: true})
	if err != nil {
		return nil, err
	}
	if unknown := slices.Concat(past.Unread, past.Altered); len(unknown) > 0 {
		return nil, run.Stopf(run.ExitUnproved, run.Type("ledger", "check"), "whether runs have this person cannot be said: %s", strings.Join(unknown, "; "))
	}
	if !past.Known {
		return nil, run.Stopf(run.ExitNothing, run.Hint{}, "no run of this home has a person %q", user)
	}
	done := &Forgotten{Elsewhere: []string{}, Pruned: past.Pruned}
	for _, line := range past.Lines {
		if !slices.Contains(done.Runs, line.Run) {
			done.Runs = append(done.Runs, line.Run)
		}
	}
	inRefused, err := h.notBegun(past.names)
	if err != nil {
		return nil, err
	}
	done.Runs = append(done.Runs, inRefused...)
	runs, err := h.overOnly(done.Runs)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		places, err := elsewhere(r)
		if err != nil {
			return nil, err
		}
		done.Elsewhere = append(done.Elsewhere, places...)
	}
	for _, r := range runs {
		if err := h.drop(ctx, r.ID, Forget, given); err != nil {
			return done, err
		}
	}
	return done, nil
}

func (h *Home) overOnly(ids []string) ([]*run.Run, error) {
	var runs []*run.Run
	for _, id := range ids {
		r, err := run.Open(h.Folder, id)
		if err != nil {
			return nil, err
		}
		if !r.Over {
			return nil, openRun(id)
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// notBegun refuses when a run that was killed before it wrote results may have the person: its roster has one of the
// names. Of the refused deliveries, which have no rows, it answers those whose bytes have one.
func (h *Home) notBegun(names []string) (refused []string, err error) {
	runs, _, err := run.List(h.Folder)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		isRefused := r.Seal.Refused != ""
		if r.Last.Number > 0 && !isRefused || r.Pruned {
			continue
		}
		text, err := os.ReadFile(r.Path(map[bool]string{true: run.DeliveryFile, false: run.RosterFile}[isRefused]))
		if err != nil {
			return nil, err
		}
		folded := fold(string(text))
		switch {
		case !slices.ContainsFunc(names, func(n string) bool { return n != "" && strings.Contains(folded, fold(n)) }):
		case isRefused:
			refused = append(refused, r.ID)
		default:
			return nil, openRun(r.ID)
		}
	}
	return refused, nil
}

func openRun(id string) error {
	return run.Stopf(run.ExitUsage, run.Type("resume", id), "run %s has this person and is open; nothing was dropped",
		id)
}

// elsewhere are the files beside the roster that are there now: of the run, and the roster itself.
func elsewhere(r *run.Run) ([]string, error) {
	entries, err := os.ReadDir(r.Seal.Place)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []string
	stem := filepath.Base(r.Stem())
	for _, e := range entries {
		isOurs := strings.HasPrefix(e.Name(), stem+".") && strings.TrimSuffix(e.Name(), ".sig") != stem+evidenceEnding
		if isOurs || e.Name() == r.Seal.Roster {
			found = append(found, filepath.Join(r.Seal.Place, e.Name()))
		}
	}
	return found, nil
}
