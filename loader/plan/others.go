package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/terms"
	"rosterload/transform"
)

// Others is what a plan under terms knows of users besides those of the sound lines.
type Others struct {
	Protected map[string]bool // by the org's id
	// Absent are the users who are in no line, in full mode, the order in which they are numbered.
	Absent []transform.Standing
	// Unsure is why none of them may be removed: a verdict without its word; the zero Verdict when they may.
	Unsure transform.Verdict
}

// IsProtected tells whether no run may change a user.
func (o *Others) IsProtected(id string) bool { return o != nil && o.Protected[id] }

// Expected are the holds of a plan whose file is not as it was expected to be.
func Expected(t *terms.Terms, r *run.Run, runs []*run.Run, p *run.Planned) []results.Hold {
	if t == nil || p.Rows == 0 {
		return nil
	}
	p.ApprovalHold = approvalHold(t.Approval, r, runs, p)
	var holds []results.Hold
	for _, hold := range []results.Hold{
		rowsHold(t.Expect, r, runs, p), changeHold(t.Expect, p), repeatedHold(t.Expect, r, runs),
		olderHold(t.Expect, r, runs), p.UnknownHold, p.ApprovalHold,
	} {
		if hold.Code != "" {
			holds = append(holds, hold)
		}
	}
	return holds
}

// approvalHold adds up what the org's runs of the last day have sent, so that many small files are not a way around the
// rule.
func approvalHold(a terms.Approval, r *run.Run, runs []*run.Run, p *run.Planned) results.Hold {
	removals, changes := p.Removals, p.Changes()
	for _, other := range runs {
		if other.ID < r.ID && other.Org.ID == p.Org.ID && other.Begun.After(r.Begun.Add(-24*time.Hour)) &&
			other.SentAnything() {
			removals, changes = removals+other.Planned.Removals, changes+other.Planned.Changes()
		}
	}
	h := results.Hold{Code: run.HoldApproval}
	switch {
	case p.Changes() == 0:
		return results.Hold{}
	case a.Removals > 0 && removals > a.Removals:
		h.Text, h.Found, h.Limit = fmt.Sprintf("%d removals within a day are more than %d: a second person must "+
			"approve", removals, a.Removals), strconv.Itoa(removals), strconv.Itoa(a.Removals)
	case a.Changes > 0 && changes > a.Changes:
		h.Text, h.Found, h.Limit = fmt.Sprintf("%d changes within a day are more than %d: a second person must approve",
			changes, a.Changes), strconv.Itoa(changes), strconv.Itoa(a.Changes)
	default:
		return results.Hold{}
	}
	return h
}

func rowsHold(e terms.Expect, r *run.Run, runs []*run.Run, p *run.Planned) results.Hold {
	limit := fmt.Sprintf("%d..%d", e.Least, e.Most)
	if e.Most == 0 {
		limit = fmt.Sprintf("%d..", e.Least)
	}
	h := results.Hold{Code: run.HoldRows, Found: strconv.Itoa(p.Rows), Limit: limit}
	switch {
	case p.Rows < e.Least:
		h.Text = fmt.Sprintf("the file has %d rows, and %d at least are expected", p.Rows, e.Least)
	case e.Most > 0 && p.Rows > e.Most:
		h.Text = fmt.Sprintf("the file has %d rows, and %d at most are expected", p.Rows, e.Most)
	default:
		return results.Hold{}
	}
	if last := lastCarriedOut(r, runs); last != nil && last.Planned != nil {
		h.Text += fmt.Sprintf("; last time it had %d", last.Planned.Rows)
	}
	return h
}

// changeHold counts the users who would be assigned, moved or removed. It never trips for fewer than ten.
func changeHold(e terms.Expect, p *run.Planned) results.Hold {
	n := p.Changes()
	share, _, err := ParseShare(e.Change)
	if e.Change == "" || err != nil || n < guardFloor || float64(n)*100 <= share*float64(p.Holders) {
		return results.Hold{}
	}
	text := fmt.Sprintf("%d of the %d people who have one of the feed's groups would be changed, more than %s", n,
		p.Holders, e.Change)
	if p.Absent > 0 {
		text += fmt.Sprintf("; %d people are missing in the file", p.Absent)
	}
	return results.Hold{Code: run.HoldChange, Text: text, Found: strconv.Itoa(n), Limit: e.Change}
}

func repeatedHold(e terms.Expect, r *run.Run, runs []*run.Run) results.Hold {
	if !e.New || r.Seal.Source == "" {
		return results.Hold{}
	}
	for _, other := range slices.Backward(runs) {
		if isCarriedOut(other, r) && other.Seal.Delivery.SHA256 == r.Seal.Delivery.SHA256 {
			text := fmt.Sprintf("the file has the same bytes as %s, which run %s has carried out",
				results.Plain(other.Seal.Delivery.Name), other.ID)
			return results.Hold{Code: run.HoldRepeated, Text: text, Found: other.ID, Limit: "new"}
		}
	}
	return results.Hold{}
}

func olderHold(e terms.Expect, r *run.Run, runs []*run.Run) results.Hold {
	last := lastCarriedOut(r, runs)
	if !e.Rising || last == nil || r.Seal.Source == "" ||
		strings.Compare(r.Seal.Delivery.Name, last.Seal.Delivery.Name) > 0 {
		return results.Hold{}
	}
	was := results.Plain(last.Seal.Delivery.Name)
	text := fmt.Sprintf("the name of the file does not come after %s, which was carried out last", was)
	return results.Hold{Code: run.HoldOlder, Text: text, Found: results.Plain(r.Seal.Delivery.Name), Limit: was}
}

// lastCarriedOut is the feed's newest delivery before this one that was carried out.
func lastCarriedOut(r *run.Run, runs []*run.Run) *run.Run {
	for _, other := range slices.Backward(runs) {
		if isCarriedOut(other, r) {
			return other
		}
	}
	return nil
}

// isCarriedOut tells of an earlier delivery of the same feed that was sent, or whose every line needed nothing.
func isCarriedOut(other, r *run.Run) bool {
	if other.ID >= r.ID || other.Seal.Source != r.Seal.Source || other.Seal.Delivery.SHA256 == "" ||
		other.Rejected != nil || other.Stale {
		return false
	}
	return other.SentAnything() || other.Over && !other.Superseded && other.Planned != nil &&
		other.Planned.Changes() == 0 && other.Planned.Rows > 0
}
