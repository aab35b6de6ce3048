package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// oldHome lays a home that version 1 made: its runs lived under /srv/rosterload and knew the org by an id of that
// day. Journals and summaries are told the new folder and the new id; the files that carry a digest stay as they are.
func oldHome(ts *testscript.TestScript, _ bool, args []string) {
	from := filepath.Join(testdata, "homes", args[0])
	ts.Check(os.CopyFS(ts.MkAbs("home"), os.DirFS(from)))
	ts.Check(os.MkdirAll(ts.MkAbs("in"), 0o700))
	kind := map[string]string{"vonage": "vonage", "groove": "groove"}[args[0]]
	if kind == "" {
		kind = "salesforce"
	}
	startSim(ts, false, []string{kind, "-users", "home/org.csv"})
	if kind == "salesforce" {
		writeConfig(ts, false, []string{"groups: [Alpha, Beta]"})
	} else {
		writeConfig(ts, false, []string{kind})
	}
	ts.Check(filepath.WalkDir(ts.MkAbs("home"), func(path string, d fs.DirEntry, err error) error {
		name := filepath.Base(path)
		if err != nil || d.IsDir() || name != "journal.jsonl" && !strings.HasPrefix(name, "summary-") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		old := orgIn(text)
		told := strings.NewReplacer("/srv/rosterload", ts.MkAbs("."), `"`+old+`"`, `"`+orgNow(ts, kind)+`"`).Replace(string(text))
		return os.WriteFile(path, []byte(told), 0o600)
	}))
}

// testdata is where the homes are; scripts run elsewhere.
var testdata, _ = filepath.Abs("testdata")

// orgIn is the org's id in a journal, or in a summary.
func orgIn(text []byte) string {
	var first struct {
		Event string `json:"event"`
		OrgID string `json:"org_id"`
		Org   struct {
			ID string `json:"id"`
		} `json:"org"`
	}
	_ = json.NewDecoder(strings.NewReader(string(text))).Decode(&first)
	return first.OrgID + first.Org.ID
}

// orgNow asks the pretend org for its id, by check.
func orgNow(ts *testscript.TestScript, kind string) string {
	target := "acme"
	if kind == "salesforce" {
		target = "org"
	}
	_ = ts.Exec("rosterload", "check", target, "--json", "--quiet") // findings are no trouble here
	var saw struct {
		Org struct {
			ID string `json:"id"`
		} `json:"org"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &saw))
	return saw.Org.ID
}
