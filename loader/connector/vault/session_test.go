package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"rosterload/loader/connector"
	"rosterload/transform"
)

func TestASignInIsForTheVaultThatWasAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		says   string
		means  error
	}{
		"another Vault lets us in":   {says(`{"responseStatus":"SUCCESS","sessionId":"S","vaultId":6,"vaultIds":[{"id":6,"name":"Other","url":"https://other.veevavault.com/api"}]}`), "another Vault, Other (other.veevavault.com), answered", connector.ErrDenied},
		"it does not say which":      {says(`{"responseStatus":"SUCCESS","sessionId":"S","vaultId":6}`), "does not say which Vault", connector.ErrDenied},
		"no session":                 {says(`{"responseStatus":"SUCCESS"}`), "and no session", connector.ErrUnavailable},
		"a no without a reason":      {says(`{"responseStatus":"FAILURE"}`), "without a reason", connector.ErrDenied},
		"a wrong password":           {fails("USERNAME_OR_PASSWORD_INCORRECT", "x"), "a few more wrong ones lock the user out", connector.ErrDenied},
		"a user who is locked out":   {fails("USER_LOCKED_OUT", "x"), "unlock the user", connector.ErrDenied},
		"too many sign-ins":          {fails("API_LIMIT_EXCEEDED", "x"), "wait", connector.ErrUnavailable},
		"a refusal in no known word": {fails("ODD", "x"), "ODD (x)", connector.ErrDenied},
		"a web page":                 {says("<html></html>"), "no JSON", connector.ErrUnavailable},
		"an outage":                  {status(503), "503", connector.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{"POST /auth": c.answer})
			_, err := o.target("    retry_for: 1ms\n").Org(t.Context())
			if !errors.Is(err, c.means) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTheOrgIsTheVault(t *testing.T) {
	o := newOrg(t, nil)
	org, err := o.target("").Org(t.Context())
	if err != nil || org != (connector.Org{ID: "7", Name: "Acme", As: "admin@acme.example"}) {
		t.Errorf("%+v, %v", org, err)
	}
	o = newOrg(t, map[string]http.HandlerFunc{"GET /objects/users/me": fails("INSUFFICIENT_ACCESS", "not licensed for permission [VaultActions_API_Access]")})
	if _, err := o.target("").Org(t.Context()); !errors.Is(err, connector.ErrDenied) || !strings.Contains(err.Error(), "VaultActions_API_Access") {
		t.Errorf("a good sign-in without the right to use the API: %v", err)
	}
}

func TestADeadSessionIsRenewedAndTheCallMadeAgain(t *testing.T) {
	o := newOrg(t, nil)
	me := o.answers["GET /objects/users/me"]
	o.answers["GET /objects/users/me"] = inTurn(fails("INVALID_SESSION_ID", "Invalid or expired session ID."), me)
	if _, err := o.target("").Org(t.Context()); err != nil || len(o.saw("POST /auth")) != 2 {
		t.Errorf("%v, signed in %d times", err, len(o.saw("POST /auth")))
	}
}

func TestEachCallSaysWhoCallsAndForWhichBatch(t *testing.T) {
	o := newOrg(t, nil)
	ctx := connector.WithTag(t.Context(), "20261123T021500Z-4f7c", transform.Removals, 3)
	if err := o.target("").KeepAlive(ctx); err != nil {
		t.Fatal(err)
	}
	last := o.heads[len(o.heads)-1]
	if last.Get("Authorization") != "SESSION" || last.Get("X-VaultAPI-ClientID") != "rosterload" || !strings.Contains(last.Get("X-VaultAPI-ReferenceId"), "20261123T021500Z-4f7c") {
		t.Errorf("%v", last)
	}
	for _, name := range []string{"X-VaultAPI-NoTriggers", "X-VaultAPI-MigrationMode"} {
		if last.Get(name) != "" {
			t.Errorf("%s would keep the Vault from provisioning", name)
		}
	}
}

func TestABurstLimitIsReportedOnce(t *testing.T) {
	delayed := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-VaultAPI-ResponseDelay", "500")
		_, _ = io.WriteString(w, `{"responseStatus":"SUCCESS"}`)
	}
	o := newOrg(t, map[string]http.HandlerFunc{"POST /keep-alive": delayed})
	var log bytes.Buffer
	s, err := settled(t, "    url: "+o.URL+"\n    auth: {username: a, password: b}\n")
	if err != nil {
		t.Fatal(err)
	}
	opened, err := Connector.Open(t.Context(), connector.Opening{Settings: s, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := opened.(connector.KeepAliver).KeepAlive(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "burst limit is used up"); n != 1 {
		t.Errorf("said %d times:\n%s", n, log.String())
	}
}

// FuzzDeadSession: whatever is answered, its reader finds all of it.
func FuzzDeadSession(f *testing.F) {
	f.Add([]byte(`{"responseStatus":"FAILURE","errors":[{"type":"INVALID_SESSION_ID"}]}`), "FAILURE", 200)
	f.Add([]byte(`{"responseStatus":"SUCCESS"}`), "", 200)
	f.Add(bytes.Repeat([]byte("x"), 5000), "", 200)
	f.Fuzz(func(t *testing.T, body []byte, word string, code int) {
		resp := &http.Response{StatusCode: code, Header: http.Header{"X-Vaultapi-Status": {word}}, Body: io.NopCloser(bytes.NewReader(body))}
		dead := deadSession(resp)
		if rest, err := io.ReadAll(resp.Body); err != nil || !bytes.Equal(rest, body) {
			t.Fatalf("%d of %d bytes are left: %v", len(rest), len(body), err)
		}
		if dead && (code != http.StatusOK || !bytes.Contains(body, []byte("INVALID_SESSION_ID"))) {
			t.Fatal("a living session is taken for a dead one")
		}
	})
}

func TestSettingsThatCannotWorkAreSaidWithTheirPlace(t *testing.T) {
	for want, text := range map[string]string{
		"url is missing":                  "",
		"auth needs username":             "    url: https://acme.veevavault.com\n",
		"http://acme.example is plain":    "    url: http://acme.example\n    auth: {username: a, password: b}\n",
		"auth needs username and passwor": "    url: https://acme.veevavault.com\n    auth: {username: a}\n",
	} {
		s, err := settled(t, text)
		if err == nil {
			_, err = Connector.Open(t.Context(), connector.Opening{Settings: s})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestTheExampleCanBeLoaded(t *testing.T) {
	t.Setenv("VAULT_USER", "admin@acme.example")
	t.Setenv("VAULT_PASSWORD", "secret")
	_, below, _ := strings.Cut(Connector.Example, "kind: vault\n")
	for name, text := range map[string]string{"as it stands": below, "with every line in use": strings.ReplaceAll(below, "\n    # ", "\n    ")} {
		s, err := settled(t, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := Connector.Open(t.Context(), connector.Opening{Settings: s}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestIDsAreNumbers(t *testing.T) {
	for cell, good := range map[string]bool{"61579": true, "007": true, "": false, "V0A": false, "-1": false, "1.5": false} {
		spelled, fault := userID(nil, []byte(cell))
		if (fault == nil) != good || good && string(spelled) != cell {
			t.Errorf("%q: %q, %v", cell, spelled, fmt.Sprint(fault))
		}
	}
}
