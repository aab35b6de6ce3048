package feeds

import (
	"net"
	"path/filepath"
	"testing"
)

func TestSystemdIsToldOverItsSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Skipf("no such sockets here: %v", err)
	}
	defer func() { _ = c.Close() }()
	t.Setenv("NOTIFY_SOCKET", path)
	Notify("READY=1")
	text := make([]byte, 64)
	n, err := c.Read(text)
	if err != nil || string(text[:n]) != "READY=1" {
		t.Errorf("%q, %v", text[:n], err)
	}
	t.Setenv("NOTIFY_SOCKET", "")
	Notify("READY=1")
}
