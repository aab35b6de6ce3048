package loader

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rosterload/loader/evidence/sshsig"
	"rosterload/loader/run"
	"rosterload/loader/terms"
)

// guarded is a night that a second person must approve, and that person's key.
func guarded(t *testing.T, signers string) (n *night, o Options, id, keyFile string) {
	t.Helper()
	key, err := sshsig.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	private, err := key.Marshal("second")
	if err != nil {
		t.Fatal(err)
	}
	keyFile = filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keyFile, private, 0o600); err != nil {
		t.Fatal(err)
	}
	n = newNight(t)
	o = n.options(n.org)
	o.By = "first@host"
	o.Terms = &terms.Terms{Approval: terms.Approval{Changes: 5, Signers: strings.ReplaceAll(signers, "KEY", key.Public().Line())}}
	s, err := Load(context.Background(), o, n.roster)
	if ExitCode(err) != run.ExitGuard || len(s.Holds) != 1 || s.Holds[0].Code != run.HoldApproval {
		t.Fatalf("it was not held: %v, %+v", err, s.Holds)
	}
	o.By = "first@host"
	return n, o, s.Run, keyFile
}

const second = `second@acme.example namespaces="rosterload-approval" KEY` + "\n"

func TestASecondPersonsSignatureLetsARunGo(t *testing.T) {
	n, o, id, key := guarded(t, second)
	o.Reason = "me"
	if _, err := Approve(context.Background(), o, id, Approval{}); ExitCode(err) != run.ExitGuard {
		t.Errorf("a word alone lifted it: %v", err)
	}
	if _, err := Carry(context.Background(), o, id); ExitCode(err) != run.ExitGuard || len(n.org.log) > 0 {
		t.Fatalf("a resume went on: %v, %v", err, n.org.log)
	}
	o.Reason = "looked at the names"
	s, err := Approve(context.Background(), o, id, Approval{Key: key})
	if err != nil || s.Exit != 0 || s.Results["Updated"] == 0 {
		t.Fatalf("%v, %+v", err, s)
	}
	r, err := run.Open(n.home, id)
	if err != nil || len(r.Approvals) != 1 || r.Approvals[0].Who != "second@acme.example" || r.Approvals[0].Reason != "looked at the names" {
		t.Errorf("%v, %+v", err, r.Approvals)
	}
	text, err := os.ReadFile(r.ApprovalPath(1, "txt"))
	if err != nil || !strings.Contains(string(text), `user0000@acme.example: removed from "Alpha"`) || !strings.Contains(string(text), `user0001@acme.example: given "Beta"`) {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestSignaturesThatDoNotCount(t *testing.T) {
	for _, c := range []struct {
		name, signers string
		change        func(document []byte) []byte
	}{
		{"of a key that is not listed", `second@acme.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFp6X1Ofe5uDoHzp2N6S8rvmEHpDT9RWBPz6S8cQ3nUu` + "\n", nil},
		{"of another purpose", `second@acme.example namespaces="git" KEY` + "\n", nil},
		{"of a key that counts no more", `second@acme.example valid-before="20200101Z" KEY` + "\n", nil},
		{"of the person who made the run", `first@acme.example KEY` + "\n", nil},
		{"over a document that was changed", second, func(d []byte) []byte { return []byte(strings.Replace(string(d), `"rows":24`, `"rows":25`, 1)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, o, id, keyFile := guarded(t, c.signers)
			asked, err := Ask(context.Background(), o, id)
			if err != nil {
				t.Fatal(err)
			}
			document, _ := os.ReadFile(asked.JSON)
			if c.change != nil {
				document = c.change(document)
			}
			private, _ := os.ReadFile(keyFile)
			key, err := sshsig.ParsePrivateKey(private)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Approve(context.Background(), o, id, Approval{Signature: key.Sign(ApprovalNamespace, document)})
			if ExitCode(err) != run.ExitDenied || len(n.org.log) > 0 {
				t.Errorf("%v, sent %v", err, n.org.log)
			}
		})
	}
}

func TestASignatureOfAnotherRunsPlanDoesNotCount(t *testing.T) {
	n, o, id, key := guarded(t, second)
	if s, err := Load(context.Background(), o, n.roster); ExitCode(err) != run.ExitGuard {
		t.Fatal(err)
	} else if asked, err := Ask(context.Background(), o, s.Run); err != nil {
		t.Fatal(err)
	} else if signature, err := signDocument(asked, key); err != nil {
		t.Fatal(err)
	} else if _, err := Approve(context.Background(), o, id, Approval{Signature: signature}); ExitCode(err) != run.ExitDenied {
		t.Errorf("%v", err)
	}
}

func TestWhatSSHKeygenSignsCounts(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("no ssh-keygen here")
	}
	_, o, id, keyFile := guarded(t, second)
	o.Reason = "by hand: \"quoted\" <&> ü"
	asked, err := Ask(context.Background(), o, id)
	if err != nil {
		t.Fatal(err)
	}
	document, _ := os.ReadFile(asked.JSON)
	if !json.Valid(document) || strings.Contains(string(document), `\u00`) {
		t.Errorf("%s", document)
	}
	if out, err := exec.Command(keygen, "-Y", "sign", "-n", ApprovalNamespace, "-f", keyFile, asked.JSON).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	signature, err := os.ReadFile(asked.JSON + ".sig")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := Approve(context.Background(), o, id, Approval{Signature: signature}); err != nil || s.Exit != 0 {
		t.Errorf("%v, %+v", err, s)
	}
}

func TestChangesOfADayAddUp(t *testing.T) {
	n := newNight(t)
	o := n.options(n.org)
	if _, err := Load(context.Background(), o, n.roster); err != nil {
		t.Fatal(err)
	}
	small := filepath.Join(t.TempDir(), "small.csv")
	if err := os.WriteFile(small, []byte("Username,Group\nuser0001@acme.example,Gamma\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.Terms = &terms.Terms{Approval: terms.Approval{Changes: 20, Signers: "x"}}
	if s, err := Load(context.Background(), o, small); ExitCode(err) != run.ExitGuard || s.Holds[0].Found != "25" {
		t.Errorf("%v, %+v", err, s)
	}
}
