package terms

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
	"golang.org/x/text/unicode/norm"

	"rosterload/transform"
	"rosterload/validate"
)

// Rule decides by any columns of a line. One of Group, Fail and Otherwise is set; the first rule that is true counts.
type Rule struct {
	When      string  `json:"when,omitempty"`
	Group     *string `json:"group,omitempty"`     // blank: a removal
	Fail      string  `json:"fail,omitempty"`      // the reason
	Otherwise string  `json:"otherwise,omitempty"` // "skip" or "fail": what becomes of a line for which no rule is true
}

// Meaning is how rosters are read under these terms; nil where they say nothing about values.
func (t *Terms) Meaning() validate.Meaning {
	switch {
	case t == nil:
		return nil
	case len(t.Rules) > 0:
		return t.rules
	case t.Values != nil:
		return t.values
	}
	return nil
}

// HasRules tells whether rules decide: a roster needs no group column then.
func (t *Terms) HasRules() bool { return t != nil && len(t.Rules) > 0 }

func (t *Terms) fold(word string) string {
	word = norm.NFC.String(strings.TrimSpace(word))
	if t.ValuesFold {
		word = strings.ToLower(word)
	}
	return word
}

// values reads the group cell by the table. A blank cell, and a word for nothing, mean what they always do unless the
// table has them.
func (t *Terms) values([]string) (validate.Reader, error) {
	table := make(map[string]string, len(t.Values))
	for word, group := range t.Values {
		table[t.fold(word)] = group
	}
	words := slices.Sorted(maps.Keys(t.Values))
	return func(_ func(int) []byte, value []byte, nothing bool) ([]byte, bool, *validate.Fault) {
		if group, ok := table[t.fold(string(value))]; ok {
			return []byte(group), true, nil
		}
		if nothing {
			return nil, false, nil
		}
		reason := fmt.Sprintf("%q is not in the table of values", value)
		if near := validate.Near(string(value), words); len(near) > 0 {
			reason += "; near it: " + strings.Join(near, ", ")
		}
		return nil, false, &validate.Fault{Code: CodeUnknownValue, Reason: reason, Next: transform.FixAndLoad}
	}, nil
}

// options are how rules are read. A rule must not change its mind on a resume: there is no clock.
func options() []expr.Option {
	return []expr.Option{expr.AsBool(), expr.MaxNodes(200), expr.DisableBuiltin("now"), expr.DisableBuiltin("date")}
}

// rules compiles the rules for a header: a column that is not there is the file's fault.
func (t *Terms) rules(header []string) (validate.Reader, error) {
	env := types.Map{}
	row := types.Map{}
	for _, name := range header {
		row[name] = types.String
		if !slices.Contains(builtin.Names, name) && name != "row" {
			env[name] = types.String
		}
	}
	env["row"] = row
	var compiled []*vm.Program
	for i, r := range t.Rules {
		if r.When == "" {
			compiled = append(compiled, nil)
			continue
		}
		program, err := expr.Compile(r.When, append(options(), expr.Env(env))...)
		if err != nil {
			return nil, &validate.RosterError{Text: fmt.Sprintf("rule %d does not fit the header: %s; the header "+
				"is: %s", i+1, inWords(err), strings.Join(header, ", "))}
		}
		compiled = append(compiled, program)
	}
	return t.decide(header, compiled), nil
}

// decide reads a line by its columns. It may be called by several goroutines: each line has an environment of its own.
func (t *Terms) decide(header []string, compiled []*vm.Program) validate.Reader {
	return func(cell func(int) []byte, _ []byte, _ bool) ([]byte, bool, *validate.Fault) {
		row := make(map[string]any, len(header))
		env := make(map[string]any, len(header)+1)
		for i, name := range header {
			text := string(cell(i))
			row[name], env[name] = text, text
		}
		env["row"] = row
		for i, r := range t.Rules {
			if compiled[i] == nil {
				return nil, false, otherwise(r.Otherwise)
			}
			machine := vm.VM{MemoryBudget: 10_000}
			is, err := machine.Run(compiled[i], env)
			if err != nil { // its text would show a cell
				return nil, false, failed(CodeRule, fmt.Sprintf("rule %d cannot be worked out for this line", i+1))
			}
			switch yes, _ := is.(bool); {
			case !yes:
			case r.Group != nil:
				return []byte(*r.Group), true, nil
			default:
				return nil, false, failed(CodeRule, r.Fail)
			}
		}
		return nil, false, otherwise("fail")
	}
}

func otherwise(what string) *validate.Fault {
	f := failed(CodeNoRule, "no rule of the feed is about this line")
	f.Skipped = what == "skip"
	return f
}

func failed(code, reason string) *validate.Fault {
	return &validate.Fault{Code: code, Reason: reason, Next: transform.FixAndLoad}
}

// CheckRule parses a rule as the config is read, before any header is known. column counts from 0 within the rule.
func CheckRule(when string) (column int, wrong string) {
	_, err := parser.Parse(when)
	var at *file.Error
	switch {
	case err == nil:
		return 0, ""
	case errors.As(err, &at):
		return at.Column, at.Message
	}
	return 0, inWords(err)
}

func inWords(err error) string {
	var at *file.Error
	if errors.As(err, &at) {
		return fmt.Sprintf("%s (at character %d)", at.Message, at.Column+1)
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
