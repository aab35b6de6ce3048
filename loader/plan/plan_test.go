package plan

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rosterload/loader/run"
	"rosterload/transform"
	"rosterload/validate"
)

func TestEveryLineGoesToOnePlace(t *testing.T) {
	values := []string{"Alpha", "Beta", "", "#N/A", "already", "skip", "wait", "retry", "#REF!"}
	rapid.Check(t, func(rt *rapid.T) {
		var lines []string
		var held []transform.Standing
		for n := range rapid.IntRange(1, 14).Draw(rt, "rows") {
			user := fmt.Sprintf("u%d", n)
			if n > 0 && rapid.IntRange(0, 9).Draw(rt, "double") == 0 {
				user = "u0"
			}
			lines = append(lines, user+","+rapid.SampledFrom(values).Draw(rt, "value"))
			if rapid.IntRange(0, 5).Draw(rt, "found") > 0 {
				held = append(held, holding(user, "id"+user, rapid.SampledFrom([]string{"", "Alpha", "Gamma"}).Draw(rt, "held")))
			}
		}
		r := newRig(t, lines...)
		r.limits.Rows = rapid.IntRange(1, 5).Draw(rt, "most")
		p, batches, err := r.decide(r.snapshot(held...), &small{})
		if err != nil {
			rt.Fatal(err)
		}
		r.checkPlaces(rt, p, batches)
	})
}

// checkPlaces: each row is a fault, a verdict, or one change in one batch; users who were found have a standing, whatever became of the line.
func (r *rig) checkPlaces(rt *rapid.T, p *run.Planned, batches []run.SealedBatch) {
	faults, verdicts, before := r.rows(run.FaultsFile), r.rows(run.VerdictsFile), r.rows(run.BeforeFile)
	sealed := map[string]int{}
	for _, job := range transform.LoadJobs() {
		for _, c := range r.changes(batches, job) {
			sealed[c.User]++
			if job.Removes() != (c.Value == "") {
				rt.Fatalf("%+v stands among the %s", c, job)
			}
		}
	}
	changed := 0
	for row := 1; row <= r.screening.Rows; row++ {
		_, fault := faults[row]
		_, verdict := verdicts[row]
		standing, found := before[row]
		switch {
		case fault && (verdict || found), !fault && !verdict && !found:
			rt.Fatalf("row %d: fault %v, verdict %v, standing %v", row, fault, verdict, found)
		case found && !verdict:
			if changed++; sealed[standing[1]] != 1 {
				rt.Fatalf("row %d: %s stands in %d batches", row, standing[1], sealed[standing[1]])
			}
		}
	}
	if changed != len(sealed) || changed != p.Changes() || len(p.Files) != 3 {
		rt.Fatalf("%d rows became changes, sealed are %d, counted %d; files %v", changed, len(sealed), p.Changes(), p.Files)
	}
	for _, f := range p.Files {
		if err := r.w.Run.Verify(f); err != nil {
			rt.Fatal(err)
		}
	}
}

func TestWhatAPlanCounts(t *testing.T) {
	r := newRig(t, "a,Beta", "b,", "c,#N/A", "d,wait", "e,retry", "f,", "g,#REF!", "h,Beta", "i,skip", "nobody,Beta")
	p, batches, err := r.decide(r.snapshot(holding("a", "id1", "Alpha"), holding("b", "id2", "Alpha"), holding("c", "id3", "Gamma"), holding("d", "id4", ""),
		holding("e", "id5", ""), holding("f", "id6", ""), holding("h", "id8", ""), holding("i", "id9", "Alpha")), &small{})
	r.ok(err)
	if p.Removals != 2 || p.Upserts != 2 || p.RetryFirst != 1 || !slices.Equal(p.Names, []string{"b", "c"}) {
		t.Errorf("%+v", p)
	}
	want := []run.Move{{From: "Alpha", To: "", Count: 1}, {From: "Alpha", To: "Beta", Count: 1}, {From: "Gamma", To: "", Count: 1}}
	if !slices.Equal(p.Moves, want) {
		t.Errorf("moves %+v", p.Moves)
	}
	if len(batches) != 2 || batches[0].Job != transform.Removals || batches[1].Rows != 2 || batches[0].File != "removals-0001.csv" {
		t.Errorf("%+v", batches)
	}
	verdicts := r.rows(run.VerdictsFile)
	for row, want := range map[int]string{4: "Pending WAIT move wait", 5: "Failed RETRY move retry", 6: "Failed RETRY move ", 9: "Skipped SKIP none skip", 10: "Failed NOT_FOUND_0 none Beta"} {
		v := verdicts[row]
		if got := strings.Join([]string{v[1], v[2], v[5], v[6]}, " "); got != want {
			t.Errorf("row %d: %q, want %q", row, got, want)
		}
	}
	if note := r.rows(run.BeforeFile)[1][6]; note != "a note on id1" {
		t.Errorf("the note of a change is %q", note)
	}
}

func TestChangesThatNoLineAskedForAreRemovals(t *testing.T) {
	r := newRig(t, "a,Beta")
	p, batches, err := r.decide(r.snapshot(holding("a", "id1", "")), &small{extra: []transform.Standing{holding("x", "id7", "Seat"), holding("y", "id8", "Seat")}})
	r.ok(err)
	if p.Removals != 2 || p.Extra != 2 || len(p.Files) != 4 || !slices.Equal(p.Moves, []run.Move{{From: "Seat", To: "", Count: 2}}) {
		t.Errorf("%+v", p)
	}
	if got := r.changes(batches, transform.Removals); len(got) != 2 || got[0].User != "id7" {
		t.Errorf("%+v", got)
	}
	if extra := r.rows(run.ExtraFile); len(extra) != 1 || extra[0][1] != "id8" {
		t.Errorf("they have no row: %v", extra)
	}
}

func TestAPlanThatFailsIsMadeOnceMore(t *testing.T) {
	full := errors.New("no space left")
	for fail := 1; fail <= 10; fail++ {
		r := newRig(t, "a,Beta", "b,", "c,wait", "d,#REF!")
		n, seals := r.snapshot(holding("a", "id1", ""), holding("b", "id2", "Alpha"), holding("c", "id3", "")), 0
		r.trip = func(string, bool) error {
			if seals++; seals == fail {
				return full
			}
			return nil
		}
		if _, _, err := r.decide(n, &small{}); !errors.Is(err, full) {
			t.Fatalf("seal %d: %v", fail, err)
		}
		entries, _ := os.ReadDir(r.w.Run.Folder)
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".tmp-") {
				t.Errorf("seal %d left %s", fail, e.Name())
			}
		}
		r.trip = nil
		p, batches, err := r.decide(n, &small{})
		if err != nil || len(batches) != 2 || p.Changes() != 2 {
			t.Errorf("seal %d: the second plan: %v, %+v", fail, err, batches)
		}
	}
}

func TestOfSeveralMatchesTheOrderDecidesNothing(t *testing.T) {
	r := newRig(t, "a,Beta", "b,Beta")
	inactive := holding("a", "id1", "Alpha")
	inactive.Active = false
	all := []transform.Standing{inactive, holding("a", "id2", ""), inactive, holding("b", "id3", "Gamma"), holding("stranger", "id9", "Alpha")}
	other := holding("a", "id4", "Alpha")
	other.Active = false
	all = append(all, other)
	rapid.Check(t, func(rt *rapid.T) {
		n := r.snapshot(rapid.Permutation(all).Draw(rt, "order")...)
		var found []transform.Standing
		for q := range NewRequests(r.roster, r.screening).All() {
			found = append(found, n.Of(q), n.Of(q))
		}
		if a := found[0]; a.ID != "id2" || a.Others != 2 || a.Holders != 2 || a.User.Key != "a" || found[1] != a {
			rt.Fatalf("%+v, %+v", a, found[1])
		}
		if b := found[2]; b.ID != "id3" || b.Others != 0 {
			rt.Fatalf("%+v", b)
		}
		if n.Found() != 2 || n.holders() != 3 {
			rt.Fatalf("%d found, %d hold a group", n.Found(), n.holders())
		}
		for id, want := range map[string]bool{"id1": true, "id2": true, "id3": true, "id4": true, "id9": false, "": false} {
			if n.HasAny([]string{id}) != want {
				rt.Fatalf("%q: %v", id, !want)
			}
		}
	})
}

func TestTwoActiveMatchesAreNoCertainUser(t *testing.T) {
	r := newRig(t, "a,Beta")
	n := r.snapshot(holding("a", "id1", ""), holding("a", "id2", ""))
	p, batches, err := r.decide(n, &small{})
	r.ok(err)
	if v := r.rows(run.VerdictsFile)[1]; p.Changes() != 0 || len(batches) != 0 || v[2] != "NOT_FOUND_1" {
		t.Errorf("%v, %+v", v, batches)
	}
}

func TestHoldersAreThoseOfTheOrgOrOfTheRoster(t *testing.T) {
	n := newRig(t, "a,Beta", "b,Beta").snapshot(holding("a", "id1", "Alpha"), holding("b", "id2", ""))
	if holders, counted := Holders(&small{holders: 70}, n); holders != 70 || !counted {
		t.Error(holders, counted)
	}
	if holders, counted := Holders(&small{holders: -1}, n); holders != 1 || counted {
		t.Error(holders, counted)
	}
}

func TestTheTenLargestMovesAreNamed(t *testing.T) {
	moves := map[[2]string]int{}
	for n := range 15 {
		moves[[2]string{"A", fmt.Sprintf("%02d", n)}] = n / 2
	}
	got := largest(moves)
	if len(got) != 10 || got[0] != (run.Move{From: "A", To: "14", Count: 7}) || got[1].To != "12" || got[2].To != "13" || got[9].Count != 2 {
		t.Errorf("%+v", got)
	}
	if got := largest(nil); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestLinesAndRequestsMayBeWalkedMoreThanOnce(t *testing.T) {
	r := newRig(t, "a,Beta", ",Beta", "B,Alpha", "c,Alpha", "c,Beta", "d,", "d,")
	q := NewRequests(r.roster, r.screening)
	for range 2 {
		var keys []string
		for u := range q.Users() {
			keys = append(keys, u.By+" "+u.Key)
		}
		if want := []string{"Username a", "Username b", "Username d"}; !slices.Equal(keys, want) || q.Err() != nil {
			t.Errorf("%q, want %q; %v", keys, want, q.Err())
		}
	}
	var faults []string
	for l, err := range Lines(r.roster, r.screening) {
		r.ok(err)
		if l.Fault != nil {
			faults = append(faults, fmt.Sprint(l.Row, " ", l.Fault.Code))
		}
	}
	if want := []string{"2 ROW_USER_MISSING", "4 ROW_CONTRADICTION", "5 ROW_CONTRADICTION", "7 ROW_DUPLICATE"}; !slices.Equal(faults, want) {
		t.Errorf("%q, want %q", faults, want)
	}
	for range q.All() {
		break // a walk may be left
	}
}

func TestARosterThatCannotBeReadEndsTheWalkWithItsReason(t *testing.T) {
	r := newRig(t, "a,Beta")
	n, q := r.snapshot(holding("a", "id1", "")), NewRequests(r.roster, r.screening)
	r.ok(r.roster.Close())
	for range q.Users() {
		t.Error("a user was read")
	}
	if q.Err() == nil || q.Forecast(&forecaster{}, n) == nil {
		t.Error("the walk ended without a reason")
	}
	if _, _, err := r.decide(n, &small{}); err == nil {
		t.Error("a plan was made of nothing")
	}
}

type forecaster struct {
	small
	times int
}

func (p *forecaster) Forecast(all iter.Seq2[validate.Request, transform.Standing]) {
	p.times++
	for r, s := range all {
		p.seen = append(p.seen, string(r.Key())+" "+s.ID)
	}
}

func TestAForecastSeesEveryRequestBeforeTheFirstIsDecided(t *testing.T) {
	r := newRig(t, "a,Beta", "#REF!,", "b,Beta")
	p, q := &forecaster{}, NewRequests(r.roster, r.screening)
	n := r.snapshot(holding("b", "id2", ""))
	r.ok(errors.Join(q.Forecast(p, n), q.Forecast(&small{}, n)))
	if want := []string{"a ", "b id2"}; p.times != 1 || !slices.Equal(p.seen, want) {
		t.Errorf("%d times %q, want %q", p.times, p.seen, want)
	}
}
