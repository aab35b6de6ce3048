package loader

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"rosterload/loader/evidence"
	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/loader/run"
)

// Approval is a person's word that lifts the holds of a run. Why, is in the options.
type Approval struct {
	Removals int  // the exact number, where the removal guard holds the run
	Leave    bool // lift the holds and leave the sending to the process that works on the feed
	// Signature is an armoured SSHSIG over a document that Ask has written; Key names a private key that makes one. Without either,
	// HoldApproval stays.
	Signature []byte
	Key       string
}

// Approve lifts the holds of a run and carries it out exactly as it was sealed. A run that is not held is refused.
func Approve(ctx context.Context, o Options, id string, a Approval) (*results.Summary, error) {
	s, err := reopen(ctx, o, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	ctx = s.tagged(ctx, nil)
	if err := s.isHeld(); err != nil {
		return nil, err
	}
	if err := s.openChanges(); err != nil {
		return nil, err
	}
	if err := s.overtaken(ctx); err != nil {
		return s.finish(ctx, err)
	}
	if s.run().Superseded {
		return s.finish(ctx, nil)
	}
	if err := s.lift(ctx, a); err != nil {
		return nil, err
	}
	if a.Leave || s.run().Held() {
		return s.run().Summary()
	}
	return s.finish(ctx, s.carry(ctx))
}

func (s *session) isHeld() error {
	if !s.run().Held() {
		return run.Stopf(run.ExitUsage, run.Type("show", s.run().ID), "run %s is not held", s.run().ID)
	}
	return nil
}

// lift notes which holds an approval lifts. The removal guard takes the exact number.
func (s *session) lift(ctx context.Context, a Approval) error {
	r := s.run()
	if a.Key != "" {
		asked, err := s.writeAsked()
		if err == nil {
			a.Signature, err = signDocument(asked, a.Key)
		}
		if err != nil {
			return err
		}
	}
	if a.Signature != nil {
		word, err := s.bySignature(a.Signature)
		if err != nil {
			return err
		}
		return s.noteWord(ctx, journal.Approved, evidence.Approval, *word)
	}
	word := s.word()
	word.Removals = a.Removals
	for _, h := range r.OpenHolds() {
		if h.Code == run.HoldApproval {
			continue
		}
		if h.Code == run.HoldRemovals && a.Removals != r.Planned.Removals {
			hint := run.Type("approve", r.ApproveArgs()...)
			return run.Stopf(run.ExitGuard, hint, "the plan has %d removals, and %d were approved; nothing was sent", r.Planned.Removals, a.Removals)
		}
		word.Lifts = append(word.Lifts, h.Code)
	}
	if len(word.Lifts) == 0 {
		hint := run.Type("approve", r.ID, "--reason", "TEXT", "--print")
		return run.Stopf(run.ExitGuard, hint, "%s; only a signature lifts that", r.OpenHolds()[0].Text)
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

func (s *session) word() run.Word { return run.Word{By: s.By, Reason: s.Reason, Ticket: s.Ticket} }

// Reject ends a held run: nothing of it is sent.
func Reject(ctx context.Context, o Options, id string) (*results.Summary, error) {
	s, err := reopen(ctx, o, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := s.isHeld(); err != nil {
		return nil, err
	}
	ctx = s.tagged(ctx, nil)
	if err := s.noteWord(ctx, journal.Rejected, evidence.Rejection, s.word()); err != nil {
		return nil, err
	}
	return s.finish(ctx, nil)
}
