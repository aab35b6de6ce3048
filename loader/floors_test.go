package loader_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// How the house is built. Imports point down; what is not drawn is not allowed.
//
//	cmd ────────────────────▶ everything
//	console ────────────────▶ feeds, evidence, report, run, results, page    pages over a home: it reads
//	feeds ──────────────────▶ loader and what is below it, config
//	connector/connectortest ▶ loader and what is below it                     a test's own floor
//	loader ─────────────────▶ report ─▶ plan ─▶ changes ─▶ run ─▶ journal, spool, results
//	  │                         └───────┴─────────┴─────────┴───▶ connector ─▶ transport
//	  ├▶ report/html ─▶ report, run, results, page   · report/workbook ─▶ report, sheet
//	  ├────────────────────▶ inspect ─▶ plan, run, spool, connector
//	  ├────────────────────▶ approve ─▶ changes, run, results, spool; evidence/sshsig
//	  ├────────────────────▶ undo ────▶ run, results, connector
//	  └────────────────────▶ evidence ─▶ run, results, journal, spool; evidence/sshsig, which knows nothing of ours
//	                                                                  │
//	terms ──────────────────▶ transform ─▶ validate                            plan and what is above it may import terms
//	connector/NAME ─▶ transform/NAME, connector, config, sforce, transport
//	                                                                  ▼
//	validate/validatetest ──▶ validate                                        for the tests of policies
//	sheet/sheettest ────────▶ nothing of ours                                 for the tests of workbooks
//	results ────────────────────────────────────────────────────▶ transform ─▶ validate
//	sforce ─────────────────▶ config, transport
//	simulator/NAME ─────────▶ simulator, simulator/org, simulator/front, page no client, no sforce: they meet on the wire
//	config, spool, journal, page, patience, sheet, transport, simulator/org, validate ──▶ nothing of ours
var floors = []struct {
	room string   // of the importing package; the first that fits
	may  []string // rooms it may import; "…/*" are the rooms inside one
}{
	{"cmd/*", []string{"*"}},
	{"samples", nil},
	{"loader/connector/all", []string{"loader/config", "loader/connector", "loader/connector/*"}},
	{"loader/connector/connectortest", []string{"loader", "loader/run", "loader/results", "loader/connector", "transform"}},
	{"loader/connector/salesforce", []string{"loader/connector", "loader/config", "loader/sforce", "loader/transport", "transform", "transform/engage", "validate"}},
	{"loader/connector/vault", []string{"loader/connector", "loader/config", "loader/transport", "transform", "transform/engage", "validate"}},
	{"loader/connector/*", []string{"loader/connector", "loader/config", "loader/sforce", "loader/transport", "transform", "transform/SELF", "validate"}},
	{"loader/connector", []string{"loader/transport", "transform", "validate"}},
	{"loader/sforce", []string{"loader/config", "loader/transport"}},
	{"loader/evidence/sshsig", nil},
	{"loader/evidence", []string{"loader/evidence/sshsig", "loader/run", "loader/results", "loader/spool", "loader/journal", "transform", "validate"}},
	{"loader/report/html", []string{"loader/page", "loader/report", "loader/results", "loader/run", "transform", "validate"}},
	{"loader/report/workbook", []string{"loader/report", "loader/run", "loader/results", "loader/sheet", "transform", "validate"}},
	{"loader/report", []string{"loader/plan", "loader/changes", "loader/run", "loader/journal", "loader/spool", "loader/results", "loader/connector", "transform", "validate"}},
	{"loader/sheet/sheettest", nil},
	{"loader/sheet/*", []string{"loader/sheet"}}, // programs by other people that read it
	{"loader/sheet", nil},
	{"loader/inspect", []string{"loader/plan", "loader/run", "loader/spool", "loader/connector", "transform", "validate"}},
	{"loader/approve", []string{"loader/evidence/sshsig", "loader/changes", "loader/run", "loader/results", "loader/spool", "transform", "validate"}},
	{"loader/undo", []string{"loader/run", "loader/results", "loader/connector", "transform", "validate"}},
	{"loader/terms", []string{"transform", "validate"}},
	{"loader/plan", []string{"loader/terms", "loader/changes", "loader/run", "loader/journal", "loader/spool", "loader/results", "loader/connector", "transform", "validate"}},
	{"loader/changes", []string{"loader/run", "loader/journal", "loader/spool", "loader/results", "loader/connector", "transform", "validate"}},
	{"loader/run", []string{"loader/journal", "loader/spool", "loader/results", "loader/connector", "transform", "validate"}},
	{"loader/results", []string{"transform"}},
	{"loader/simulator/trouble", nil},
	{"loader/simulator/front", []string{"loader/page", "loader/simulator", "loader/simulator/org", "loader/simulator/trouble"}},
	{"loader/simulator/liar", []string{"loader/simulator/trouble"}},
	{"loader/simulator/all", []string{"loader/simulator", "loader/simulator/*"}},
	{"loader/simulator/org", nil},
	{"loader/simulator", []string{"loader/simulator/org"}},
	{"loader/simulator/groove", []string{"loader/page", "loader/simulator", "loader/simulator/org", "loader/simulator/front", "loader/simulator/salesforce"}}, // its host org
	{"loader/simulator/vonage", []string{"loader/simulator", "loader/simulator/org", "loader/simulator/front", "loader/simulator/salesforce"}},                // its host org
	{"loader/simulator/*", []string{"loader/page", "loader/simulator", "loader/simulator/org", "loader/simulator/front"}},
	{"loader/config", nil},
	{"loader/page", nil},
	{"loader/spool", nil},
	{"loader/patience", nil},
	{"loader/journal", nil},
	{"loader/transport", nil},
	{"loader/console", []string{"loader/feeds", "loader/evidence", "loader/report", "loader/report/html", "loader/run", "loader/results", "loader/page", "transform", "validate"}},
	{"loader/feeds", []string{
		"loader", "loader/approve", "loader/evidence/sshsig", "loader/config", "loader/patience", "loader/plan", "loader/terms", "loader/run", "loader/results", "loader/spool", "transform", "validate",
	}},
	{"loader", []string{
		"loader/evidence/sshsig", "loader/inspect", "loader/approve", "loader/undo", "loader/terms", "loader/patience", "loader/report",
		"loader/report/html", "loader/report/workbook", "loader/evidence", "loader/plan", "loader/changes", "loader/run", "loader/journal", "loader/spool",
		"loader/results", "loader/connector", "transform", "validate",
	}},
	{"transform/*", []string{"transform", "validate"}},
	{"transform", []string{"validate"}},
	{"validate/validatetest", []string{"validate"}},
	{"validate", nil},
}

func TestImportsPointDown(t *testing.T) {
	seen := 0
	eachImport(t, func(from, imported string, isTest bool) {
		seen++
		if from != imported && !allowed(t, from, imported, isTest) {
			t.Errorf("%s imports %s, which is not below it", from, imported)
		}
	})
	if seen < 100 {
		t.Fatalf("only %d imports were seen: the test looks in the wrong place", seen)
	}
}

// allowed: tests may import one thing more than their package. Clients and pretend orgs meet in the tests of connector/all, the tests of
// loader and feeds think by a real policy, and those of console make the home that they look at.
func allowed(t *testing.T, from, imported string, isTest bool) bool {
	own := from == "loader/evidence" && imported == "loader/connector" || from == "loader/console" && (imported == "loader/connector" || imported == "loader/journal") ||
		(from == "loader/inspect" || from == "loader/approve" || from == "loader/undo") && imported == "loader/journal" ||
		(from == "loader" || from == "loader/feeds") && (imported == "transform/engage" || imported == "loader/connector")
	if isTest && (from == "loader/connector/all" || own || imported == "validate/validatetest" || imported == "loader/sheet/sheettest" || testsBeside(from, imported)) {
		return true
	}
	for _, f := range floors {
		if !matches(f.room, from) {
			continue
		}
		for _, may := range f.may {
			if matches(strings.Replace(may, "SELF", path.Base(from), 1), imported) {
				return true
			}
		}
		return false
	}
	t.Errorf("%s is a room that the drawing does not show", from)
	return false
}

// testsBeside: the tests of a pretend org may put the liar before it.
func testsBeside(from, imported string) bool {
	return strings.HasPrefix(from, "loader/simulator") && strings.HasPrefix(imported, "loader/simulator")
}

func matches(room, pkg string) bool {
	inside, isPattern := strings.CutSuffix(room, "*")
	return room == pkg || isPattern && strings.HasPrefix(pkg, inside)
}

// eachImport tells of every import of ours by ours, tests included.
func eachImport(t *testing.T, found func(from, imported string, isTest bool)) {
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return filepath.SkipDir
		case !strings.HasSuffix(file, ".go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		from := path.Dir(strings.TrimPrefix(filepath.ToSlash(file), "../"))
		for _, i := range parsed.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if ours, ok := strings.CutPrefix(name, "rosterload/"); ok {
				found(from, ours, strings.HasSuffix(file, "_test.go"))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNoRoomIsCalledAfterNothing(t *testing.T) {
	eachImport(t, func(from, _ string, _ bool) {
		for _, name := range []string{"util", "common", "helper", "types", "models", "pkg", "misc"} {
			if path.Base(from) == name {
				t.Errorf("a package is called %s", from)
			}
		}
	})
}
