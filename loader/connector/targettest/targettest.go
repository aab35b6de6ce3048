// Package targettest opens a connector's target and asks it, as the loader does, in tests of that connector alone. The
// answers it gives to a test are lines of text.
package targettest

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
)

// Settings decodes a target's settings as cmd does.
func Settings(t testing.TB, c *connector.Connector, text string) (any, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rosterload.yaml")
	if err := os.WriteFile(path, []byte("targets:\n  a:\n    kind: "+c.Name+"\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	s := c.Settings()
	return s, read.Targets[0].Decode(s)
}

// Open opens a target. Its host org, where it has one, answers at hostURL.
func Open(
	t testing.TB, c *connector.Connector, text string, flags map[string]string, hostURL string,
) (connector.Target, error) {
	t.Helper()
	s, err := Settings(t, c, text)
	if err != nil {
		return nil, err
	}
	return c.Open(t.Context(), connector.Opening{
		Settings: s, Flags: flags, Other: func(string) (connector.Target, error) {
			wire, err := sforce.New(sforce.Options{
				URL: hostURL, RetryFor: 300 * time.Millisecond,
				Auth: sforce.Auth{AccessToken: config.NewSecret("00D!x")},
			})
			return host{wire: wire}, err
		},
	})
}

// host is the Salesforce target that the users live in.
type host struct {
	connector.Target
	wire *sforce.Client
}

func (h host) Wire() *sforce.Client { return h.wire }

func (h host) Org(context.Context) (connector.Org, error) {
	return connector.Org{ID: "00D5f000000AbCdEAK", Name: "Acme"}, nil
}

// Users are users by their keys.
func Users(by string, keys ...string) iter.Seq[transform.User] {
	return func(yield func(transform.User) bool) {
		for _, k := range keys {
			if !yield(transform.User{By: by, Key: k}) {
				return
			}
		}
	}
}

// Look asks for users by name at acme.example and answers their standings, a line each, in the order of the lines.
func Look(t testing.TB, target connector.Target, names ...string) (lines []string, p transform.Policy, err error) {
	t.Helper()
	for i, n := range names {
		names[i] = n + "@acme.example"
	}
	p, err = target.Look(t.Context(), Users("Username", names...), func(s transform.Standing) error {
		all := []string{s.User.Key, s.ID, fmt.Sprint(s.Active), s.Request, s.Group, s.Status}
		lines = append(lines, strings.Join(all, "|"))
		return nil
	})
	slices.Sort(lines)
	return lines, p, err
}

// Batch is a batch of rows on disk.
func Batch(t testing.TB, job transform.Job, limits transform.Limits, headings string, rows ...string) transform.Batch {
	t.Helper()
	path := filepath.Join(t.TempDir(), job.String()+"-0001.csv")
	if err := os.WriteFile(path, []byte(headings+"\n"+strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return transform.Batch{Job: job, Number: 1, Path: path, Rows: len(rows), Limits: limits}
}

// Submit sends a batch to an org that answers at once, and answers what the target said.
func Submit(t testing.TB, target connector.Target, b transform.Batch) (all []connector.Outcome, err error) {
	t.Helper()
	err = target.Submit(t.Context(), b,
		func(connector.Receipt) error { t.Error("a receipt of an org that answers at once"); return nil },
		func(some ...connector.Outcome) error { all = append(all, some...); return nil })
	return all, err
}

// Line joins what is said of an outcome.
func Line(said ...string) string { return strings.TrimRight(strings.Join(said, "|"), "|") }
