package evidence

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rosterload/loader/evidence/sshsig"
	"rosterload/loader/run"
	"rosterload/loader/spool"
)

// KeyFile is the home's key where the config names no other.
const KeyFile = "signing-key"

// Identity is the name under which this host's key stands in a file of allowed signers.
func Identity() string {
	host, _ := os.Hostname()
	return "rosterload@" + host
}

// SignersLine is the line for a file of allowed signers: the key, for evidence only.
func SignersLine(key sshsig.PublicKey) string {
	return fmt.Sprintf("%s namespaces=%q %s", Identity(), Namespace, key.Line())
}

// readKey reads a key that signs.
func readKey(path string) (sshsig.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return sshsig.PrivateKey{}, err
	}
	key, err := sshsig.ParsePrivateKey(text)
	if err != nil {
		return key, run.Stopf(run.ExitUsage, run.Say("ssh-keygen -t ed25519 -N '' -f FILE makes one"),
			"the signing key %s: %v", path, err)
	}
	return key, nil
}

// openKey reads the key in use. The home's own is made at first use; one that the config names must be there.
func openKey(home, named string) (sshsig.PrivateKey, error) {
	path := named
	if path == "" {
		path = filepath.Join(home, KeyFile)
	}
	key, err := readKey(path)
	switch {
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		return key, err
	case named != "":
		return key, run.Stopf(run.ExitUsage, run.Say("signing_key in the config names it"),
			"there is no signing key at %s", named)
	}
	return makeKey(path)
}

// makeKey draws a key. It is whole or not there; a crash before the ledger names it leaves a key that is taken at the
// next use.
func makeKey(path string) (sshsig.PrivateKey, error) {
	key, err := sshsig.NewKey()
	if err != nil {
		return key, err
	}
	text, err := key.Marshal(Identity())
	if err != nil {
		return key, err
	}
	return key, spool.WriteFile(path, 0o600, text)
}
