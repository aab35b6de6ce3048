package evidence

import (
	"testing"

	"rosterload/loader/evidence/sshsig"
)

func signersFor(t *testing.T, line string) sshsig.Signers {
	t.Helper()
	all, err := sshsig.ParseSigners([]byte(line + "\n"))
	must(t, err)
	return all
}
