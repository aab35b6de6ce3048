package run

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rosterload/loader/journal"
)

func TestEntriesThatAreNotRunsAreSkipped(t *testing.T) {
	home := t.TempDir()
	if runs, unread, err := List(home); len(runs)+len(unread) > 0 || err != nil {
		t.Errorf("a home without runs: %v, %v, %v", runs, unread, err)
	}
	first, second := closed(t, home), closed(t, home, planned)
	folder := filepath.Join(home, "runs")
	write(t, filepath.Join(folder, "notes.txt"), "mine")
	write(t, filepath.Join(folder, "lost+found", "x"), "")
	write(t, filepath.Join(folder, "broken", JournalFile), "{}\n")
	text, _ := os.ReadFile(filepath.Join(folder, second, JournalFile))
	write(t, filepath.Join(folder, second+".bak", JournalFile), string(text))
	if err := os.Symlink(filepath.Join(folder, first), filepath.Join(folder, "latest")); err != nil {
		t.Fatal(err)
	}
	runs, unread, err := List(home)
	if err != nil || len(runs) != 2 || runs[0].ID != first || runs[1].ID != second {
		t.Errorf("%v, %v", runs, err)
	}
	if len(unread) != 2 || !strings.Contains(fmt.Sprint(unread), "broken") || !strings.Contains(fmt.Sprint(unread), second+".bak") {
		t.Errorf("%v", unread)
	}
}

// made is a run of a home, as list tests need them.
type made struct {
	verb, source, target, org string
	events                    []string
}

func home(t *testing.T, all ...made) (home string, ids []string) {
	t.Helper()
	home = t.TempDir()
	for _, m := range all {
		w, err := Create(t.Context(), home, queue(0), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Begin(journal.Event{Target: m.target, OrgID: m.org}, &Seal{Verb: m.verb, Source: m.source}); err != nil {
			t.Fatal(err)
		}
		for _, e := range story(t, m.events...) {
			if err := w.Note(e); err != nil {
				t.Fatal(err)
			}
		}
		w.Close()
		ids = append(ids, w.Run.ID)
	}
	return home, ids
}

func TestWhichRunAPlainResumeTakes(t *testing.T) {
	plan := func(org, more string) string {
		return strings.NewReplacer(`"org1"`, `"`+org+`"`, `"rows":9`, `"rows":9`+more).Replace(planned)
	}
	sent := func(org string) []string { return []string{plan(org, ""), "submitting removals 1"} }
	open := made{"load", "", "prod", "org1", sent("org1")}
	for _, c := range []struct {
		name   string
		runs   []made
		target string
		want   int // which; -1: exit 5, -2: exit 2
	}{
		{"none", nil, "", -1},
		{"the one that is open", []made{open}, "", 0},
		{"one that is over", []made{{"load", "", "prod", "org1", append(sent("org1"), "results i 0")}}, "", -1},
		{"one that was killed while planning", []made{{"load", "", "prod", "org1", nil}}, "", 0},
		{"one made by plan must be named", []made{{"plan", "", "prod", "org1", []string{planned}}}, "", -1},
		{"one of a feed must be named", []made{{"load", "hr", "prod", "org1", sent("org1")}}, "", -1},
		{"one that the guard has stopped must be named", []made{{"load", "", "prod", "org1", []string{plan("org1", `,"guard":"too many"`)}}}, "", -1},
		{"behind the guard, once it was let pass", []made{{"load", "", "prod", "org1", []string{plan("org1", `,"guard":"too many"`), "submitting removals 1"}}}, "", 0},
		{"a newer one of the same org has sent", []made{open, open}, "", 1},
		{"the same org under another target's name", []made{open, {"load", "", "other", "org1", sent("org1")}}, "", 1},
		{"a newer one that has sent and is over", []made{open, {"load", "", "prod", "org1", append(sent("org1"), "results i 0")}}, "", -1},
		{"a newer one that has sent nothing supersedes no run", []made{open, {"plan", "", "prod", "org1", []string{planned}}}, "", 0},
		{"a newer one of a feed supersedes no load by hand", []made{open, {"load", "hr", "prod", "org1", sent("org1")}}, "", 0},
		{"two orgs", []made{open, {"load", "", "test", "org2", sent("org2")}}, "", -2},
		{"two orgs and the target is named", []made{open, {"load", "", "test", "org2", sent("org2")}}, "prod", 0},
		{"a target of which none is open", []made{open}, "test", -1},
		{"one that never signed in goes by its target's name", []made{{"load", "", "prod", "", nil}, open}, "", 1},
		{"one that never signed in, another target's is newer", []made{{"load", "", "test", "", nil}, open}, "test", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			home, ids := home(t, c.runs...)
			r, err := Resumable(home, c.target)
			switch {
			case c.want >= 0 && (err != nil || r.ID != ids[c.want]):
				t.Errorf("%+v, %v", r, err)
			case c.want == -1 && exitCode(err) != ExitNothing, c.want == -2 && exitCode(err) != ExitUsage:
				t.Errorf("%+v, %v", r, err)
			case c.want == -2 && (!strings.Contains(err.Error(), ids[0]) || !strings.Contains(err.Error(), ids[1])):
				t.Errorf("the list is not whole: %v", err)
			}
		})
	}
}

func TestAStatusForEachState(t *testing.T) {
	guarded := strings.Replace(planned, `"rows":9`, `"rows":9,"guard":"too many"`, 1)
	all := append([]string{planned}, "submitting removals 1", "outcomes removals 1", "submitting upserts 1", "outcomes upserts 1")
	for _, c := range []struct {
		name   string
		events []string
		held   bool
		state  State
		note   string
	}{
		{"a process plans", nil, true, StatePlanning, ""},
		{"a process sends", all, true, StateRunning, ""},
		{"planning was cut short", nil, false, StateOpen, "planning was cut short"},
		{"planned", []string{planned}, false, StateOpen, "planned, nothing sent"},
		{"the guard has tripped", []string{guarded}, false, StateHeld, "too many"},
		{"the guard was let pass", []string{guarded, "submitting removals 1"}, false, StateOpen, ""},
		{"rows are unsent", []string{planned, "submitting removals 1", "outcomes removals 1"}, false, StateOpen, ""},
		{"a silent server", []string{planned, "submitting removals 1", "outcomes removals 1", "silent removals"}, false, StateOpen, "not one removal was carried out; upserts wait"},
		{"a silent server, and we went on", append(all[:4:4], "silent removals"), false, StateOpen, ""},
		{"all is sent", all, false, StatePending, ""},
		{"superseded", append(all[:2:2], "superseded"), false, StateSuperseded, "a newer run has sent something to this org"},
		{"stale", []string{planned, "stale"}, false, StateStale, "the plan was no longer true"},
		{"stopped", append(all[:3:3], "stopped removals"), false, StateStopped, "it gave no reason"},
		{"over", append(all[:5:5], "results i 0"), false, StateOver, ""},
		{"a retry of a run that was stopped", append(all[:3:3], "stopped removals", "results i 0", retrying), false, StateOpen, ""},
		{"a retry of one that is superseded, all is sent", []string{planned, "superseded", "results i 0", retrying, "submitting retry-1-upserts 1", "outcomes retry-1-upserts 1"}, false, StatePending, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := writer(t, t.TempDir(), c.events...)
			if !c.held {
				w.Close()
			} else {
				defer w.Close()
			}
			s := w.Run.Status()
			if s.State != c.state || s.Note != c.note || (s.PID == os.Getpid()) != c.held || s.Open == (c.state == StateOver) {
				t.Errorf("%+v", s)
			}
			if w.Run.Planned != nil && (s.Rows != 9 || len(s.Batches) < 2 || s.Batches[0].Name != "removals-0001") {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestAStatusTellsTheCountsOfTheNewestSummary(t *testing.T) {
	w := writer(t, t.TempDir(), planned, "results i 1")
	defer w.Close()
	if s := w.Run.Status(); s.Summary != "" || s.Exit == nil || *s.Exit != 4 || s.StartedAt != "2026-11-23T12:00:00Z" || s.EndedAt == "" {
		t.Errorf("without a summary: %+v", s)
	}
	write(t, w.Run.SummaryPath(1), `{"success":4,"failed":3,"pending":2,"skipped":1,"files":{"summary":"/in/nightly.summary.json"}}`)
	if s := w.Run.Status(); s.Success != 4 || s.Failed != 3 || s.Pending != 2 || s.Skipped != 1 || s.Summary != "/in/nightly.summary.json" {
		t.Errorf("%+v", s)
	}
}

func TestWhatALockSaysIsBelievedOfLivingProcessesHereOnly(t *testing.T) {
	host, _ := os.Hostname()
	w := writer(t, t.TempDir())
	w.Close()
	for name, c := range map[string]struct {
		text string
		pid  int
	}{
		"nothing":                {"", 0},
		"this process":           {fmt.Sprintf("pid %d on %s, run x, since now", os.Getpid(), host), os.Getpid()},
		"another machine":        {fmt.Sprintf("pid %d on elsewhere, run x", os.Getpid()), 0},
		"a process that is gone": {fmt.Sprintf("pid 999999999 on %s, run x", host), 0},
		"no process":             {fmt.Sprintf("pid 0 on %s, run x", host), 0},
		"a group of processes":   {fmt.Sprintf("pid -1 on %s, run x", host), 0},
		"something else":         {"gibberish", 0},
	} {
		write(t, w.Run.Path(lockFile), c.text)
		if pid, _, _ := w.Run.holder(); pid != c.pid {
			t.Errorf("%s: pid %d", name, pid)
		}
	}
}

func TestFlagsInForceNameTheirDefaults(t *testing.T) {
	f := Flags{NA: "reject", Wait: 30 * time.Minute, Own: map[string]string{"starting-id": "7"}}
	got := f.InForce("ignore")
	for name, want := range map[string]any{"blank": "ignore", "na": "reject", "duplicates": "reject", "max_removals": "20%", "max_failed": "0", "wait": "30m0s", "starting_id": "7", "allow_removals": 0} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if f = (Flags{Blank: "reject"}); f.InForce("ignore")["blank"] != "reject" || f.InForce("")["na"] != "remove" {
		t.Error("what was given goes before what is usual")
	}
	p := Poll{Job: time.Hour}
	if p.Fill(); p.Job != time.Hour || p.StatusMost != time.Minute {
		t.Errorf("%+v", p)
	}
}
