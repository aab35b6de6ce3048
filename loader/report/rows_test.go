package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rosterload/loader/changes"
	"rosterload/loader/connector"
	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/transform"
)

// told is what is said of a row, in one line.
func told(row results.Row) string {
	return fmt.Sprintf("%s %s %q, %s; %s, %s to %q, now %q %s, %s, %d", row.Result, row.ReasonCode, row.Reason, row.NextStep, row.Action, row.Before, row.Requested, row.After, row.ProvisioningStatus, row.JobID, row.Attempts)
}

func TestWhatIsSaidOfALineInEachState(t *testing.T) {
	accepted, refused := outcome("ann", connector.Accepted), outcome("ann", connector.Refused)
	refused.Code, refused.Reason, refused.Fields, refused.Next = "SF_NO", "no,\nreally", "A;B", transform.FixAndLoad
	unprocessed := outcome("ann", connector.Unprocessed)
	unprocessed.Code, unprocessed.Reason = "SF_LATE", "never came to it"
	made := accepted
	made.Ref, made.Reason = "made9", "with a warning"
	drifted, superseded := outcome("ann", changes.OutcomeDrifted), outcome("ann", changes.OutcomeSuperseded)
	drifted.Code, drifted.Next, superseded.Code = transform.CodeChanged, transform.FixAndLoad, "RUN_SUPERSEDED"
	upserts := func(said ...connector.Outcome) func(r *rig) {
		return func(r *rig) { r.sent(transform.Upserts, said...) }
	}
	seen := func(now *transform.Standing) func(r *rig) {
		return func(r *rig) { r.sent(transform.Upserts, accepted); r.looked("ann", now) }
	}
	event := func(what, reason string) func(r *rig) {
		return func(r *rig) { r.ok(r.w.Note(journal.Event{What: what, Job: "removals", Reason: reason})) }
	}
	for _, c := range []struct {
		name string
		row  int
		play func(r *rig)
		want string
	}{
		{"a fault", rowNoUser, nil, `Failed ROW_USER_MISSING "line 7, column Username: no user is named", fix-and-load; none,  to "", now "" , , 0`},
		{"a user who was not found", rowNobody, nil, `Failed USER_NOT_FOUND "", change-key; none,  to "Beta", now "" , , 0`},
		{"already so", rowAlready, nil, `Unchanged  "", ; none, Alpha to "already", now "Alpha" success, , 0`},
		{"left out", rowSkipped, nil, `Skipped SKIP "", ; none, Alpha to "skip", now "Alpha" success, , 0`},
		{"what only a retry helps", rowRetry, nil, `Failed RETRY "it failed", retry; move, Alpha to "retry", now "Alpha" success, , 0`},
		{"on its way before the run", rowWaits, nil, `Pending WAIT "", wait; move, Alpha to "wait", now "Alpha" success, , 0`},
		{"on its way, and still", rowWaits, func(r *rig) { r.looked("cat", &transform.Standing{Request: "wait", Status: "sent"}) }, `Pending WAIT "", wait; move, Alpha to "wait", now "" sent, , 0`},
		{"on its way, and has arrived", rowWaits, func(r *rig) { r.looked("cat", holds("wait")) }, `Unchanged  "it was on its way before this run and has arrived", ; none, Alpha to "wait", now "wait" success, , 0`},
		{"on its way, and failed", rowWaits, func(r *rig) { r.looked("cat", &transform.Standing{Request: "wait", Status: "failed"}) }, `Failed NO_LICENCES "", free-licences; move, Alpha to "wait", now "" failed, , 0`},
		{"not sent", rowMove, nil, `Not attempted RUN_INTERRUPTED "the run ended before this row was sent; a resume goes on with it", ; move, Alpha to "Beta", now "" , , 0`},
		{"sent, no answer yet", rowMove, upserts(), `Pending  "handed to the org; its answer is not known yet", wait; move, Alpha to "Beta", now "" , job7, 1`},
		{"accepted, not looked at again", rowMove, upserts(accepted), `Pending  "the org has stored the request; it was not looked at again", wait; move, Alpha to "Beta", now "" , job7, 1`},
		{"accepted with a word", rowMove, upserts(made), `Pending  "the org has stored the request; it was not looked at again", wait; move, Alpha to "Beta", now "" , job7, 1`},
		{"done", rowMove, seen(holds("Beta")), `Updated  "a note", ; move, Alpha to "Beta", now "Beta" success, job7, 1`},
		{"on its way", rowMove, seen(&transform.Standing{Request: "Beta", Group: "Alpha", Status: "sent"}), `Pending WAIT "a note", wait; move, Alpha to "Beta", now "Alpha" sent, job7, 1`},
		{"failed by the org", rowMove, seen(&transform.Standing{Request: "Beta", Status: "none"}), `Failed NO_LICENCES "a note", free-licences; move, Alpha to "Beta", now "" none, job7, 1`},
		{"changed by others", rowMove, seen(holds("Gamma")), `Failed USER_CHANGED_MEANWHILE "a note", fix-and-load; move, Alpha to "Beta", now "Gamma" success, job7, 1`},
		{"gone", rowMove, seen(nil), `Failed USER_CHANGED_MEANWHILE "a note", fix-and-load; move, Alpha to "Beta", now "" , job7, 1`},
		{"changed by a newer run", rowMove, func(r *rig) { r.newer["id-ann"] = "R9"; seen(holds("Gamma"))(r) }, `Failed USER_CHANGED_MEANWHILE "run R9 is newer and has changed this user's request", ask-admin; move, Alpha to "Beta", now "Gamma" success, job7, 1`},
		{"nothing changed by it", rowMove, upserts(outcome("ann", connector.Same)), `Unchanged  "a note", ; move, Alpha to "Beta", now "" , job7, 1`},
		{"refused", rowMove, upserts(refused), `Failed SF_NO "no, really", fix-and-load; move, Alpha to "Beta", now "" , job7, 1`},
		{"the org never came to it", rowMove, upserts(unprocessed), `Not attempted SF_LATE "never came to it", ; move, Alpha to "Beta", now "" , job7, 0`},
		{"left alone", rowMove, func(r *rig) { r.ok(r.c.Answer(r.w.Run.Batch(transform.Upserts, 1), []connector.Outcome{drifted})) }, `Failed USER_CHANGED_MEANWHILE "a note", fix-and-load; move, Alpha to "Beta", now "" , , 0`},
		{"a newer run's user", rowMove, func(r *rig) {
			r.ok(r.c.Answer(r.w.Run.Batch(transform.Upserts, 1), []connector.Outcome{superseded}))
		}, `Not attempted RUN_SUPERSEDED "a note", ; move, Alpha to "Beta", now "" , , 0`},
		{"superseded", rowMove, event(journal.Superseded, ""), `Not attempted RUN_SUPERSEDED "a newer run was at work on this org; an order this old is not carried out", ask-admin; move, Alpha to "Beta", now "" , , 0`},
		{"stopped", rowMove, event(journal.Stopped, "no such field"), `Not attempted RUN_STOPPED "the org gave up a job of this run: no such field", fix-and-load; move, Alpha to "Beta", now "" , , 0`},
		{"stale", rowMove, event(journal.Stale, ""), `Not attempted RUN_STOPPED "the plan was no longer true when it was to be carried out", fix-and-load; move, Alpha to "Beta", now "" , , 0`},
		{"removed", rowRemove, func(r *rig) { r.all() }, `Removed  "", ; remove, Alpha to "", now "" success, job7, 1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, false)
			if c.play != nil {
				c.play(r)
			}
			if got := told(r.row(r.write(), c.row)); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

func TestARunThatWasCutShortKnowsItsFaultsAllTheSame(t *testing.T) {
	r := newRig(t, true)
	r.report.Ended, r.report.Code = run.ExitUnavailable, "RUN_UNAVAILABLE"
	s := r.write()
	if row := r.row(s, rowNoUser); row.ReasonCode != "ROW_USER_MISSING" {
		t.Errorf("%+v", row)
	}
	if row := r.row(s, rowMove); row.Result != "Not attempted" || row.ReasonCode != "RUN_UNAVAILABLE" || row.Action != "none" || row.Key != "ann" || row.RunID != r.w.Run.ID || row.Target != "prod" {
		t.Errorf("%+v", row)
	}
	if s.Exit != run.ExitUnavailable || s.Final || s.Plan != nil || s.Next != "rosterload resume "+s.Run {
		t.Errorf("exit %d, final %v, next %q", s.Exit, s.Final, s.Next)
	}
}

func TestARowThatIsInNoFileIsNotMadeUp(t *testing.T) {
	r := newRig(t, false)
	r.report.Roster.Header = r.report.Roster.Header[:2] // a line with a cell more than the header is a fault now; the plan's files do not know it
	path := r.w.Run.Path(run.FaultsFile)
	r.rewrite(path, func(text string) string { return strings.Split(text, "\n")[0] + "\n" })
	if _, err := r.tryWrite(); exitCode(err) != run.ExitUnproved || !strings.Contains(err.Error(), "none of its files") {
		t.Error(err)
	}
}

func TestWhenARowSettledIsTold(t *testing.T) {
	r := newRig(t, false)
	r.all()
	i, _ := r.c.Find("id-ann")
	r.c.Settle(i, r.now.Add(90*time.Second))
	j, _ := r.c.Find("id-bob")
	r.c.Settle(j, r.now.Add(30*time.Second))
	s := r.write()
	if move, removal := r.row(s, rowMove), r.row(s, rowRemove); move.SettledAt != "2026-11-23T02:16:30Z" || removal.SettledAt != "2026-11-23T02:15:30Z" {
		t.Errorf("%q, %q", move.SettledAt, removal.SettledAt)
	}
}

func TestRowsOfARetryThatWaitsAreNotThoseOfTheLoad(t *testing.T) {
	r := newRig(t, false)
	r.ok(r.w.Note(journal.Event{What: journal.Stopped, Job: "removals", Reason: "no such field"}))
	r.write()
	batch := run.SealedBatch{Job: transform.RetryJobs(1)[1], Number: 1, Rows: 1}
	table, err := r.w.NewTable("retry-1-upserts-0001.csv", "Id", "Status")
	r.ok(err)
	r.ok(table.Write("id-eve", "retry"))
	sealed, _, err := table.Seal()
	r.ok(err)
	batch.File, batch.SHA256 = sealed.File, sealed.SHA256
	r.ok(r.w.NoteData(journal.Event{What: journal.Retrying}, run.Retry{Number: 1, Batches: []run.SealedBatch{batch}}))
	r.open()
	r.report.Ended = 143
	s := r.write()
	if row := r.row(s, rowRetry); row.ReasonCode != "RUN_INTERRUPTED" || !strings.Contains(row.Reason, "the retry ended") || s.Final {
		t.Errorf("%s, final %v", told(row), s.Final)
	}
	if row := r.row(s, rowMove); row.ReasonCode != "RUN_STOPPED" {
		t.Errorf("%s", told(row))
	}
}
