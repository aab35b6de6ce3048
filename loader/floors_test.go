package loader_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
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
//	  ├────────────────────▶ inspect ─▶ plan, run, results, spool, connector             what is only looked at
//	  ├────────────────────▶ survey ──▶ plan, run, results, connector                    what a plan asks an org
//	  ├────────────────────▶ approve ─▶ changes, run, results, spool; evidence/sshsig     what a person signs
//	  ├────────────────────▶ undo ────▶ run, results, connector
//	  ├▶ report/html ─▶ report, run, results, page     report/workbook ─▶ report, sheet
//	  ├────────────────────▶ carry ───▶ plan, changes, run, journal, patience, connector   sending and waiting
//	  └────────────────────▶ evidence ─▶ run, results, journal, spool; evidence/sshsig, which knows nothing of ours
//	                                                                  │
//	terms ──────────────────▶ transform ─▶ validate                            plan and what is above it may import terms
//	connector/NAME ─▶ transform/NAME, connector, config, sforce, transport
//	                                                                  ▼
//	validate/validatetest ──▶ validate                                        for the tests of policies
//	sheet/sheettest ────────▶ nothing of ours                                 for the tests of workbooks
//	connector/targettest ───▶ connector, config, sforce, transform            for the tests of one connector
//	results ────────────────────────────────────────────────────▶ transform ─▶ validate
//	sforce ─────────────────▶ config, transport
//	transform, and of loader sforce, results, run, changes ──▶ validate/cells
//	config, spool, journal, patience, sheet, transport, simulator/org, validate, validate/cells, page ──▶ nothing of ours
//	simulator/NAME ─────────▶ simulator, simulator/org, simulator/front, page no client, no sforce: they meet on the wire
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
	{"loader/sforce", []string{"loader/config", "loader/transport", "validate/cells"}},
	{"loader/evidence/sshsig", nil},
	{"loader/evidence", []string{"loader/evidence/sshsig", "loader/run", "loader/results", "loader/spool", "loader/journal", "transform", "validate"}},
	{"loader/report/html", []string{"loader/page", "loader/report", "loader/results", "loader/run", "transform", "validate"}},
	{"loader/report/workbook", []string{"loader/report", "loader/run", "loader/results", "loader/sheet", "transform", "validate"}},
	{"loader/report", []string{"loader/plan", "loader/changes", "loader/run", "loader/journal", "loader/spool", "loader/results", "loader/connector", "transform", "validate"}},
	{"loader/inspect", []string{"loader/plan", "loader/run", "loader/results", "loader/spool", "loader/connector", "transform", "validate"}},
	{"loader/approve", []string{"loader/evidence/sshsig", "loader/changes", "loader/run", "loader/results", "loader/spool", "transform", "validate"}},
	{"loader/undo", []string{"loader/run", "loader/results", "loader/connector", "transform", "validate"}},
	{"loader/sheet/sheettest", nil},
	{"loader/sheet/*", []string{"loader/sheet"}}, // programs by other people that read it
	{"loader/sheet", nil},
	{"loader/survey", []string{"loader/plan", "loader/terms", "loader/run", "loader/results", "loader/connector", "transform", "validate"}},
	{"loader/carry", []string{
		"loader/plan", "loader/changes", "loader/run", "loader/journal", "loader/patience", "loader/connector", "transform", "validate",
	}},
	{"loader/terms", []string{"transform", "validate"}},
	{"loader/plan", []string{"loader/terms", "loader/changes", "loader/run", "loader/journal", "loader/spool", "loader/results", "loader/connector", "transform", "validate"}},
	{"loader/changes", []string{"loader/run", "loader/journal", "loader/spool", "loader/results", "loader/connector", "transform", "validate", "validate/cells"}},
	{"loader/run", []string{"loader/journal", "loader/spool", "loader/results", "loader/connector", "transform", "validate", "validate/cells"}},
	{"loader/results", []string{"transform", "validate/cells"}},
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
		"loader/evidence/sshsig", "loader/inspect", "loader/approve", "loader/undo", "loader/terms", "loader/patience", "loader/report", "loader/report/workbook", "loader/evidence", "loader/plan", "loader/changes", "loader/run", "loader/journal", "loader/spool", "loader/survey", "loader/report/html", "loader/carry",
		"loader/results", "loader/connector", "transform", "validate",
	}},
	{"transform/*", []string{"transform", "validate"}},
	{"transform", []string{"validate", "validate/cells"}},
	{"validate/validatetest", []string{"validate"}},
	{"validate/cells", nil},
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

// besides are what the tests of a room import besides what it may: they make what the room looks at, or think by a real policy.
var besides = map[string][]string{
	"loader/evidence": {"loader/connector"},
	"loader/console":  {"loader/connector", "loader/journal"},
	"loader/inspect":  {"loader/journal"},
	"loader/approve":  {"loader/journal"},
	"loader/undo":     {"loader/journal"},
	"loader":          {"transform/engage", "loader/connector"},
	"loader/carry":    {"transform/engage", "loader/connector"},
	"loader/feeds":    {"transform/engage", "loader/connector"},
}

// forTests are rooms for any test.
var forTests = []string{"validate/validatetest", "loader/sheet/sheettest", "loader/connector/targettest"}

// allowed looks an import up. Clients and pretend orgs meet in the tests of connector/all.
func allowed(t *testing.T, from, imported string, isTest bool) bool {
	isBeside := slices.Contains(besides[from], imported) || slices.Contains(forTests, imported) || testsBeside(from, imported)
	if isTest && (from == "loader/connector/all" || isBeside) {
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
