package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"rosterload/loader/journal"
)

// subject is one of those that are measured side by side. Each has an org of its own, and the folder that holds the
// roster.
type subject struct {
	name string
	of   func(o *org, folder string) (cost, error)
}

// names of subjects that others are compared with
const (
	conversationOfCurl = "`curl`'s conversation"
	uploadsOfSF        = "`sf data update bulk`"
)

// subjects are in an order that counts: the last ones send what the load has sealed.
func (b *bench) subjects() []subject {
	all := []subject{{"`plan`", b.verb("plan")}, {"`load`", b.verb("load")}}
	if b.curl != "" {
		all = append(all, subject{conversationOfCurl, b.talk})
	}
	if b.sf != "" {
		all = append(all,
			subject{uploadsOfSF, b.bulk("update")},
			subject{"`sf data upsert bulk`", b.bulk("upsert", "--external-id", "Id")})
	}
	return all
}

// alone measures a subject with an org of its own, whose answers come at once or late.
func (b *bench) alone(s subject, folder string, users int, late string) (c cost, err error) {
	o, err := startOrg(b.binary, users)
	if err != nil {
		return c, err
	}
	defer o.stop()
	if late != "" {
		if err := o.delay(late); err != nil {
			return c, err
		}
	}
	if c, err = s.of(o, folder); err != nil {
		return c, fmt.Errorf("%s: %w", s.name, err)
	}
	c.name = s.name
	c.asked, err = o.asked()
	return c, err
}

// verb measures plan or load in a home of its own. That of a load is left: it holds the sealed files.
func (b *bench) verb(verb string) func(*org, string) (cost, error) {
	return func(o *org, folder string) (c cost, err error) {
		place := filepath.Join(folder, verb)
		if err := fresh(place); err != nil {
			return c, err
		}
		config := filepath.Join(place, "config.yaml")
		text := fmt.Sprintf("targets:\n  org:\n    kind: salesforce\n    url: %s\n"+
			"    auth: {client_id: bench, client_secret: bench}\n    max_removals: 100%%\n    poll: {job: %s}\n", o.address, poll)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			return c, err
		}
		began := time.Now()
		c, err = measure([]string{
			b.binary, verb, filepath.Join(folder, "roster.csv"), "--config", config, "--home", filepath.Join(place, "home"),
			"--results", place, "--quiet",
		})
		if err != nil || verb != "plan" {
			return c, err
		}
		sealed, err := plannedAt(filepath.Join(place, "home"))
		c.planned = sealed.Sub(began)
		return c, errors.Join(err, b.forget(place))
	}
}

// plannedAt is when the one run of a home had its plan.
func plannedAt(home string) (time.Time, error) {
	found, err := filepath.Glob(filepath.Join(home, "runs", "*", "journal.jsonl"))
	if err != nil || len(found) != 1 {
		return time.Time{}, errors.Join(err, fmt.Errorf("%d runs are in %s", len(found), home))
	}
	events, err := journal.Read(found[0])
	for _, e := range events {
		if e.What == journal.Planned {
			return e.At, err
		}
	}
	return time.Time{}, errors.Join(err, errors.New("nothing was planned"))
}

func fresh(folder string) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	return os.MkdirAll(folder, 0o755)
}

// sealed are the files of the load that went before, removals first, with another org of the same users.
func sealed(folder string) (all []string, err error) {
	for _, job := range []string{"removals", "upserts"} {
		files, err := filepath.Glob(filepath.Join(folder, "load", "home", "runs", "*", job+"-*.csv"))
		if err != nil {
			return nil, err
		}
		all = append(all, files...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the load has sealed no files")
	}
	return all, nil
}

// talk measures curl's conversation.
func (b *bench) talk(o *org, folder string) (c cost, err error) {
	batches, err := sealed(folder)
	if err != nil {
		return c, err
	}
	kept := filepath.Join(folder, "curl")
	if err := fresh(kept); err != nil {
		return c, err
	}
	if c, err = converse(b.curl, o.address, kept, batches); err != nil {
		return c, err
	}
	return c, b.forget(kept)
}
