//go:build unix

package run

import (
	"io/fs"
	"os/user"
	"strconv"
	"syscall"
)

// Owner is whose file it is: the user's name, or the number where the system knows no name.
func Owner(info fs.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	uid := strconv.FormatUint(uint64(stat.Uid), 10)
	if u, err := user.LookupId(uid); err == nil {
		return u.Username
	}
	return "uid " + uid
}
