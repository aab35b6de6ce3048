package feeds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"rosterload/loader"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/validate"
)

// take claims the files that are ready, in the order of their names, one at a time, and makes a run of each.
func (k *worker) take(ctx context.Context, at Folder) error {
	files, err := at.Files(Incoming)
	if err != nil {
		return err
	}
	here := map[string]bool{}
	for _, f := range files {
		if !k.counts(f.Name) {
			continue
		}
		here[f.Name] = true
		k.seen[f.Name] = k.seen[f.Name].sight(f, k.Now())
		if goOn, err := k.takeOne(ctx, at, k.seen[f.Name]); err != nil || !goOn {
			return err
		}
	}
	for name := range k.seen {
		if !here[name] {
			delete(k.seen, name)
		}
	}
	return nil
}

// counts tells whether a name is one of the feed's files.
func (k *worker) counts(name string) bool {
	if ending := companionEnding(k.feed.Ready); ending != "" && strings.HasSuffix(name, ending) {
		return false
	}
	if !k.matches(name) || unfinished(name) {
		return false
	}
	if why := cannotBeNamed(name); why != "" {
		k.tell("name "+name, "%s: %s", results.Plain(name), why)
		k.codes = append(k.codes, run.ExitUsage)
		return false
	}
	return true
}

func (k *worker) matches(name string) bool { return isMatch(k.feed.Match, name) }

// longestAddition is what our own names add to a file's: the id of the run and the longest ending of an answer.
const longestAddition = idLength + len("..latest.evidence.json.sig")

func cannotBeNamed(name string) string {
	switch {
	case !utf8.ValidString(name):
		return "its name is no UTF-8; it stays where it is"
	case len(name)+longestAddition > 255:
		return "its name is too long for what is added to it; it stays where it is"
	}
	return ""
}

// takeOne claims a file that is ready. goOn is false when no further file should be taken now.
func (k *worker) takeOne(ctx context.Context, at Folder, s *sighting) (goOn bool, err error) {
	if ctx.Err() != nil {
		return false, nil
	}
	why, err := k.feed.waits(at, s, k.Now())
	switch {
	case errors.Is(err, fs.ErrNotExist): // gone meanwhile
		return true, nil
	case err != nil:
		k.tell("read "+s.file.Name, "%s cannot be read: %v", results.Plain(s.file.Name), err)
		k.codes = append(k.codes, run.ExitUsage)
		return true, nil
	case why != "" && k.Now().Sub(s.first) < k.feed.GiveUp:
		return true, nil
	case why != "":
		why = fmt.Sprintf("the file did not become ready within %s: %s", k.feed.GiveUp, why)
	}
	o, err := k.open()
	if err != nil {
		return false, err
	}
	into, err := k.claim(ctx, at, s.file, why)
	if err != nil || into == nil {
		return true, err
	}
	delete(k.seen, s.file.Name)
	return true, k.begin(ctx, at, into, claimedName(into.Run.ID, s.file.Name), &s.file, o)
}

// orgQueue is how long a feed waits for another run on its org to end.
const orgQueue = 24 * time.Hour

// open makes the options of a run. Nothing is claimed while config or secrets are wrong.
func (k *worker) open() (loader.Options, error) {
	o, err := k.Options(k.feed)
	if err != nil {
		return o, run.Stopf(run.ExitUsage, run.Hint{}, "%v", err)
	}
	if o.Queue == 0 {
		o.Queue = orgQueue
	}
	target := o.Terms
	if o.Terms, err = k.feed.Terms(); err != nil {
		return o, err
	}
	Over(o.Terms, target)
	o.Home, o.Source, o.Now, o.Sleep, o.Unattended = k.Home, k.feed.Name, k.Now, k.Sleep, true
	return o, nil
}

// refusedFile says in a run's folder why a file that was never ready is claimed all the same: to be refused.
const refusedFile = "refused.txt"

// claim draws a run, makes its folder, and renames the file into processing. Of several processes exactly one wins;
// into is nil for the others. The companion goes first: a crash between the two leaves it where the next turn finishes
// the claim.
func (k *worker) claim(ctx context.Context, at Folder, f File, why string) (into *run.Writer, err error) {
	if err := k.trip.ask("draw"); err != nil {
		return nil, err
	}
	if into, err = run.Create(ctx, k.Home, k.queue(), nil); err != nil {
		return nil, run.Stopf(run.ExitUsage, run.Say("make room, or give rights to the home"),
			"cannot make a run in %s: %v", k.Home, err)
	}
	if why != "" {
		if err = spool.WriteFile(into.Run.Path(refusedFile), 0o600, []byte(why)); err != nil {
			into.Discard()
			return nil, err
		}
	}
	claimed := claimedName(into.Run.ID, f.Name)
	if err = k.move(at, Incoming, f.Name, Processing, claimed); err != nil {
		if errors.Is(err, errKilled) {
			into.Close()
			return nil, err
		}
		into.Discard()
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil // another process was faster
		}
		return nil, fmt.Errorf("%s cannot be moved: %w", results.Plain(f.Name), err)
	}
	if err := k.trip.ask("claimed"); err != nil {
		into.Close()
		return nil, err
	}
	return into, nil
}

// move renames a delivery with its companion, which goes first out of incoming and last into it: a file there without
// its companion is not ready.
func (k *worker) move(at Folder, from State, name string, to State, as string) error {
	companion := func() error {
		ending := companionEnding(k.feed.Ready)
		if ending == "" {
			return nil
		}
		if err := k.trip.ask("move companion"); err != nil {
			return err
		}
		if _, err := at.Look(from, name+ending); errors.Is(err, fs.ErrNotExist) {
			return nil // it has gone ahead, before a crash
		}
		return at.Move(from, name+ending, to, as+ending)
	}
	file := func() error {
		if err := k.trip.ask("move " + string(from) + " " + string(to)); err != nil {
			return err
		}
		return at.Move(from, name, to, as)
	}
	first, second := companion, file
	if to == Incoming {
		first, second = file, companion
	}
	if err := first(); err != nil {
		return err
	}
	return second()
}

// begin makes a run of a claimed file. looked is how the file stood when it was found ready, nil in a process that did
// not see that. A crash before the run's first event: the next turn begins again from processing.
func (k *worker) begin(
	ctx context.Context, at Folder, into *run.Writer, claimed string, looked *File, o loader.Options,
) error {
	if err := k.trip.ask("begin"); err != nil {
		into.Close()
		return err
	}
	id, name, _ := splitClaimed(claimed)
	why, noRefusal := os.ReadFile(into.Run.Path(refusedFile))
	delivery, first, putBack, err := k.copy(at, into, claimed, looked, noRefusal == nil)
	switch {
	case err != nil:
		into.Close()
		return fmt.Errorf("%s: %w", results.Plain(name), err)
	case putBack:
		err := k.move(at, Processing, claimed, Incoming, name)
		if err == nil {
			into.Discard()
			return nil
		}
		into.Close()
		if errors.Is(err, fs.ErrExist) { // a newer file of that name has arrived: it goes first
			return nil
		}
		return err
	}
	delivery.Name = name
	o.Into, o.Delivery, o.First, o.Flags = into, delivery, first, k.feed.Flags(o.Flags)
	o.Unmoved = unmoved(at, Processing, claimed, delivery)
	if noRefusal == nil {
		return k.refuse(ctx, at, claimed, o, run.Stopf(run.ExitUsage, run.Hint{}, "%s", why))
	}
	summary, err := loader.Load(ctx, o, into.Run.Path(run.DeliveryFile))
	var roster *validate.RosterError
	if summary == nil && (errors.As(err, &roster) || errors.Is(err, validate.ErrEmpty)) {
		again, started, bad := run.Retake(ctx, k.Home, id, k.queue(), nil)
		if bad == nil && !started {
			o.Into = again
			return k.refuse(ctx, at, claimed, o, err)
		}
	}
	return k.after(ctx, at, Processing, claimed, summary, err)
}

// copy keeps the file's bytes in the run's folder. putBack: it is not the file that was found ready, or no longer
// ready.
func (k *worker) copy(at Folder, into *run.Writer, claimed string, looked *File, refused bool) (
	d *results.Delivery, first int64, putBack bool, err error,
) {
	in, opened, err := at.Open(Processing, claimed)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, true, nil // a link or a pipe has taken its place
	}
	if err != nil {
		return nil, 0, false, err
	}
	defer func() { _ = in.Close() }()
	if looked != nil && !looked.same(opened) && !refused {
		return nil, 0, true, nil
	}
	to, err := spool.Create(into.Run.Path(run.DeliveryFile), 0o600)
	if err != nil {
		return nil, 0, false, err
	}
	defer to.Discard()
	if _, err := io.Copy(to, in); err != nil {
		return nil, 0, false, err
	}
	sealed, err := to.Seal()
	if err != nil {
		return nil, 0, false, err
	}
	d = &results.Delivery{SHA256: sealed.SHA256, Bytes: sealed.Size, Owner: opened.Owner}
	d.ModifiedAt = exactly(opened.Modified)
	if refused {
		return d, 0, false, nil
	}
	now, err := at.Look(Processing, claimed)
	if err != nil || !now.same(opened) || sealed.Size != opened.Size {
		return nil, 0, true, nil
	}
	why, first, err := k.feed.lacks(at, Processing, claimed)
	if why == "" && companionEnding(k.feed.Ready) != "" && err == nil {
		_, err = at.Look(Processing, claimed+companionEnding(k.feed.Ready))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, 0, true, nil
		}
	}
	return d, first, why != "", err
}

// exactly spells a file's time as exact as the system tells it: the same file dropped once more is another delivery.
func exactly(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// unmoved is asked before the first batch leaves: the claimed file has the size and the time that were copied.
func unmoved(at Folder, state State, claimed string, d *results.Delivery) func() error {
	return func() error {
		now, err := at.Look(state, claimed)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil // the folder is gone, and the run has its own copy
		}
		if err != nil || now.Size != d.Bytes || exactly(now.Modified) != d.ModifiedAt {
			return errors.New("the file was changed after it was claimed: its writer had not finished")
		}
		return nil
	}
}

func (k *worker) refuse(ctx context.Context, at Folder, claimed string, o loader.Options, why error) error {
	if err := k.trip.ask("refuse"); err != nil {
		o.Into.Close()
		return err
	}
	summary, err := loader.Refuse(ctx, o, why)
	return k.after(ctx, at, Processing, claimed, summary, err)
}
