package feeds

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
)

// publishedFile, in the run's folder, names the newest revision that was handed out: answers that the sender has taken
// away do not come back.
const publishedFile = "published"

// publish hands out the answers of a run's newest revision, the summary last: when it is there the answer is complete.
// A crash anywhere before the note: the next turn hands all of them out again.
func (k *worker) publish(r *run.Run) error {
	if r.Pruned { // its answers were handed out long ago
		return nil
	}
	if done, err := os.ReadFile(r.Path(publishedFile)); err == nil && string(done) == strconv.Itoa(r.Last.Number) {
		return nil
	}
	if err := k.trip.ask("publish"); err != nil {
		return err
	}
	summary, err := r.Summary()
	if err != nil || summary == nil {
		return err
	}
	a, err := k.openAnswers(r)
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.hand(r, summary, k.trip); err != nil {
		return fmt.Errorf("the answer to %s cannot be written: %w", results.Plain(r.Seal.Roster), err)
	}
	if err := k.trip.ask("published"); err != nil {
		return err
	}
	return spool.WriteFile(r.Path(publishedFile), 0o600, []byte(strconv.Itoa(r.Last.Number)))
}

// publishTrouble answers for a run whose own files cannot be believed.
func (k *worker) publishTrouble(r *run.Run, why error) error {
	a, err := k.openAnswers(r)
	if err != nil {
		return err
	}
	defer a.close()
	s := &results.Summary{
		Run: r.ID, Final: true, Target: r.Target, Kind: r.Kind, Feed: r.Seal.Source, Delivery: r.Seal.Delivered(),
		Exit:     run.ExitUnproved,
		Roster:   results.Roster{Name: r.Seal.Roster},
		Warnings: []string{"what became of this delivery cannot be proved: " + why.Error()},
	}
	results.NewTally().Into(s)
	return a.last(r, s)
}

// answers is the folder of the answers, open.
type answers struct {
	root  *os.Root
	run   string
	mode  fs.FileMode
	group int
}

func (k *worker) openAnswers(r *run.Run) (*answers, error) {
	if info, err := os.Lstat(k.feed.Answers); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(k.feed.Answers, 0o750); err != nil {
			return nil, err
		}
	} else if err == nil && !info.IsDir() {
		return nil, run.Stopf(run.ExitUsage, run.Say("remove it: a real folder is made in its place"),
			"%s is a link or a file, not a folder", k.feed.Answers)
	}
	root, err := os.OpenRoot(k.feed.Answers)
	if err != nil {
		return nil, err
	}
	a := &answers{root: root, run: r.ID, mode: k.feed.AnswersMode, group: -1}
	if info, err := root.Stat("."); err == nil {
		a.group = groupOf(info)
	}
	return a, nil
}

func (a *answers) close() { _ = a.root.Close() }

// hand copies the files of a revision, and takes away those that an earlier one had and this one has not.
func (a *answers) hand(r *run.Run, s *results.Summary, trip Trip) error {
	stem := filepath.Base(r.Stem())
	entries, err := os.ReadDir(r.Seal.Place)
	if err != nil {
		return err
	}
	var there []string
	for _, e := range entries {
		name := e.Name()
		if !e.Type().IsRegular() || !strings.HasPrefix(name, stem+".") || name == stem+".summary.json" {
			continue
		}
		there = append(there, name)
		if err := a.copy(filepath.Join(r.Seal.Place, name), name); err != nil {
			return err
		}
		if err := trip.ask("answer " + strings.TrimPrefix(name, stem)); err != nil {
			return err
		}
	}
	if gone := stem + ".failed.csv"; !slices.Contains(there, gone) {
		if err := a.root.Remove(gone); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := a.write(stem+".answer.txt", []byte(page(r, s))); err != nil {
		return err
	}
	return a.last(r, s)
}

// last writes the summary, with the paths as the sender sees them, and then the one that is always the newest.
func (a *answers) last(r *run.Run, s *results.Summary) error {
	for _, path := range []*string{
		&s.Files.Results, &s.Files.Failed, &s.Files.Success, &s.Files.Absent,
		&s.Files.Summary,
	} {
		if *path != "" {
			*path = filepath.Join(a.root.Name(), filepath.Base(*path))
		}
	}
	for _, further := range []map[string]string{s.Files.Attachments, s.Files.Renderings} {
		for name, path := range further {
			further[name] = filepath.Join(a.root.Name(), filepath.Base(path))
		}
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	data = append(data, '\n')
	stem := filepath.Base(r.Stem())
	if err := a.write(stem+".summary.json", data); err != nil {
		return err
	}
	latest := strings.TrimSuffix(stem, "."+r.ID) + ".latest.summary.json"
	if a.isNewer(latest, r.ID) {
		return nil
	}
	return a.write(latest, data)
}

// isNewer tells whether a summary is that of a newer run: one that was retried does not take its place.
func (a *answers) isNewer(name, id string) bool {
	data, err := a.root.ReadFile(name)
	if err != nil {
		return false
	}
	var s struct {
		Run string `json:"run"`
	}
	return json.Unmarshal(data, &s) == nil && s.Run > id
}

func (a *answers) copy(from, name string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return a.put(name, func(to io.Writer) error {
		_, err := io.Copy(to, f)
		return err
	})
}

func (a *answers) write(name string, data []byte) error {
	return a.put(name, func(to io.Writer) error {
		_, err := to.Write(data)
		return err
	})
}

// put lets a file appear whole: it is written under a name of its run first. A crash leaves that one, and
// the next put of the run replaces it.
func (a *answers) put(name string, fill func(io.Writer) error) error {
	part := "." + a.run + ".part"
	if err := a.root.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := a.root.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = fill(f)
	if err == nil && a.group >= 0 {
		_ = f.Chown(-1, a.group) // where the system does not let us, the folder's own rule for new files holds
	}
	for _, do := range []func() error{func() error { return f.Chmod(a.mode) }, f.Sync, f.Close} {
		if err == nil {
			err = do()
		}
	}
	if err != nil {
		_ = f.Close()
		return err
	}
	return a.root.Rename(part, name)
}
