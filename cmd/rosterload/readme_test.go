package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rosterload/loader/run"
	"rosterload/loader/simulator"
	simulators "rosterload/loader/simulator/all"
	"rosterload/samples"
)

// command is a line of a code block, or of a text between backquotes, that a reader would type.
var command = regexp.MustCompile("(?m)^ {4,}(?:\\$ )?(rosterload .*)$|`(rosterload [^`]*)`")

// TestEachCommandOfTheREADMERuns types what stands in the README and in the pages of help, in their order, in a
// folder with the roster and the config that they speak of. RUN is the newest run; a word in capitals besides is a
// placeholder, and such a command is only read.
func TestEachCommandOfTheREADMERuns(t *testing.T) {
	readme := read(t, "../../README.md")
	files, _ := filepath.Glob("docs/*.md")
	pages := [][]byte{readme}
	for _, path := range files {
		pages = append(pages, read(t, path))
	}
	home := prepare(t)
	typed := 0
	for _, page := range pages {
		for _, found := range command.FindAllStringSubmatch(string(page), -1) {
			line, _, _ := strings.Cut(found[1]+found[2], " #")
			if placeholder.MatchString(strings.ReplaceAll(line, "RUN", "")) || strings.ContainsAny(line, "…*") { // what stands for anything is only read
				continue
			}
			typed++
			typeIn(t, home, strings.TrimSpace(line))
		}
	}
	if typed < 25 {
		t.Errorf("only %d commands were found", typed)
	}
}

var placeholder = regexp.MustCompile(`\b[A-Z]{2,}(\.|\b)(?:[^_]|$)|\bN\b`)

// prepare makes the folder: an org, a config that names it, and a roster.
func prepare(t *testing.T) (home string) {
	t.Helper()
	org, err := simulators.Open("salesforce", simulator.Options{UsersFrom: bytes.NewReader(samples.Org), Groups: samples.Groups, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	t.Chdir(t.TempDir())
	config := "targets:\n  prod:\n    kind: salesforce\n    url: " + server.URL + "\n    auth: {client_id: env:ID, client_secret: env:ID}\n    poll: {job: 1ms, status: 1ms}\nfeeds:\n  hr: {target: prod, folder: drop}\n"
	if err := os.Mkdir("drop", 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ID", "me")
	write(t, "prod.yaml", []byte(config))
	t.Setenv("ROSTERLOAD_CONFIG", "prod.yaml")
	t.Setenv("ROSTERLOAD_HOME", "home")
	write(t, "roster.csv", []byte("Username,Group\nuser0001@acme.example,Cardio East\nuser0007@acme.example,#N/A\n"))
	return "home"
}

// typeIn runs one command. It may end with what an org may answer; a mistake in the command, a sign-in or a bug is an
// error of the page.
func typeIn(t *testing.T, home, line string) {
	t.Helper()
	words := strings.Fields(line)
	out := &bytes.Buffer{}
	if i := slices.Index(words, ">"); i > 0 {
		into := words[i+1]
		defer func() { write(t, into, out.Bytes()) }()
		words = words[:i]
	}
	ctx := context.Background()
	for i, w := range words {
		switch {
		case strings.Contains(w, "RUN"):
			words[i] = strings.ReplaceAll(w, "RUN", newest(t, home))
		case i == 1 && (w == "simulate" || w == "console"): // serves until it is stopped
			stopped, cancel := context.WithCancel(ctx)
			cancel()
			ctx = stopped
			words = append(words, "--listen", "127.0.0.1:0")
		case w == "--listen":
			words[i+1] = "127.0.0.1:0"
		}
	}
	var errs bytes.Buffer
	switch code := rosterload(ctx, words, &voice{out: out, err: &errs}); code {
	case run.ExitOK, run.ExitFailedRows, run.ExitNothing, run.ExitPending:
	default:
		t.Errorf("%s: exit %d\n%s", line, code, errs.String())
	}
}

func newest(t *testing.T, home string) string {
	t.Helper()
	runs, err := os.ReadDir(filepath.Join(home, "runs"))
	if err != nil || len(runs) == 0 {
		t.Fatal("no run yet", err)
	}
	return runs[len(runs)-1].Name()
}
