package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"rosterload/loader/sheet/sheettest"
	"rosterload/loader/simulator"
	simulators "rosterload/loader/simulator/all"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"rosterload": main})
}

// Scripts are what a user could have typed. Beside testscript's own commands they know:
//
//	sim KIND [-count N] [-licences N] [-delay D] [-faults FILE] [-users FILE] [-secret S]
//	                      a pretend org, strict, at $SIM; the script fails when a promise was broken
//	config [LINE...]      a rosterload.yaml for it, with further settings; its target is called org
//	config vonage         one for a contact centre, called acme, on a Salesforce org called prod
//	config groove [LINE...]  one for Groove, called acme, on a Salesforce org called prod
//	get PATH FILE         keeps what the pretend org answers
//	exits N COMMAND...    the command must end with this very code
//	post PATH TEXT        what only a pretend org can be told: post /_sim/licences '{"licences": 3}'
//	one NAME PATTERN      the one file that fits the pattern, under another name
//	run NAME              the newest run's id, as a variable
//	append FILE FROM      puts the text of one file behind another's
//	tabs FILE TO          writes the sheets of a workbook as text: [name], and a row a line with | between its cells
//	old NAME              a home that version 1 made (testdata/homes), in home/, its rosters in in/, and its org, served and configured
//	signals SIGNAL N COMMAND...   sends a signal when the org is asked for the Nth time
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("SAMPLES", atSamples)
			e.Setenv("ROSTERLOAD_HOME", filepath.Join(e.WorkDir, "home"))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"sim": startSim, "config": writeConfig, "exits": exits, "post": post, "get": get, "one": one, "run": newestRun, "old": oldHome, "signals": signalled,
			"append": appendFile, "tabs": tabs,
		},
		RequireExplicitExec: true,
	})
}

func tabs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tabs FILE TO")
	}
	sheets, err := sheettest.Read(ts.MkAbs(args[0]))
	ts.Check(err)
	var text strings.Builder
	for _, s := range sheets {
		if !s.Frozen || s.Filter == "" || s.Other > 0 {
			ts.Fatalf("sheet %s: frozen %v, filter %q, %d cells that are no text", s.Name, s.Frozen, s.Filter, s.Other)
		}
		fmt.Fprintf(&text, "[%s]\n", s.Name)
		for _, row := range s.Rows {
			text.WriteString(strings.Join(row, "|") + "\n")
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text.String()), 0o600))
}

// atSamples is where the samples are; scripts run elsewhere.
var atSamples, _ = filepath.Abs(samplesDir)

func startSim(ts *testscript.TestScript, _ bool, args []string) {
	f := flag.NewFlagSet("sim", flag.ContinueOnError)
	count, licences, delay := f.Int("count", 0, ""), f.Int("licences", -1, ""), f.Duration("delay", 0, "")
	faults, users, secret := f.String("faults", "", ""), f.String("users", "", ""), f.String("secret", "", "")
	ts.Check(f.Parse(args[1:]))
	o := simulator.Options{Count: *count, Delay: *delay, Strict: true, ClientSecret: *secret}
	if *licences >= 0 {
		o.Licences = licences
	}
	for from, to := range map[*string]*string{faults: &o.FaultsFile, users: &o.Users} {
		if *from != "" {
			*to = ts.MkAbs(*from)
		}
	}
	org, err := simulators.Open(args[0], o)
	ts.Check(err)
	server := httptest.NewServer(org)
	ts.Setenv("SIM", server.URL)
	ts.Defer(func() {
		server.Close()
		if broken := org.Violations(); len(broken) > 0 {
			ts.Fatalf("broken promises: %v", broken)
		}
	})
}

func writeConfig(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) > 0 && args[0] == "vonage" {
		ts.Check(os.WriteFile(ts.MkAbs("rosterload.yaml"), []byte(centreConfig(ts.Getenv("SIM"))), 0o600))
		return
	}
	if len(args) > 0 && args[0] == "groove" {
		ts.Check(os.WriteFile(ts.MkAbs("rosterload.yaml"), []byte(grooveConfig(ts.Getenv("SIM"), args[1:]...)), 0o600))
		return
	}
	text := fmt.Sprintf("targets:\n  org:\n    kind: salesforce\n    url: %s\n    auth: {client_id: env:SF_ID, client_secret: env:SF_SECRET}\n    poll: {job: 10ms, status: 10ms}\n    retry_for: 1s\n", ts.Getenv("SIM"))
	for _, line := range args {
		text += "    " + line + "\n"
	}
	ts.Setenv("SF_ID", "me")
	if ts.Getenv("SF_SECRET") == "" {
		ts.Setenv("SF_SECRET", "planted-secret-4711")
	}
	ts.Check(os.WriteFile(ts.MkAbs("rosterload.yaml"), []byte(text), 0o600))
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits N COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	is := 0
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		is = ended.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if is != want {
		ts.Fatalf("%s ended with %d, want %d", strings.Join(args[1:], " "), is, want)
	}
}

func post(ts *testscript.TestScript, _ bool, args []string) {
	resp, err := http.Post(ts.Getenv("SIM")+args[0], "application/json", strings.NewReader(args[1]))
	ts.Check(err)
	_ = resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		ts.Fatalf("POST %s: %s", args[0], resp.Status)
	}
}

func get(ts *testscript.TestScript, _ bool, args []string) {
	resp, err := http.Get(ts.Getenv("SIM") + args[0])
	ts.Check(err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), body, 0o600))
}

func one(ts *testscript.TestScript, neg bool, args []string) {
	files, err := filepath.Glob(ts.MkAbs(args[1]))
	ts.Check(err)
	if neg {
		if len(files) != 0 {
			ts.Fatalf("%s: %v", args[1], files)
		}
		return
	}
	if len(files) != 1 {
		ts.Fatalf("%s: %v", args[1], files)
	}
	data, err := os.ReadFile(files[0])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}

func newestRun(ts *testscript.TestScript, _ bool, args []string) {
	runs, err := os.ReadDir(filepath.Join(ts.Getenv("ROSTERLOAD_HOME"), "runs"))
	ts.Check(err)
	if len(runs) == 0 {
		ts.Fatalf("no runs")
	}
	ts.Setenv(args[0], runs[len(runs)-1].Name())
}

// signalled runs a program against $SIM and sends it a signal in the middle: a proxy in front counts what it asks.
func signalled(ts *testscript.TestScript, _ bool, args []string) {
	sig := map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}[args[0]]
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	address, err := url.Parse(ts.Getenv("SIM"))
	ts.Check(err)
	hit, asked := make(chan struct{}), atomic.Int32{}
	through := httputil.NewSingleHostReverseProxy(address)
	through.ErrorLog = log.New(io.Discard, "", 0) // a client that is stopped hangs up
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == int32(at) {
			close(hit)
			select { // the signal comes while the call is on its way
			case <-r.Context().Done():
			case <-time.After(2 * time.Second):
			}
		}
		through.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	config := strings.ReplaceAll(ts.ReadFile("rosterload.yaml"), address.String(), proxy.URL)
	ts.Check(os.WriteFile(ts.MkAbs("proxied.yaml"), []byte(config), 0o600))
	cmd := exec.Command("rosterload", append(args[2:], "--config", "proxied.yaml")...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"HOME", "ROSTERLOAD_HOME", "SF_ID", "SF_SECRET", "PATH"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	out, err := os.Create(ts.MkAbs("signalled.txt"))
	ts.Check(err)
	cmd.Stdout, cmd.Stderr = out, out
	ts.Check(cmd.Start())
	go func() {
		<-hit
		_ = cmd.Process.Signal(sig)
	}()
	err = cmd.Wait()
	_ = out.Close()
	var ended *exec.ExitError
	want := 128 + int(sig)
	if !errors.As(err, &ended) || ended.ExitCode() != want {
		ts.Fatalf("ended with %v, want %d\n%s", err, want, ts.ReadFile("signalled.txt"))
	}
}

func appendFile(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0]) + ts.ReadFile(args[1])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}
