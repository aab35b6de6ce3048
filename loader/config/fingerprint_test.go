package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func fingerprintOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rosterload.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return c.Targets[0].Fingerprint()
}

func TestAFingerprintIsOfWhatDecidesAndOfNoSecret(t *testing.T) {
	const base = `targets:
  prod: {kind: salesforce, url: "https://acme.example", blank: remove, proxy: "http://me:mine@proxy:8080/x", auth: {client_id: me, client_secret: env:A}}
`
	of := fingerprintOf(t, base)
	for _, c := range []struct {
		name, text string
		same       bool
	}{
		{"another order and spelling", `targets:
  prod:
    auth: {client_secret: env:A, client_id: me}
    proxy: http://me:mine@proxy:8080/x
    blank: "remove"
    kind: salesforce
    url: https://acme.example
`, true},
		{"other secrets", `targets:
  prod: {kind: salesforce, url: "https://acme.example", blank: remove, proxy: "http://you:yours@proxy:8080/x", auth: {client_id: you, client_secret: file:b}}
`, true},
		{"another setting", `targets:
  prod: {kind: salesforce, url: "https://acme.example", blank: ignore, proxy: "http://me:mine@proxy:8080/x", auth: {client_id: me, client_secret: env:A}}
`, false},
		{"another address", `targets:
  prod: {kind: salesforce, url: "https://acme.example", blank: remove, proxy: "http://me:mine@elsewhere:8080/x", auth: {client_id: me, client_secret: env:A}}
`, false},
		{"another way to sign in", `targets:
  prod: {kind: salesforce, url: "https://acme.example", blank: remove, proxy: "http://me:mine@proxy:8080/x", auth: {access_token: env:A}}
`, false},
	} {
		if got := fingerprintOf(t, c.text); (got == of) != c.same {
			t.Errorf("%s: the same %v, want %v", c.name, got == of, c.same)
		}
	}
}

func TestALedgerThatIsMailedIsRefusedAtItsPlace(t *testing.T) {
	_, err := Parse("rosterload.yaml", []byte("home: h\nledger: {mail: [auditor@acme.example]}\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "rosterload.yaml:2:9: ledger: is not yet there in this version") {
		t.Error(err)
	}
}

func TestTheSigningKeyIsAFile(t *testing.T) {
	for text, want := range map[string]string{"signing_key: file:keys/evidence\n": "keys/evidence", "signing_key: env:KEY\n": "", "signing_key: [a]\n": ""} {
		path := filepath.Join(t.TempDir(), "rosterload.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(path)
		switch {
		case want == "" && err == nil:
			t.Errorf("%s is taken", text)
		case want != "" && (err != nil || c.SigningKey != filepath.Join(filepath.Dir(path), want)):
			t.Errorf("%s: %v, %v", text, c, err)
		}
	}
}
