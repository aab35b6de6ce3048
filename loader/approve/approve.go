// Package approve says what lifts the holds of a run: a person's word, or a second person's signature over what the run would do.
//
// The signature is an SSHSIG over approval-N.json, which names the very plan; ssh-keygen makes and verifies it without us.
package approve

import (
	"time"

	"rosterload/loader/changes"
	"rosterload/loader/run"
	"rosterload/validate"
)

// Case is a held run and the person who decides on it.
type Case struct {
	Run     *run.Run
	Changes *changes.Changes
	Roster  *validate.Roster
	Signers string // the text of the allowed_signers file; empty: no signature counts
	By      string // the system's user and host
	Reason  string
	Ticket  string
	Now     func() time.Time
}

// Approval is a person's decision to lift the holds of a run.
type Approval struct {
	Removals int  // the exact number, where the removal guard holds the run
	Leave    bool // lift the holds and leave the sending to the process that works on the feed
	// Signature is an armoured SSHSIG over a document that Ask has written; Key names a private key that makes one. Without either,
	// HoldApproval stays.
	Signature []byte
	Key       string
}

// Lift says which holds an approval lifts. The removal guard takes the exact number.
func (c *Case) Lift(a Approval) (run.Word, error) {
	if a.Key != "" {
		asked, err := c.Ask()
		if err == nil {
			a.Signature, err = asked.sign(a.Key)
		}
		if err != nil {
			return run.Word{}, err
		}
	}
	if a.Signature != nil {
		return c.bySignature(a.Signature)
	}
	return c.byWord(a.Removals)
}

// byWord lifts whatever needs no signature.
func (c *Case) byWord(removals int) (run.Word, error) {
	r, word := c.Run, c.Word()
	word.Removals = removals
	for _, h := range r.OpenHolds() {
		if h.Code == run.HoldApproval {
			continue
		}
		if h.Code == run.HoldRemovals && removals != r.Planned.Removals {
			hint := run.Type("approve", r.ApproveArgs()...)
			return word, run.Stopf(run.ExitGuard, hint, "the plan has %d removals, and %d were approved; nothing was sent", r.Planned.Removals, removals)
		}
		word.Lifts = append(word.Lifts, h.Code)
	}
	if len(word.Lifts) == 0 {
		hint := run.Type("approve", r.ID, "--reason", "TEXT", "--print")
		return word, run.Stopf(run.ExitGuard, hint, "%s; only a signature lifts that", r.OpenHolds()[0].Text)
	}
	return word, nil
}

// Word is what the person says, whatever it decides.
func (c *Case) Word() run.Word { return run.Word{By: c.By, Reason: c.Reason, Ticket: c.Ticket} }
