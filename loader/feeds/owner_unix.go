//go:build unix

package feeds

import (
	"io/fs"
	"syscall"
)

// noFollow refuses a link at the moment of opening.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// groupOf is the group of a folder; -1: not known.
func groupOf(info fs.FileInfo) int {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Gid)
	}
	return -1
}
