package run

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/transform"
)

// Why a run may be held (contract of feeds, section 7).
const (
	HoldRemovals = "HOLD_REMOVALS"
	HoldRows     = "HOLD_ROWS"
	HoldChange   = "HOLD_CHANGE"
	HoldRepeated = "HOLD_REPEATED"
	HoldOlder    = "HOLD_OLDER"
	HoldUnknown  = "HOLD_UNKNOWN"
	HoldApproval = "HOLD_APPROVAL"
)

// Grew is the code of a run that was taken back because its file grew after it was claimed.
const Grew = "DELIVERY_GREW"

// Word is what a person, or a rule in a person's place, has said of a held run.
type Word struct {
	By       string    `json:"by"` // the system's user and host
	Reason   string    `json:"reason"`
	Ticket   string    `json:"ticket,omitempty"`
	Lifts    []string  `json:"lifts,omitempty"`    // codes of the holds that are lifted
	Removals int       `json:"removals,omitempty"` // the exact number that was allowed
	Code     string    `json:"code,omitempty"`     // Grew; empty: a person's word
	Who      string    `json:"who,omitempty"`      // the principals of the key that has signed
	Key      string    `json:"key,omitempty"`      // its fingerprint
	SHA256   string    `json:"sha256,omitempty"`   // of what was signed
	At       time.Time `json:"-"`                  // the event's
}

// ApprovalPath is a document that a person is asked to sign, or what that person reads.
func (r *Run) ApprovalPath(number int, ending string) string {
	return r.Path(fmt.Sprintf("approval-%d.%s", number, ending))
}

// PlanDigest is the SHA-256 of the journal's line that made the plan true, without its line end.
func (r *Run) PlanDigest() (string, error) {
	data, err := os.ReadFile(r.Path(JournalFile))
	if err != nil {
		return "", err
	}
	for line := range bytes.Lines(data) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		var e struct {
			What string `json:"event"`
		}
		if json.Unmarshal(line, &e) == nil && e.What == journal.Planned {
			sum := sha256.Sum256(line)
			return hex.EncodeToString(sum[:]), nil
		}
	}
	return "", fmt.Errorf("run %s is not planned", r.ID)
}

// stepWord is for what was said of a held run.
func (r *Run) stepWord(e journal.Event) (func(), error) {
	var w Word
	if err := decode(e, &w); err != nil {
		return nil, err
	}
	w.At = e.At
	return func() {
		if w.Code != Grew { // a person's reason is one of those that were given for the run
			r.Given = append(r.Given, Given{At: stamp(w.At), By: w.By, Reason: w.Reason, Ticket: w.Ticket})
		}
		if e.What == journal.Rejected {
			r.Rejected = &w
		} else {
			r.Approvals = append(r.Approvals, w)
		}
	}, nil
}

// Holds are all holds of the plan, lifted ones included. Runs of earlier versions know the guard's alone.
func (r *Run) Holds() []results.Hold {
	switch {
	case r.Planned == nil:
		return nil
	case len(r.Planned.Holds) == 0 && r.Planned.Guard != "":
		return []results.Hold{{Code: HoldRemovals, Text: r.Planned.Guard}}
	}
	return r.Planned.Holds
}

// OpenHolds are those that are not lifted.
func (r *Run) OpenHolds() []results.Hold {
	return slices.DeleteFunc(slices.Clone(r.Holds()), func(h results.Hold) bool {
		return slices.ContainsFunc(r.Approvals, func(w Word) bool { return slices.Contains(w.Lifts, h.Code) })
	})
}

// ApproveArgs are those of the command that lifts all open holds.
func (r *Run) ApproveArgs() []string {
	args := []string{r.ID, "--reason", "TEXT"}
	if slices.ContainsFunc(r.OpenHolds(), func(h results.Hold) bool { return h.Code == HoldRemovals }) {
		args = append(args, "--removals", strconv.Itoa(r.Planned.Removals))
	}
	return args
}

// Held tells of a run that waits for a person: nothing was sent, and a hold is open.
func (r *Run) Held() bool {
	return r.Planned != nil && !r.Over && r.MaySend(transform.Upserts) && !r.SentAnything() && len(r.OpenHolds()) > 0
}
