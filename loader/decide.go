package loader

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"rosterload/loader/approve"
	"rosterload/loader/evidence"
	"rosterload/loader/journal"
	"rosterload/loader/run"
)

func (s *session) isHeld() error {
	if !s.run().Held() {
		return run.Stopf(run.ExitUsage, run.Type("show", s.run().ID), "run %s is not held", s.run().ID)
	}
	return nil
}

// decision is what a person decides on.
func (s *session) decision() *approve.Case {
	c := &approve.Case{Run: s.run(), Changes: s.changes, Roster: s.roster, By: s.By, Reason: s.Reason, Ticket: s.Ticket, Now: s.Now}
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

// noteWord enters in the ledger and journals what a person has said. The ledger is first: nothing is sent on an approval that it lacks. Its
// digest is that of the document which was signed, or of the event's data where none was.
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
