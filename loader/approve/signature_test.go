package approve

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"rosterload/loader/journal"
	"rosterload/loader/run"
)

const signers = `second@acme.example namespaces="rosterload-approval" KEY` + "\n"

func TestASignatureLiftsEveryHold(t *testing.T) {
	r := held(t, guard, second)
	r.allow(signers)
	word, err := r.Lift(Approval{Key: r.keyFile(t)})
	if err != nil || !slices.Equal(word.Lifts, []string{run.HoldRemovals, run.HoldApproval}) || word.Removals != 2 {
		t.Fatalf("%v, %+v", err, word)
	}
	if word.Who != "second@acme.example" || word.Reason != "looked at the names" || len(word.SHA256) != 64 || word.Key != r.key.Public().Fingerprint() {
		t.Errorf("%+v", word)
	}
	if _, err := os.Stat(r.Run.ApprovalPath(1, "json.sig")); err != nil {
		t.Error("the signature is not kept:", err)
	}
}

func TestWhatAPersonReadsNamesTheUsers(t *testing.T) {
	r := held(t, second)
	asked, err := r.Ask()
	must(t, err)
	text, err := os.ReadFile(asked.Text)
	must(t, err)
	for _, line := range []string{
		"2 removals, 2 upserts in in.csv\n", "\nReason given: looked at the names\n", "\nHeld: a second person must approve (HOLD_APPROVAL)\n",
		"\nrow 1: ada@acme.example: removed from \"Alpha\"\n", "\nrow 2: bob@acme.example: given \"Beta\"\n",
		"\nrow 3: carl@acme.example: moved from \"Alpha\" to \"Beta\"\n", "\nrow 5: eve@acme.example: removed from \"Alpha\"\n",
	} {
		if !strings.Contains(string(text), line) {
			t.Errorf("%q is missing in\n%s", line, text)
		}
	}
	if strings.Contains(string(text), "dora") {
		t.Errorf("a user who is not changed is named:\n%s", text)
	}
	again, err := r.Ask()
	if err != nil || again.JSON == asked.JSON {
		t.Errorf("%v: asked twice, and both are in %s", err, again.JSON)
	}
}

func TestSignaturesThatDoNotCount(t *testing.T) {
	for _, c := range []struct {
		name, signers string
		change        func(document []byte) []byte
	}{
		{"of a run without signers", "", nil},
		{"of a key that is not listed", `second@acme.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFp6X1Ofe5uDoHzp2N6S8rvmEHpDT9RWBPz6S8cQ3nUu` + "\n", nil},
		{"of another purpose", `second@acme.example namespaces="git" KEY` + "\n", nil},
		{"of a key that counts no more", `second@acme.example valid-before="20200101Z" KEY` + "\n", nil},
		{"of the person who made the run", `first@acme.example KEY` + "\n", nil},
		{"over a document that was changed", signers, func(d []byte) []byte { return bytes.Replace(d, []byte(`"rows":4`), []byte(`"rows":5`), 1) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := held(t, second)
			r.allow(c.signers)
			asked, err := r.Ask()
			must(t, err)
			document, err := os.ReadFile(asked.JSON)
			must(t, err)
			if c.change != nil {
				if changed := c.change(document); bytes.Equal(changed, document) {
					t.Fatal("nothing was changed")
				} else {
					document = changed
				}
			}
			if word, err := r.Lift(Approval{Signature: r.key.Sign(Namespace, document)}); code(err) != run.ExitDenied {
				t.Errorf("%v, %+v", err, word)
			}
		})
	}
}

func TestASignatureCountsForOneRunAndOnce(t *testing.T) {
	r, other := held(t, second), held(t, second)
	other.key = r.key
	r.allow(signers)
	other.allow(signers)
	asked, err := other.Ask()
	must(t, err)
	document, err := os.ReadFile(asked.JSON)
	must(t, err)
	signature := r.key.Sign(Namespace, document)
	if _, err := r.Lift(Approval{Signature: signature}); code(err) != run.ExitDenied {
		t.Errorf("a signature for another run: %v", err)
	}
	must(t, os.WriteFile(r.Run.ApprovalPath(1, "json"), document, 0o600)) // as if it had been handed out for this one
	if _, err := r.Lift(Approval{Signature: signature}); code(err) != run.ExitDenied || !strings.Contains(err.Error(), "another plan") {
		t.Errorf("a signature of another plan: %v", err)
	}
	word, err := other.Lift(Approval{Signature: signature})
	must(t, err)
	must(t, other.w.NoteData(journal.Event{What: journal.Approved}, word))
	if _, err := other.Lift(Approval{Signature: signature}); code(err) != run.ExitDenied || !strings.Contains(err.Error(), "used before") {
		t.Errorf("a second use: %v", err)
	}
}

func TestAKeyThatCannotBeReadOrUsedIsNamed(t *testing.T) {
	r := held(t, second)
	r.allow(signers)
	if _, err := r.Lift(Approval{Key: r.keyFile(t) + ".gone"}); code(err) != run.ExitUsage {
		t.Errorf("%v", err)
	}
	bad := r.keyFile(t)
	must(t, os.WriteFile(bad, []byte("not a key"), 0o600))
	if _, err := r.Lift(Approval{Key: bad}); code(err) != run.ExitUsage {
		t.Errorf("%v", err)
	}
}

func TestWhatSSHKeygenSignsCounts(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("no ssh-keygen here")
	}
	r := held(t, second)
	r.allow(signers)
	r.Reason = "by hand: \"quoted\" <&> ü"
	asked, err := r.Ask()
	must(t, err)
	document, _ := os.ReadFile(asked.JSON)
	if !json.Valid(document) || strings.Contains(string(document), `\u00`) {
		t.Errorf("%s", document)
	}
	if out, err := exec.Command(keygen, "-Y", "sign", "-n", Namespace, "-f", r.keyFile(t), asked.JSON).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	signature, err := os.ReadFile(asked.JSON + ".sig")
	must(t, err)
	if word, err := r.Lift(Approval{Signature: signature}); err != nil || word.Reason != r.Reason {
		t.Errorf("%v, %+v", err, word)
	}
}
