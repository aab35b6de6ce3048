package loader

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"rosterload/loader/approve"
	"rosterload/loader/evidence"
	"rosterload/loader/journal"
	"rosterload/loader/plan"
	"rosterload/loader/run"
	"rosterload/transform"
)

// allowed stops a run that is held for a person. What is sealed stays; an approval, or for the removal guard a resume
// with the exact number, goes on.
func (s *session) allowed() error {
	r := s.run()
	if r.Planned.Rows == 0 {
		return run.Stopf(run.ExitNothing, run.Hint{}, "the roster has no data rows")
	}
	if r.SentAnything() || !r.MaySend(transform.Upserts) {
		return nil
	}
	open := r.OpenHolds()
	for _, h := range open {
		if h.Code != run.HoldRemovals {
			hint := run.Hint{Before: "look at the plan, then: ", Verb: "approve", Args: r.ApproveArgs()}
			return run.Stopf(run.ExitGuard, hint, "%s; nothing was sent", h.Text)
		}
	}
	why := plan.Guard(s.Flags, r.Planned)
	if why == "" || len(r.Holds()) > 0 && len(open) == 0 {
		return nil
	}
	hint := run.Hint{
		Before: "look at the plan, then: ", Verb: "resume",
		Args: []string{r.ID, "--allow-removals", strconv.Itoa(r.Planned.Removals)},
	}
	return run.Stopf(run.ExitGuard, hint, "%s; nothing was sent", why)
}

func (s *session) isHeld() error {
	if !s.run().Held() {
		return run.Stopf(run.ExitUsage, run.Type("show", s.run().ID), "run %s is not held", s.run().ID)
	}
	return nil
}

// decision is what a person decides on.
func (s *session) decision() *approve.Case {
	c := &approve.Case{
		Run: s.run(), Changes: s.carrier.Changes, Roster: s.roster, By: s.By, Reason: s.Reason, Ticket: s.Ticket,
		Now: s.Now,
	}
	if s.Terms != nil {
		c.Signers = s.Terms.Approval.Signers
	}
	return c
}

// lift notes which holds an approval lifts.
func (s *session) lift(ctx context.Context, a approve.Approval) error {
	word, err := s.decision().Lift(a)
	if err != nil {
		return err
	}
	return s.noteWord(ctx, journal.Approved, evidence.Approval, word)
}

// noteWord enters in the ledger and journals what a person has said. The ledger is first: nothing is sent on an
// approval that it lacks. Its digest is that of the document which was signed, or of the event's data where none was.
func (s *session) noteWord(ctx context.Context, event, entry string, word run.Word) error {
	sha := word.SHA256
	if sha == "" {
		data, err := json.Marshal(word)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		sha = hex.EncodeToString(sum[:])
	}
	if err := s.evidence().Enter(ctx, evidence.Entry{What: entry, Run: s.run().ID, SHA256: sha}); err != nil {
		return err
	}
	return s.writer.NoteData(journal.Event{What: event}, word)
}
