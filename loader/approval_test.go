package loader

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rosterload/loader/approve"
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
	if _, err := Approve(context.Background(), o, id, approve.Approval{}); ExitCode(err) != run.ExitGuard {
		t.Errorf("a word alone lifted it: %v", err)
	}
	if _, err := Carry(context.Background(), o, id); ExitCode(err) != run.ExitGuard || len(n.org.log) > 0 {
		t.Fatalf("a resume went on: %v, %v", err, n.org.log)
	}
	o.Reason = "looked at the names"
	s, err := Approve(context.Background(), o, id, approve.Approval{Key: key})
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
