package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// pauseOfSF is how long `sf` waits before it asks for a job once more; the first time it asks at once.
const pauseOfSF = 5 * time.Second

// bulk measures how long Salesforce's CLI takes to upload the sealed files and to wait for their jobs. Signing in is
// not measured. `update` reads nothing back; `upsert` reads the results of each row as well.
func (b *bench) bulk(verb string, flags ...string) func(*org, string) (cost, error) {
	return func(o *org, folder string) (c cost, err error) {
		batches, err := sealed(folder)
		if err != nil {
			return c, err
		}
		home := filepath.Join(folder, "sf")
		environment := environmentOfSF(os.Environ(), home)
		if err := errors.Join(fresh(home), b.signIn(o, environment)); err != nil {
			return c, err
		}
		began := time.Now()
		for _, file := range batches {
			one, err := measure(append([]string{
				b.sf, "data", verb, "bulk", "--target-org", "bench", "--sobject", "User", "--file", file, "--line-ending", "LF",
				"--wait", "120",
			}, flags...), environment...)
			if err != nil {
				return c, err
			}
			c.add(one)
		}
		c.wall = time.Since(began)
		return c, b.forget(home)
	}
}

// environmentOfSF keeps `sf` in a home of its own, where no sign-in of the user is touched or used, and from all that
// is not the upload: telemetry and updates. An `sf` that npm has installed takes the one word for no updates for a
// choice, and looks only at the other: its updater would run on beside the measures.
func environmentOfSF(of []string, home string) []string {
	return append(slices.DeleteFunc(slices.Clone(of), func(s string) bool {
		return slices.ContainsFunc([]string{"SF_", "SFDX_", "XDG_"}, func(p string) bool { return strings.HasPrefix(s, p) })
	}),
		"HOME="+home, "USERPROFILE="+home, "LOCALAPPDATA="+home, "SF_USE_GENERIC_UNIX_KEYCHAIN=true",
		"SF_DISABLE_TELEMETRY=true", "SF_SKIP_NEW_VERSION_CHECK=true",
		"SF_AUTOUPDATE_DISABLE=true", "SF_DISABLE_AUTOUPDATE=true")
}

// signIn gives `sf` a token of the org, as a job that runs at night would.
func (b *bench) signIn(o *org, environment []string) error {
	answer, err := http.PostForm(o.address+"/services/oauth2/token",
		url.Values{"grant_type": {"client_credentials"}, "client_id": {"bench"}, "client_secret": {"bench"}})
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	var session struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&session); err != nil {
		return err
	}
	if _, err := measure([]string{
		b.sf, "org", "login", "access-token", "--instance-url", o.address, "--alias", "bench", "--no-prompt",
	}, append(environment, "SF_ACCESS_TOKEN="+session.Token)...); err != nil {
		return fmt.Errorf("sign-in: %w", err)
	}
	all, err := o.asked()
	o.before = len(all)
	return err
}

// pauses is how often `sf` has waited before it asked for the same job once more.
func pauses(all []asked) (n int) {
	answered := map[string]time.Time{}
	for _, a := range all {
		if last, again := answered[a.Path]; a.Method == http.MethodGet && again && a.At.Sub(last) > pauseOfSF*9/10 {
			n++
		}
		answered[a.Path] = a.Answered
	}
	return n
}

// remark says how much of the time of `sf` is not spent on uploads.
func remark(c cost) string {
	found := "each job had ended when it was first asked for, and none of its time is a pause"
	if n := pauses(c.asked); n > 0 {
		found = fmt.Sprintf("it paused %d times, which is %.0f s of its time", n, float64(n)*pauseOfSF.Seconds())
	}
	return fmt.Sprintf("%s asks for a job at once and then every %.0f s: %s.", c.name, pauseOfSF.Seconds(), found)
}
