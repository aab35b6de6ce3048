package sshsig

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// keygen runs the real one. These tests are about agreeing with it.
func keygen(t *testing.T, stdin []byte, args ...string) ([]byte, error) {
	t.Helper()
	path, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("ssh-keygen is not installed (Debian: openssh-client)")
	}
	cmd := exec.Command(path, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	return cmd.CombinedOutput()
}

func newKey(t *testing.T) PrivateKey {
	t.Helper()
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSSHKeygenAcceptsOurSignature(t *testing.T) {
	key := newKey(t)
	text := []byte(`{"version":1}`)
	signers := write(t, "allowed_signers", []byte(`rosterload@host namespaces="rosterload-evidence" `+key.Public().Line()+"\n"))
	sig := write(t, "f.sig", key.Sign("rosterload-evidence", text))
	for _, c := range []struct {
		name, namespace string
		text            []byte
		good            bool
	}{
		{"the very text", "rosterload-evidence", text, true},
		{"another text", "rosterload-evidence", []byte(`{"version":2}`), false},
		{"another namespace", "file", text, false},
	} {
		out, err := keygen(t, c.text, "-Y", "verify", "-f", signers, "-I", "rosterload@host", "-n", c.namespace, "-s", sig)
		if (err == nil) != c.good {
			t.Errorf("%s: %v, %s", c.name, err, out)
		}
	}
}

func TestWeAcceptTheSignaturesOfSSHKeygen(t *testing.T) {
	for _, kind := range [][]string{{"ed25519"}, {"ecdsa", "-b", "256"}, {"ecdsa", "-b", "384"}, {"ecdsa", "-b", "521"}, {"rsa", "-b", "2048"}} {
		for _, hash := range []string{"sha512", "sha256"} {
			t.Run(strings.Join(kind, " ")+" "+hash, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "key")
				if out, err := keygen(t, nil, append([]string{"-q", "-N", "", "-C", "me", "-f", path, "-t"}, kind...)...); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				text := write(t, "text", []byte("who may go"))
				if out, err := keygen(t, nil, "-Y", "sign", "-n", "rosterload-approval", "-O", "hashalg="+hash, "-f", path, text); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				sig, _ := os.ReadFile(text + ".sig")
				line, _ := os.ReadFile(path + ".pub")
				want, err := ParsePublicKey(string(line))
				if err != nil {
					t.Fatal(err)
				}
				got, err := Verify(sig, "rosterload-approval", []byte("who may go"))
				if err != nil || !got.Equal(want) {
					t.Errorf("%v by %s, want %s", err, got.Line(), want.Line())
				}
				if _, err := Verify(sig, "rosterload-approval", []byte("who may stay")); !errors.Is(err, ErrSignature) {
					t.Errorf("another text: %v", err)
				}
				if _, err := Verify(sig, "rosterload-evidence", []byte("who may go")); err == nil {
					t.Error("a signature for one purpose counts for another")
				}
			})
		}
	}
}

func TestKeysGoFromUsToSSHKeygenAndBack(t *testing.T) {
	key := newKey(t)
	text, err := key.Marshal("rosterload@host")
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, "signing-key", text)
	out, err := keygen(t, nil, "-y", "-f", path)
	if err != nil || strings.TrimSpace(string(out)) != key.Public().Line()+" rosterload@host" {
		t.Errorf("ssh-keygen reads %s, %v; want %s", out, err, key.Public().Line())
	}
	out, err = keygen(t, nil, "-l", "-f", path)
	if err != nil || !strings.Contains(string(out), " "+key.Public().Fingerprint()+" ") {
		t.Errorf("ssh-keygen's fingerprint is %s, ours %s", out, key.Public().Fingerprint())
	}
	made := filepath.Join(t.TempDir(), "made")
	if out, err := keygen(t, nil, "-q", "-t", "ed25519", "-N", "", "-f", made); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, _ = os.ReadFile(made)
	theirs, err := ParsePrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(theirs.Sign("n", []byte("x")), "n", []byte("x")); err != nil {
		t.Error(err)
	}
}

func TestKeysThatCannotSignByThemselvesAreRefused(t *testing.T) {
	for name, args := range map[string][]string{"passphrase": {"-t", "ed25519", "-N", "secret"}, "of type": {"-t", "ecdsa", "-N", ""}} {
		path := filepath.Join(t.TempDir(), "key")
		if out, err := keygen(t, nil, append([]string{"-q", "-f", path}, args...)...); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		text, _ := os.ReadFile(path)
		if _, err := ParsePrivateKey(text); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want a word on %q", err, name)
		}
	}
}

func TestASignatureThatWasChangedAnywhereIsFound(t *testing.T) {
	key, text := newKey(t), []byte("what was written")
	sig := key.Sign("rosterload-evidence", text)
	for range 2000 {
		at, by := rand.IntN(len(sig)), byte(rand.IntN(255)+1)
		changed := bytes.Clone(sig)
		changed[at] ^= by
		if is, err := Verify(changed, "rosterload-evidence", text); err == nil && is.Equal(key.Public()) {
			t.Fatalf("byte %d changed by %#x passes", at, by)
		}
	}
	for name, changed := range map[string][]byte{"cut": sig[:len(sig)-1], "a tail": append(bytes.Clone(sig), '\n'), "nothing": nil} {
		if _, err := Verify(changed, "rosterload-evidence", text); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func TestSignersAreReadStrictly(t *testing.T) {
	key := newKey(t).Public()
	at := func(day int) time.Time { return time.Date(2026, 11, day, 12, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name, line, fault string
		namespace         string
		day               int
		want              string
	}{
		{name: "a plain line", line: "anna@acme " + key.Line(), namespace: "x", day: 1, want: "anna@acme"},
		{name: "two principals and a comment", line: "anna,ben " + key.Line() + " her laptop", namespace: "x", day: 1, want: "anna,ben"},
		{name: "a comment and a blank line", line: "# all of us\n\nanna " + key.Line(), namespace: "x", day: 1, want: "anna"},
		{name: "its namespace", line: `anna namespaces="a,b" ` + key.Line(), namespace: "b", day: 1, want: "anna"},
		{name: "another namespace", line: `anna namespaces="a,b" ` + key.Line(), namespace: "c", day: 1},
		{name: "within its time", line: `anna valid-after="20261102Z",valid-before="202611042359Z" ` + key.Line(), namespace: "x", day: 3, want: "anna"},
		{name: "before its time", line: `anna valid-after="20261102Z" ` + key.Line(), namespace: "x", day: 1},
		{name: "behind its time", line: `anna namespaces="x",valid-before="20261104Z" ` + key.Line(), namespace: "x", day: 4},
		{name: "a pattern", line: "*@acme " + key.Line(), fault: "1: the principal"},
		{name: "an authority", line: "anna cert-authority " + key.Line(), fault: "1: the option \"cert-authority\""},
		{name: "a pattern of namespaces", line: `anna namespaces="rosterload-*" ` + key.Line(), fault: "1: the namespace"},
		{name: "no key", line: "\nanna ssh-ed25519", fault: "2: a line is"},
		{name: "no time", line: `anna valid-before="soon" ` + key.Line(), fault: "1: \"soon\""},
		{name: "a key of another type than it says", line: "anna ssh-rsa " + strings.Fields(key.Line())[1], fault: "1: the public key says"},
	} {
		all, err := ParseSigners([]byte(c.line))
		if c.fault != "" {
			if err == nil || !strings.HasPrefix(err.Error(), c.fault) {
				t.Errorf("%s: %v, want %s", c.name, err, c.fault)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := strings.Join(all.Principals(key, c.namespace, at(c.day)), ","); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if len(all.Principals(newKey(t).Public(), c.namespace, at(c.day))) > 0 {
			t.Errorf("%s: a strange key is let in", c.name)
		}
	}
}
