package loader

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rosterload/loader/evidence/sshsig"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/transform"
	"rosterload/validate"
)

// Two people: above the numbers of an approval rule a run is held until another person has signed what it would do. The signature is an
// SSHSIG over approval-N.json, which names the very plan; ssh-keygen makes and verifies it without us.

// ApprovalNamespace is what such a signature is for; one for another purpose is none.
const ApprovalNamespace = "rosterload-approval"

// Asked is what a person is asked to sign.
type Asked struct {
	JSON, Text string // paths in the run's folder
}

// Ask writes what a second person signs, approval-N.json, and what that person reads, approval-N.txt: removals and moves by name. It may be
// called any number of times; each is kept. The reason is that of the options.
func Ask(ctx context.Context, o Options, id string) (*Asked, error) {
	s, err := reopen(ctx, o, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := s.isHeld(); err != nil {
		return nil, err
	}
	if err := s.openChanges(); err != nil {
		return nil, err
	}
	return s.writeAsked()
}

func (s *session) writeAsked() (*Asked, error) {
	r, n := s.run(), 1
	for exists(r.ApprovalPath(n, "json")) {
		n++
	}
	text, err := s.readable()
	if err != nil {
		return nil, err
	}
	asked := &Asked{JSON: r.ApprovalPath(n, "json"), Text: r.ApprovalPath(n, "txt")}
	document, err := s.document(text)
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

// document is the json as RFC 8785 spells it: members sorted, integers, and texts in which nothing is escaped that need not be.
func (s *session) document(text []byte) ([]byte, error) {
	r := s.run()
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
		holds = append(holds, map[string]any{"code": h.Code, "found": results.Plain(h.Found), "limit": results.Plain(h.Limit), "text": results.Plain(h.Text)})
	}
	var out bytes.Buffer
	in := json.NewEncoder(&out)
	in.SetEscapeHTML(false)
	err = in.Encode(map[string]any{
		"run": r.ID, "plan_sha256": plan, "delivery_sha256": delivery, "holds": holds,
		"counts":      map[string]any{"rows": r.Planned.Rows, "removals": r.Planned.Removals, "upserts": r.Planned.Upserts, "absent": r.Planned.Absent},
		"text_sha256": hex.EncodeToString(sum[:]), "reason": results.Plain(s.Reason), "at": s.Now().UTC().Format(time.RFC3339), "nonce": hex.EncodeToString(nonce),
	})
	return bytes.TrimRight(out.Bytes(), "\n"), err
}

// readable names the users that the run would change.
func (s *session) readable() ([]byte, error) {
	r := s.run()
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString(results.Plain(fmt.Sprintf(format, args...)) + "\n") }
	line("Run %s on target %s, org %s: %d removals, %d upserts in %s", r.ID, r.Target, r.Org.ID, r.Planned.Removals, r.Planned.Upserts, r.Seal.Roster)
	line("Reason given: %s", s.Reason)
	for _, h := range r.OpenHolds() {
		line("Held: %s (%s)", h.Text, h.Code)
	}
	err := s.eachPlanned(func(row int, key string, before transform.Standing, c transform.Change) {
		switch {
		case c.Value == "":
			line("row %d: %s: removed from %q", row, key, before.Group)
		case before.Group == "":
			line("row %d: %s: given %q", row, key, c.Value)
		default:
			line("row %d: %s: moved from %q to %q", row, key, before.Group, c.Value)
		}
	})
	return []byte(b.String()), err
}

// eachPlanned walks the rows that the plan changes: those of the roster, then the absent.
func (s *session) eachPlanned(each func(row int, key string, before transform.Standing, c transform.Change)) error {
	before, err := run.OpenTable(s.run().Path(run.BeforeFile))
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
		if i, ok := s.changes.Find(standing.ID); err == nil && ok && s.changes.Batch(i) != nil {
			each(row, key, standing, s.changes.Change(i))
		}
		return err
	}
	for line, err := range s.roster.Lines() {
		if err == nil && s.roster.UserColumn < len(line.Cells) {
			err = one(line.Row, validate.Trim(line.Cells[s.roster.UserColumn]))
		}
		if err != nil {
			return err
		}
	}
	if s.run().Planned.Absent == 0 {
		return nil
	}
	absent, err := run.OpenTable(s.run().Path(run.AbsentFile))
	if err != nil {
		return err
	}
	defer absent.Close()
	for absent.Row != 0 {
		if err := one(absent.Row, absent.Rec[1]); err != nil {
			return err
		}
		if err := absent.Next(); err != nil {
			return err
		}
	}
	return nil
}

// signed is what a signature approves.
type signed struct {
	Plan   string `json:"plan_sha256"`
	Reason string `json:"reason"`
	At     string `json:"at"`
	Counts struct {
		Removals int `json:"removals"`
	} `json:"counts"`
}

// bySignature makes an approval of a signature over one of the documents that this run has handed out. Exit 3 when it does not count.
func (s *session) bySignature(signature []byte) (*run.Word, error) {
	r := s.run()
	denied := func(format string, args ...any) error {
		return run.Stopf(run.ExitDenied, run.Type("approve", r.ID, "--reason", "TEXT", "--print"), format+"; nothing was sent", args...)
	}
	if s.Terms == nil || s.Terms.Approval.Signers == "" {
		return nil, denied("run %s has no file of allowed signers", r.ID)
	}
	signers, err := sshsig.ParseSigners([]byte(s.Terms.Approval.Signers))
	if err != nil {
		return nil, err
	}
	path, document, key, err := s.whichDocument(signature)
	if err != nil {
		return nil, denied("the signature fits nothing that was handed out for run %s: %v", r.ID, err)
	}
	var said signed
	if err := json.Unmarshal(document, &said); err != nil {
		return nil, denied("%v", err)
	}
	at, err := time.Parse(time.RFC3339, said.At)
	plan, bad := r.PlanDigest()
	if bad != nil {
		return nil, bad
	}
	who := slices.DeleteFunc(signers.Principals(key, ApprovalNamespace, at), func(p string) bool {
		return !slices.Contains(signers.Principals(key, ApprovalNamespace, s.Now()), p)
	})
	sha := sha256.Sum256(document)
	switch digest := hex.EncodeToString(sha[:]); {
	case err != nil || said.Plan != plan:
		return nil, denied("the signature is about another plan")
	case len(who) == 0:
		return nil, denied("the key %s is not one of the allowed signers, or not at this time", key.Fingerprint())
	case slices.ContainsFunc(r.Approvals, func(w run.Word) bool { return w.SHA256 == digest }):
		return nil, denied("the signature was used before")
	case r.Seal.Source == "" && slices.ContainsFunc(who, func(p string) bool { return isSamePerson(p, r.Seal.By) }):
		return nil, denied("the run was made by %s, and another person must sign it", r.Seal.By)
	default:
		word := &run.Word{By: s.By, Reason: said.Reason, Removals: said.Counts.Removals, Who: strings.Join(who, ","), Key: key.Fingerprint(), SHA256: digest}
		for _, h := range r.OpenHolds() {
			word.Lifts = append(word.Lifts, h.Code)
		}
		return word, spool.WriteFile(path+".sig", 0o600, signature)
	}
}

// whichDocument finds the document that was signed: only those that the run has kept are looked at.
func (s *session) whichDocument(signature []byte) (path string, document []byte, key sshsig.PublicKey, err error) {
	err = fmt.Errorf("none was handed out")
	for n := 1; ; n++ {
		at := s.run().ApprovalPath(n, "json")
		text, bad := os.ReadFile(at)
		if bad != nil {
			return "", nil, key, err
		}
		if key, err = sshsig.Verify(signature, ApprovalNamespace, text); err == nil {
			return at, text, key, nil
		}
	}
}

// isSamePerson compares a principal with the system's user who made a run: whole, or both without what follows the @.
func isSamePerson(principal, by string) bool {
	before := func(name string) string { user, _, _ := strings.Cut(name, "@"); return user }
	return strings.EqualFold(principal, by) || strings.EqualFold(before(principal), before(by))
}

// signDocument signs what Ask has written by a key of this machine.
func signDocument(asked *Asked, keyFile string) ([]byte, error) {
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, run.Stopf(run.ExitUsage, run.Hint{}, "the key cannot be read: %v", err)
	}
	key, err := sshsig.ParsePrivateKey(text)
	if err != nil {
		return nil, run.Stopf(run.ExitUsage, run.Say("sign approval-N.json by ssh-keygen -Y sign, and hand the signature in"), "the key %s cannot be used: %v", filepath.Base(keyFile), err)
	}
	document, err := os.ReadFile(asked.JSON)
	if err != nil {
		return nil, err
	}
	return key.Sign(ApprovalNamespace, document), nil
}
