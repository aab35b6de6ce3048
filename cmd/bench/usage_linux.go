package main

import (
	"os"
	"syscall"
)

// usage is the most memory that a process held, and what it gave to disks, in bytes.
func usage(s *os.ProcessState) (peak, written int64) {
	u, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, 0
	}
	return u.Maxrss * 1024, u.Oublock * 512
}
