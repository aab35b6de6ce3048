package approve

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/transform"
	"rosterload/validate"
)

// Asked is what a person is asked to sign.
type Asked struct {
	JSON, Text string // paths in the run's folder
}

// Ask writes what a second person signs, approval-N.json, and what that person reads, approval-N.txt: removals and
// moves by name. It may be called any number of times; each is kept.
func (c *Case) Ask() (*Asked, error) {
	r, n := c.Run, 1
	for exists(r.ApprovalPath(n, "json")) {
		n++
	}
	text, err := c.readable()
	if err != nil {
		return nil, err
	}
	asked := &Asked{JSON: r.ApprovalPath(n, "json"), Text: r.ApprovalPath(n, "txt")}
	document, err := c.document(text)
	if err != nil {
		return nil, err
	}
	if err := spool.WriteFile(asked.Text, 0o600, text); err != nil {
		return nil, err
	}
	return asked, spool.WriteFile(asked.JSON, 0o600, document)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// document is the json as RFC 8785 spells it: members sorted, integers, and texts in which nothing is escaped that
// need not be.
func (c *Case) document(text []byte) ([]byte, error) {
	r := c.Run
	plan, err := r.PlanDigest()
	if err != nil {
		return nil, err
	}
	sum, nonce := sha256.Sum256(text), make([]byte, 16)
	_, _ = rand.Read(nonce)
	delivery := r.Seal.SHA256
	if came := r.Seal.Delivered(); came != nil {
		delivery = came.SHA256
	}
	holds := []any{}
	for _, h := range r.OpenHolds() {
		holds = append(holds, map[string]any{
			"code":  h.Code,
			"found": results.Plain(h.Found), "limit": results.Plain(h.Limit), "text": results.Plain(h.Text),
		})
	}
	var out bytes.Buffer
	in := json.NewEncoder(&out)
	in.SetEscapeHTML(false)
	err = in.Encode(map[string]any{
		"run": r.ID, "plan_sha256": plan, "delivery_sha256": delivery, "holds": holds,
		"counts": map[string]any{
			"rows": r.Planned.Rows, "removals": r.Planned.Removals, "upserts": r.Planned.Upserts,
			"absent": r.Planned.Absent,
		},
		"text_sha256": hex.EncodeToString(sum[:]), "nonce": hex.EncodeToString(nonce),
		"reason": results.Plain(c.Reason), "at": c.Now().UTC().Format(time.RFC3339),
	})
	return bytes.TrimRight(out.Bytes(), "\n"), err
}

// readable names the users that the run would change.
func (c *Case) readable() ([]byte, error) {
	r := c.Run
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString(results.Plain(fmt.Sprintf(format, args...)) + "\n") }
	line("Run %s on target %s, org %s: %d removals, %d upserts in %s",
		r.ID, r.Target, r.Org.ID, r.Planned.Removals, r.Planned.Upserts, r.Seal.Roster)
	line("Reason given: %s", c.Reason)
	for _, h := range r.OpenHolds() {
		line("Held: %s (%s)", h.Text, h.Code)
	}
	err := c.eachPlanned(func(row int, key string, before transform.Standing, change transform.Change) {
		switch {
		case change.Value == "":
			line("row %d: %s: removed from %q", row, key, before.Group)
		case before.Group == "":
			line("row %d: %s: given %q", row, key, change.Value)
		default:
			line("row %d: %s: moved from %q to %q", row, key, before.Group, change.Value)
		}
	})
	return []byte(b.String()), err
}

// eachPlanned walks the rows that the plan changes: those of the roster, then the absent.
func (c *Case) eachPlanned(each func(row int, key string, before transform.Standing, change transform.Change)) error {
	before, err := run.OpenTable(c.Run.Path(run.BeforeFile))
	if err != nil {
		return err
	}
	defer before.Close()
	one := func(row int, key string) error {
		found, err := before.At(row)
		if err != nil || !found {
			return err
		}
		standing, _, err := before.Standing()
		if i, ok := c.Changes.Find(standing.ID); err == nil && ok && c.Changes.Batch(i) != nil {
			each(row, key, standing, c.Changes.Change(i))
		}
		return err
	}
	for line, err := range c.Roster.Lines() {
		if err == nil && c.Roster.UserColumn < len(line.Cells) {
			err = one(line.Row, validate.Trim(line.Cells[c.Roster.UserColumn]))
		}
		if err != nil {
			return err
		}
	}
	return c.eachAbsent(one)
}

func (c *Case) eachAbsent(each func(row int, key string) error) error {
	if c.Run.Planned.Absent == 0 {
		return nil
	}
	absent, err := run.OpenTable(c.Run.Path(run.AbsentFile))
	if err != nil {
		return err
	}
	defer absent.Close()
	for absent.Row != 0 {
		if err := each(absent.Row, absent.Rec[1]); err != nil {
			return err
		}
		if err := absent.Next(); err != nil {
			return err
		}
	}
	return nil
}
