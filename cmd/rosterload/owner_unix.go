//go:build !windows

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// actAsOwner refuses a home that belongs to another user. root acts as its owner: the home belongs to the user of the
// nightly job, who could not go on with files of root's.
func actAsOwner(home string) error {
	info, err := os.Stat(home)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return usage("use --home to name a folder that can be read", "%w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(owner.Uid) == os.Geteuid() {
		return nil
	}
	if os.Geteuid() != 0 {
		return usage("run as that user, or use --home to name another folder", "the home %s belongs to %s", home,
			userName(int(owner.Uid)))
	}
	groups := []int{int(owner.Gid)}
	if u, err := user.LookupId(strconv.Itoa(int(owner.Uid))); err == nil {
		groups = groupsOf(u, groups)
	}
	if err := errors.Join(syscall.Setgroups(groups), syscall.Setgid(groups[0]),
		syscall.Setuid(int(owner.Uid))); err != nil {
		return usage("", "cannot act as %s, who owns the home %s: %w", userName(int(owner.Uid)), home, err)
	}
	return nil
}

// groupsOf are a user's groups, the first one its own.
func groupsOf(u *user.User, groups []int) []int {
	if own, err := strconv.Atoi(u.Gid); err == nil {
		groups[0] = own
	}
	ids, _ := u.GroupIds() // without them the user's own group has to do
	for _, id := range ids {
		if n, err := strconv.Atoi(id); err == nil && n != groups[0] {
			groups = append(groups, n)
		}
	}
	return groups
}

// byWhom is the system's user and host, for the auditor: by the user's id, since a variable can say anything.
func byWhom() string {
	host, _ := os.Hostname()
	who := userName(os.Getuid()) + "@" + host
	if id, err := strconv.Atoi(os.Getenv("SUDO_UID")); err == nil {
		who += " (sudo by " + userName(id) + ")"
	}
	return who
}

func userName(id int) string {
	if u, err := user.LookupId(strconv.Itoa(id)); err == nil {
		return u.Username
	}
	return fmt.Sprintf("uid %d", id)
}
