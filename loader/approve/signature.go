package approve

import (
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
	"rosterload/loader/run"
	"rosterload/loader/spool"
)

// Namespace is what such a signature is for; one for another purpose is none.
const Namespace = "rosterload-approval"

// signed is a document that was signed, and by which key.
type signed struct {
	path   string
	sha256 string
	key    sshsig.PublicKey

	Plan   string `json:"plan_sha256"`
	Reason string `json:"reason"`
	At     string `json:"at"`
	Counts struct {
		Removals int `json:"removals"`
	} `json:"counts"`
}

// bySignature makes an approval of a signature over one of the documents that this run has handed out. Exit 3 when it
// does not count.
func (c *Case) bySignature(signature []byte) (word run.Word, err error) {
	r := c.Run
	if c.Signers == "" {
		return word, c.denied("run %s has no file of allowed signers", r.ID)
	}
	signers, err := sshsig.ParseSigners([]byte(c.Signers))
	if err != nil {
		return word, err
	}
	path, document, key, err := c.whichDocument(signature)
	if err != nil {
		return word, c.denied("the signature fits nothing that was handed out for run %s: %v", r.ID, err)
	}
	sum := sha256.Sum256(document)
	said := signed{path: path, sha256: hex.EncodeToString(sum[:]), key: key}
	if err := json.Unmarshal(document, &said); err != nil {
		return word, c.denied("%v", err)
	}
	who, err := c.signersOf(said, signers)
	if err != nil {
		return word, err
	}
	word = run.Word{
		By: c.By, Reason: said.Reason, Removals: said.Counts.Removals, Who: strings.Join(who, ","),
		Key: key.Fingerprint(), SHA256: said.sha256,
	}
	for _, h := range r.OpenHolds() {
		word.Lifts = append(word.Lifts, h.Code)
	}
	return word, spool.WriteFile(path+".sig", 0o600, signature)
}

// signersOf names those whose key has signed, then and now. It refuses another plan, a second use, and the person who
// made the run.
func (c *Case) signersOf(said signed, signers sshsig.Signers) ([]string, error) {
	r := c.Run
	at, err := time.Parse(time.RFC3339, said.At)
	plan, bad := r.PlanDigest()
	if bad != nil {
		return nil, bad
	}
	who := slices.DeleteFunc(signers.Principals(said.key, Namespace, at), func(p string) bool {
		return !slices.Contains(signers.Principals(said.key, Namespace, c.Now()), p)
	})
	switch {
	case err != nil || said.Plan != plan:
		return nil, c.denied("the signature is about another plan")
	case len(who) == 0:
		return nil, c.denied("the key %s is not one of the allowed signers, or not at this time",
			said.key.Fingerprint())
	case slices.ContainsFunc(r.Approvals, func(w run.Word) bool { return w.SHA256 == said.sha256 }):
		return nil, c.denied("the signature was used before")
	case r.Seal.Source == "" && slices.ContainsFunc(who, func(p string) bool { return isSamePerson(p, r.Seal.By) }):
		return nil, c.denied("the run was made by %s, and another person must sign it", r.Seal.By)
	}
	return who, nil
}

func (c *Case) denied(format string, args ...any) error {
	return run.Stopf(run.ExitDenied, run.Type("approve", c.Run.ID, "--reason", "TEXT", "--print"),
		format+"; nothing was sent", args...)
}

// whichDocument finds the document that was signed: only those that the run has kept are looked at.
func (c *Case) whichDocument(signature []byte) (path string, document []byte, key sshsig.PublicKey, err error) {
	err = fmt.Errorf("none was handed out")
	for n := 1; ; n++ {
		at := c.Run.ApprovalPath(n, "json")
		text, bad := os.ReadFile(at)
		if bad != nil {
			return "", nil, key, err
		}
		if key, err = sshsig.Verify(signature, Namespace, text); err == nil {
			return at, text, key, nil
		}
	}
}

// isSamePerson compares a principal with the system's user who made a run: whole, or both without what follows the @.
func isSamePerson(principal, by string) bool {
	before := func(name string) string { user, _, _ := strings.Cut(name, "@"); return user }
	return strings.EqualFold(principal, by) || strings.EqualFold(before(principal), before(by))
}

// sign signs what Ask has written by a key of this machine.
func (a *Asked) sign(keyFile string) ([]byte, error) {
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, run.Stopf(run.ExitUsage, run.Hint{}, "the key cannot be read: %v", err)
	}
	key, err := sshsig.ParsePrivateKey(text)
	if err != nil {
		hint := run.Say("sign approval-N.json by ssh-keygen -Y sign, and hand the signature in")
		return nil, run.Stopf(run.ExitUsage, hint, "the key %s cannot be used: %v", filepath.Base(keyFile), err)
	}
	document, err := os.ReadFile(a.JSON)
	if err != nil {
		return nil, err
	}
	return key.Sign(Namespace, document), nil
}
