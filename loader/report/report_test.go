package report

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/transform"
	"rosterload/validate"
)

func exitCode(err error) int {
	var stop *run.Stop
	if errors.As(err, &stop) {
		return stop.Code
	}
	return -1
}

func (r *rig) rewrite(path string, how func(text string) string) {
	r.t.Helper()
	data, err := os.ReadFile(path)
	r.ok(err)
	r.ok(os.WriteFile(path, []byte(how(string(data))), 0o600))
}

func TestASummaryTellsWhatTheRunWas(t *testing.T) {
	r := newRig(t, false)
	r.all()
	r.ok(r.w.Note(journal.Event{What: journal.Settled, Job: "upserts"}))
	r.report.Warnings = []string{"one", "one"}
	r.now = r.now.Add(time.Minute)
	s := r.write()
	want := map[string]int{"Created": 0, "Updated": 1, "Removed": 1, "Unchanged": 2, "Failed": 3, "Skipped": 1, "Pending": 0, "Not attempted": 0}
	if diff := cmp.Diff(want, s.Results); diff != "" || s.Success != 4 || s.Failed != 3 || s.Skipped != 1 || s.Roster.Rows != 8 {
		t.Errorf("%s %+v", diff, s)
	}
	if s.Revision != 1 || !s.Final || s.Exit != run.ExitFailedRows || s.As != "admin" || s.Org.Name != "Acme" || s.By != "svc on host" || s.EndedAt != "2026-11-23T02:16:00.000Z" || len(s.Warnings) != 1 {
		t.Errorf("%+v", s)
	}
	if len(s.Jobs) != 2 || s.Jobs[0].Job != "removals" || s.Jobs[0].JobID != "job7" || s.Jobs[0].EndedAt == "" || s.Jobs[1].SettledAt == "" || s.Plan.Removals != 1 || s.Plan.Upserts != 1 {
		t.Errorf("jobs %+v, plan %+v", s.Jobs, s.Plan)
	}
	if s.Next != "rosterload retry "+s.Run {
		t.Errorf("next: %s", s.Next)
	}
	for _, path := range []string{s.Files.Summary, r.w.Run.SummaryPath(1)} {
		var written results.Summary
		if err := json.Unmarshal([]byte(strings.Join(r.lines(path), "\n")), &written); err != nil || written.ResultsSHA256 != s.ResultsSHA256 || written.Exit != s.Exit {
			t.Errorf("%s: %v, %+v", path, err, written)
		}
	}
	if last := r.w.Run.Last; last.Number != 1 || last.SHA256 != s.ResultsSHA256 || !last.Final || last.Exit != s.Exit || last.After.File == "" || !r.w.Run.Over {
		t.Errorf("%+v", last)
	}
}

func TestTheFilesBesideTheRoster(t *testing.T) {
	r := newRig(t, false)
	r.report.Flags.Split = true
	s := r.write()
	if got := len(r.lines(s.Files.Results)); got != 9 {
		t.Errorf("%d lines of results", got)
	}
	if spool.Verify(r.w.Run.RevisionPath(1), s.ResultsSHA256) != nil || spool.Verify(s.Files.Results, s.ResultsSHA256) != nil {
		t.Error("the kept copy and the file beside the roster are not one")
	}
	if got := r.lines(s.Files.Failed); len(got) != 6 || got[0] != "Username,Group,Note,reason_code,reason" || !strings.HasPrefix(got[1], `ann,Beta,"a, ""note""",RUN_INTERRUPTED,`) {
		t.Errorf("%q", got)
	}
	if got := r.lines(s.Files.Success); len(got) != 2 || !strings.Contains(got[1], "dan") {
		t.Errorf("%q", got)
	}
	if info, err := os.Stat(s.Files.Results); err != nil || info.Mode().Perm() != 0o640 || filepath.Base(s.Files.Results) != "nightly."+r.w.Run.ID+".results.csv" {
		t.Error(info, err)
	}
	if all := names(r.w.Run); !slices.Contains(all, s.Files.Results) || !slices.Contains(all, s.Files.Success) || len(all) != 6 {
		t.Errorf("%q", all)
	}
}

func TestFailedCSVAppearsAndDisappears(t *testing.T) {
	r := newRig(t, false)
	s := r.write()
	failed := s.Files.Failed
	if r.lines(failed) == nil {
		t.Fatal("rows failed, and there is no failed.csv")
	}
	r.ok(r.w.Note(journal.Event{What: journal.Superseded}))
	for _, name := range []string{run.FaultsFile, run.VerdictsFile} { // nothing was wrong with the lines themselves
		r.reseal(name, func(text string) string { return strings.ReplaceAll(text, "Failed", "Skipped") })
	}
	r.open()
	if s = r.write(); s.Files.Failed != "" || r.lines(failed) != nil || s.Revision != 2 {
		t.Errorf("nothing is to be loaded again, and failed.csv says %q", r.lines(failed))
	}
	if got := r.lines(r.w.Run.RevisionPath(1)); len(got) != 9 {
		t.Error("the first revision is not kept")
	}
}

// reseal writes a sealed table once more, with its new digest in the plan.
func (r *rig) reseal(name string, how func(text string) string) {
	r.t.Helper()
	r.rewrite(r.w.Run.Path(name), how)
	for i, f := range r.w.Run.Planned.Files {
		if f.File == name {
			sha, err := spool.Digest(r.w.Run.Path(name))
			r.ok(err)
			r.w.Run.Planned.Files[i].SHA256 = sha
		}
	}
}

func TestAPlanThatOnlyWaitsHasFailedInNothing(t *testing.T) {
	r := newRig(t, false)
	r.w.Run.Seal.Verb = "plan"
	s := r.write()
	for _, line := range r.lines(s.Files.Failed) {
		if strings.HasPrefix(line, "ann") {
			t.Errorf("%s", line)
		}
	}
	if s.Next != "rosterload resume "+s.Run || s.Final {
		t.Errorf("%s", s.Next)
	}
}

func TestResultsThatSayTheSameMakeNoNewRevision(t *testing.T) {
	r := newRig(t, false)
	r.report.Flags.Split, r.report.Attacher = true, attacher{}
	r.all()
	first := r.write()
	paths := []string{first.Files.Results, first.Files.Failed, first.Files.Success, first.Files.Summary, first.Files.Attachments["work"]}
	before := map[string]os.FileInfo{}
	for _, path := range paths {
		info, err := os.Stat(path)
		r.ok(err)
		before[path] = info
	}
	r.now = r.now.Add(time.Hour)
	same := func() {
		t.Helper()
		s := r.write()
		if diff := cmp.Diff(first.ResultsSHA256, s.ResultsSHA256); diff != "" || s.Revision != 1 || s.EndedAt != first.EndedAt || r.w.Run.Last.Number != 1 {
			t.Errorf("revision %d, %s", s.Revision, diff)
		}
		if _, err := os.Stat(r.w.Run.RevisionPath(2)); err == nil {
			t.Error("a second revision is kept")
		}
	}
	same()
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || !os.SameFile(info, before[path]) {
			t.Errorf("%s was written again: %v", path, err)
		}
	}
	for _, path := range paths {
		whole := r.lines(path)
		r.ok(os.Remove(path))
		same()
		if !slices.Equal(r.lines(path), whole) {
			t.Errorf("%s was taken away and is not back", path)
		}
		r.rewrite(path, func(string) string { return "somebody's notes" })
		same()
		if !slices.Equal(r.lines(path), whole) {
			t.Errorf("%s was altered and is not as it was", path)
		}
	}
	if events, err := journal.Read(r.w.Run.Path(run.JournalFile)); err != nil || events[len(events)-1].Revision != 1 {
		t.Errorf("%v, %v", events[len(events)-1], err)
	}
}

func TestResultsThatSayMoreAreANewRevision(t *testing.T) {
	for name, c := range map[string]func(r *rig){
		"something ended the run":       func(r *rig) { r.report.Ended = run.ExitUnavailable },
		"something was seen":            func(r *rig) { r.looked("ann", holds("Gamma")) },
		"the exit is another":           func(r *rig) { r.report.Flags.MaxFailed = "9" },
		"the summary is gone":           func(r *rig) { r.ok(os.Remove(r.w.Run.SummaryPath(1))) },
		"a further file is asked for":   func(r *rig) { r.report.Flags.Split = true },
		"something was sent since then": func(r *rig) { r.w.Run.Batches[0].Reported = false },
	} {
		r := newRig(t, false)
		r.all()
		r.write()
		c(r)
		if s := r.write(); s.Revision != 2 || r.w.Run.Last.Number != 2 {
			t.Errorf("%s: revision %d", name, s.Revision)
		}
	}
}

func TestAKeptCopyThatWasAlteredIsNotPutBack(t *testing.T) {
	r := newRig(t, false)
	r.all()
	s := r.write()
	r.rewrite(r.w.Run.RevisionPath(1), func(text string) string { return strings.Replace(text, "Failed", "Fabled", 1) })
	r.ok(os.Remove(s.Files.Results))
	if _, err := r.tryWrite(); exitCode(err) != run.ExitUnproved {
		t.Error(err)
	}
}

// The proof is made behind the writing; the command of the summary is spelled between the two, which is when these tests lay hands on files.
func TestTheProofFailsWhereAFileWasAltered(t *testing.T) {
	for _, name := range []string{run.RosterFile, run.FaultsFile, run.VerdictsFile, run.BeforeFile, "removals-0001.csv", "upserts-0001.csv", "outcomes-upserts-0001.csv"} {
		r := newRig(t, false)
		r.all()
		alter := func() { r.rewrite(r.w.Run.Path(name), func(text string) string { return text + "x" }) }
		if name == run.RosterFile {
			alter()
		}
		r.report.Command = func(string, ...string) string { alter(); return "" }
		if s, err := r.tryWrite(); exitCode(err) != run.ExitUnproved || s != nil && r.w.Run.Last.Number != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, how := range map[string]func(text string) string{
		"a word":        func(text string) string { return strings.Replace(text, ",Failed,", ",Updated,", 1) },
		"a row":         func(text string) string { return text[:strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n")+1] },
		"a row's place": func(text string) string { return strings.Replace(text, "\n2,", "\n1,", 1) },
	} {
		r := newRig(t, false)
		r.all()
		first := r.write()
		err := results.Prove(first.Files.Results, 1, 8, words(first), nil)
		r.ok(err)
		r.rewrite(r.w.Run.RevisionPath(1), how)
		if err := r.report.prove(first, &results.Tally{Rows: 8}, &files{written: spool.Sealed{Path: r.w.Run.RevisionPath(1)}}); err == nil {
			t.Errorf("%s was altered, and the proof holds", name)
		}
	}
	r := newRig(t, false)
	r.w.Run.Planned.Rows = 9
	if _, err := r.tryWrite(); exitCode(err) != run.ExitUnproved || r.w.Run.Last.Number != 0 {
		t.Errorf("a roster with a row less: %v", err)
	}
}

// Evidence that cannot be written is no proof that failed: the same revision is proved and sealed when there is room.
func TestEvidenceThatIsLostIsNoProofThatFailed(t *testing.T) {
	r := newRig(t, false)
	r.all()
	r.loses = errors.New("no room")
	if _, err := r.tryWrite(); !errors.Is(err, r.loses) || exitCode(err) == run.ExitUnproved || r.sealed != 0 {
		t.Errorf("%v, %d sealed", err, r.sealed)
	}
	r.loses = nil
	if s := r.write(); s.Revision != 1 || r.sealed != 1 {
		t.Errorf("revision %d, %d sealed", s.Revision, r.sealed)
	}
}

func words(s *results.Summary) map[transform.Word]int {
	all := map[transform.Word]int{}
	for word, n := range s.Results {
		all[transform.Word(word)] = n
	}
	return all
}

func TestWhatToTypeNext(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(r *rig, s *results.Summary)
		want string
	}{
		{"all is well", func(*rig, *results.Summary) {}, ""},
		{"the guard", func(_ *rig, s *results.Summary) { s.Exit = run.ExitGuard }, "rosterload resume R --allow-removals 1"},
		{"a sign-in that failed", func(_ *rig, s *results.Summary) { s.Exit = run.ExitDenied }, "rosterload check prod"},
		{"a signal", func(r *rig, s *results.Summary) { r.report.Ended, s.Final = 143, false }, "rosterload resume R"},
		{"pending", func(_ *rig, s *results.Summary) { s.Pending, s.Final = 1, false }, "rosterload resume R"},
		{"a retry may help", func(_ *rig, s *results.Summary) {
			s.Reasons = []results.Reason{{ReasonCode: "NO_LICENCES", NextStep: transform.FreeLicences}}
		}, "rosterload retry R"},
		{"a mended line may help", func(_ *rig, s *results.Summary) {
			s.Files.Failed, s.Reasons = "/in/a b.failed.csv", []results.Reason{{ReasonCode: "NO_LICENCES", NextStep: transform.FixAndLoad}}
		}, "rosterload load '/in/a b.failed.csv' -t prod"},
	} {
		r := newRig(t, false)
		s := &results.Summary{Run: "R", Target: "prod", Final: true}
		c.set(r, s)
		if got := r.report.next(s); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// attacher has one file with a line for each line that did not fail, and one that stays empty.
type attacher struct{ connector.Attacher }

func (attacher) Attachments() connector.Attachments { return &attached{} }

type attached struct{ lines, extra [][]string }

func (a *attached) Line(q validate.Request, id string, v transform.Verdict) string {
	if a.lines = append(a.lines, []string{string(q.Cell()), id, string(v.Word)}); id == "id-dan" || id == "id-eve" {
		return "see work.csv"
	}
	return ""
}

func (a *attached) Extra(user string, v transform.Verdict) {
	a.extra = append(a.extra, []string{user, string(v.Word)})
}

func (a *attached) Files() []connector.Attachment {
	header := []string{"user", "id", "word"}
	return []connector.Attachment{{Name: "work", Rows: append([][]string{header}, a.lines...)}, {Name: "empty", Rows: [][]string{header}}}
}

func TestAttachmentsStandBesideTheResults(t *testing.T) {
	r := newRig(t, false)
	r.report.Attacher = attacher{}
	empty := r.w.Run.Stem() + ".empty.csv"
	r.ok(os.WriteFile(empty, []byte("of an earlier revision"), 0o600))
	r.all()
	s := r.write()
	if got := r.lines(s.Files.Attachments["work"]); len(got) != 8 || got[1] != "ann,id-ann,Updated" || got[5] != "nobody,,Failed" {
		t.Errorf("%q: every sound line in order", got)
	}
	if r.lines(empty) != nil || len(s.Files.Attachments) != 1 {
		t.Errorf("%v: an attachment without rows is no file", s.Files.Attachments)
	}
	if row := r.row(s, rowAlready); row.Reason != "see work.csv" {
		t.Errorf("%q", row.Reason)
	}
	if row := r.row(s, rowRetry); row.Reason != "it failed; see work.csv" {
		t.Errorf("%q", row.Reason)
	}
}

func TestTheResultsStandInTheRunsFolderWhateverHappensToTheOther(t *testing.T) {
	r := newRig(t, false)
	r.w.Run.Seal.Place = filepath.Join(t.TempDir(), "gone")
	if _, err := r.tryWrite(); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the folder is gone: %v", err)
	}
	if got := len(r.lines(r.w.Run.RevisionPath(1))); got != 9 {
		t.Errorf("the kept copy has %d lines", got)
	}
}
