package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestThePageOfCodesIsTheTable holds docs/codes.md against the table; make samples writes it again.
func TestThePageOfCodesIsTheTable(t *testing.T) {
	compare(t, "docs/codes.md", []byte(codesPage()))
}

var reasonCode = regexp.MustCompile(`^(ROW|USER|ENGAGE|SF|VAULT|VCC|GROOVE|RUN|HOLD|FEED|UNDO)_[A-Z_]+$`)

// others look like reason codes, and no row of the results has them: marks in files of outcomes, and an org's word
// for a sign-in.
var others = regexp.MustCompile(`^VCC_STEP_|^USER_LOCKED_OUT$`)

func TestEachReasonCodeOfTheSourceIsExplained(t *testing.T) {
	found := 0
	for _, room := range []string{"../../validate", "../../transform", "../../loader"} {
		err := filepath.WalkDir(room, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "simulator") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				literal, ok := n.(*ast.BasicLit)
				if !ok || literal.Kind != token.STRING {
					return true
				}
				if code, _ := strconv.Unquote(literal.Value); reasonCode.MatchString(code) && !others.MatchString(code) {
					found++
					if _, known := explanation(code); !known {
						t.Errorf("%s: %s is not explained", path, code)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 40 {
		t.Errorf("only %d codes were found in the source", found)
	}
}
