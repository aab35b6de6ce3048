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
//	cmd ───────────────▶ everything
//	loader ────────────▶ target, results, journal, spool, transform, validate
//	connector/KIND ───────▶ target, config, sforce, transport, transform, validate
//	target ────────────▶ transport, transform, validate
//	sforce ────────────▶ config, transport
//	results ───────────▶ transform
//	transform ─────────▶ validate
//	simulator/KIND ────▶ simulator, simulator/org            no client, no sforce: they meet on the wire
//	validate, config, spool, journal, transport, simulator/org ──▶ nothing of ours
var floors = []struct {
	room string   // of the importing package; the first that fits
	may  []string // rooms it may import
}{
	{"cmd/", []string{""}},
	{"samples", nil},
	{"loader/connector/all", []string{"loader/connector", "loader/config"}},
	{"loader/connector/connectortest", []string{"loader", "loader/connector", "loader/results"}}, // a test's own floor, above the loader
	{"loader/connector/", []string{"loader/connector", "loader/config", "loader/sforce", "loader/transport", "transform", "validate"}},
	{"loader/connector", []string{"loader/transport", "transform", "validate"}},
	{"loader/sforce", []string{"loader/config", "loader/transport"}},
	{"loader/results", []string{"transform"}},
	{"loader/simulator/all", []string{"loader/simulator"}},
	{"loader/simulator/org", nil},
	{"loader/simulator", []string{"loader/simulator"}},
	{"loader/config", nil},
	{"loader/spool", nil},
	{"loader/journal", nil},
	{"loader/transport", nil},
	{"loader", []string{"loader/connector", "loader/results", "loader/journal", "loader/spool", "transform", "validate"}},
	{"transform", []string{"validate"}},
	{"validate", nil},
}

func TestImportsPointDown(t *testing.T) {
	seen := 0
	eachImport(t, func(from, imported string, isTest bool) {
		seen++
		if !allowed(t, from, imported, isTest) {
			t.Errorf("%s imports %s, which is not below it", from, imported)
		}
	})
	if seen < 40 {
		t.Fatalf("only %d imports were seen: the test looks in the wrong place", seen)
	}
}

// allowed: a test may import more of its own floor, but no test lets a client and a pretend org meet outside connector/all and cmd.
func allowed(t *testing.T, from, imported string, isTest bool) bool {
	client := strings.HasPrefix(from, "loader/connector/") || strings.HasPrefix(from, "loader/sforce")
	if client && from != "loader/connector/all" && strings.HasPrefix(imported, "loader/simulator") {
		return false
	}
	if imported == from || strings.HasPrefix(imported, "loader/connector/") && from != "loader/connector/all" && !strings.HasPrefix(from, "cmd/") && imported != "loader/connector/connectortest" {
		return imported == from
	}
	for _, f := range floors {
		if from != strings.TrimSuffix(f.room, "/") && !strings.HasPrefix(from, strings.TrimSuffix(f.room, "/")+"/") {
			continue
		}
		for _, may := range f.may {
			if may == "" || imported == may || strings.HasPrefix(imported, may+"/") && may != "loader" {
				return true
			}
		}
		return isTest && from == "loader/connector/all"
	}
	t.Errorf("%s is a room that nobody has drawn", from)
	return false
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
