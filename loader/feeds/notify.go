package feeds

import (
	"net"
	"os"
)

// Notify tells systemd how the process is: READY=1, WATCHDOG=1, STOPPING=1. Without systemd it does nothing. Source:
// sd_notify(3).
func Notify(state string) {
	socket := os.Getenv("NOTIFY_SOCKET")
	if socket == "" {
		return
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return // a service manager that has gone is not ours to mend
	}
	defer func() { _ = c.Close() }()
	_, _ = c.Write([]byte(state))
}
