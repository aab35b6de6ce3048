package main

import (
	"os"
	"os/user"
)

// actAsOwner leaves it to Windows who may use a folder.
func actAsOwner(string) error { return nil }

// byWhom is the system's user and host, for the auditor.
func byWhom() string {
	host, _ := os.Hostname()
	u, err := user.Current()
	if err != nil {
		return "unknown@" + host
	}
	return u.Username + "@" + host
}
