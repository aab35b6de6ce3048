package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A pause is a file in the home: it holds for every process of the home, from the next batch on, until it is taken
// away.

const everyTarget = "every target"

func pausesFolder(home string) string { return filepath.Join(home, "paused") }

// pauseFile is named so that no target's file can be the one for all of them.
func pauseFile(home, target string) string {
	if target == "" {
		return filepath.Join(pausesFolder(home), "all")
	}
	return filepath.Join(pausesFolder(home), "target-"+fmt.Sprintf("%x", target))
}

// Pause lets nothing be sent to the org of a target any more, or to any org when target is empty.
func Pause(home, target, by string) error {
	if err := os.MkdirAll(pausesFolder(home), 0o700); err != nil {
		return err
	}
	name := target
	if name == "" {
		name = everyTarget
	}
	return os.WriteFile(pauseFile(home, target), []byte(name+"\n"+by+"\n"), 0o600)
}

// Unpause takes a pause away, and tells whether there was one.
func Unpause(home, target string) (bool, error) {
	err := os.Remove(pauseFile(home, target))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Paused are the targets that are paused; all tells that every one is.
func Paused(home string) (targets []string, all bool, err error) {
	entries, err := os.ReadDir(pausesFolder(home))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(pausesFolder(home), e.Name()))
		if err != nil {
			return nil, false, err
		}
		if e.Name() == "all" {
			all = true
			continue
		}
		name, _, _ := strings.Cut(string(text), "\n")
		targets = append(targets, name)
	}
	return targets, all, err
}

// IsPaused tells whether nothing may be sent to a target: it is paused, or another name of its org is. org is the org's
// id, empty when it is not known.
func IsPaused(home, target, org string, runs []*Run) (bool, error) {
	targets, all, err := Paused(home)
	if err != nil || all || slices.Contains(targets, target) {
		return err == nil, err
	}
	return org != "" && slices.ContainsFunc(runs, func(r *Run) bool {
		return r.Org.ID == org && slices.Contains(targets, r.Target)
	}), nil
}
