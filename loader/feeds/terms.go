package feeds

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"rosterload/loader/config"
	"rosterload/loader/evidence/sshsig"
	"rosterload/loader/plan"
	"rosterload/loader/terms"
)

// rule is one entry under rules:.
type rule struct {
	When      config.At[string] `yaml:"when"`
	Group     config.At[string] `yaml:"group"`
	Fail      config.At[string] `yaml:"fail"`
	Otherwise config.At[string] `yaml:"otherwise"`
}

type expect struct {
	Rows   config.At[string] `yaml:"rows"` // 500..5000
	Change config.At[string] `yaml:"change"`
	New    bool              `yaml:"new"`
	Rising config.At[bool]   `yaml:"rising"`
}

// defaultChange is the share of the holders that a file that names all users may change.
const defaultChange = "30%"

// Terms are what the feed decides besides flags, as the config and the files it names say it now.
func (f *Feed) Terms() (*terms.Terms, error) {
	s := &f.Settings
	t := &terms.Terms{Full: f.Mode == Full, TakeOver: s.TakeOver, ValuesFold: s.ValuesFold}
	for _, read := range []func(*terms.Terms) error{f.readOwns, f.readValues, f.readRules, f.readProtect, f.readExpect, f.readUnknown, f.readApproval} {
		if err := read(t); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (f *Feed) readOwns(t *terms.Terms) error {
	owns := f.Settings.Owns
	switch {
	case !owns.Given() && t.Full:
		return f.entry.Complain("feed %s: mode: full needs owns:, the groups whose users the file names", f.Name)
	case !owns.Given():
	case owns.IsList && len(owns.V) == 0:
		return owns.Complain("owns names no group")
	case owns.IsList:
		t.Owns = owns.V
	case owns.V[0] == "all":
		t.OwnsAll = true
	default:
		return owns.Complain("owns is a list of groups, or all")
	}
	return nil
}

func (f *Feed) readValues(t *terms.Terms) error {
	at := f.Settings.Values
	if !at.Given() {
		return nil
	}
	if len(f.Settings.Rules) > 0 {
		return at.Complain("values and rules: one of them decides")
	}
	path := f.entry.Relative(at.V)
	file, err := os.Open(path)
	if err != nil {
		return at.Complain("the table of values cannot be read: %v", err)
	}
	defer func() { _ = file.Close() }()
	if t.Values, err = readTable(file, t.ValuesFold); err != nil {
		return at.Complain("%s: %v", path, err)
	}
	return nil
}

// readTable reads two columns: HR's word and the group.
func readTable(from io.Reader, fold bool) (map[string]string, error) {
	in := csv.NewReader(from)
	in.FieldsPerRecord = 2
	table, seen := map[string]string{}, map[string]string{}
	for n := 1; ; n++ {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return table, nil
		}
		if err != nil {
			return nil, err
		}
		word, group := strings.TrimSpace(strings.TrimPrefix(record[0], "\ufeff")), strings.TrimSpace(record[1])
		if n == 1 && strings.EqualFold(word, "value") && strings.EqualFold(group, "group") {
			continue
		}
		same := norm.NFC.String(word)
		if fold {
			same = strings.ToLower(same)
		}
		if other, twice := seen[same]; twice && other != group {
			line, _ := in.FieldPos(0)
			return nil, fmt.Errorf("line %d: %q stands there twice, with two groups", line, word)
		}
		seen[same], table[word] = group, group
	}
}

func (f *Feed) readRules(t *terms.Terms) error {
	for i, r := range f.Settings.Rules {
		last := i == len(f.Settings.Rules)-1
		switch {
		case r.Otherwise.Given() && (r.When.Given() || r.Group.Given() || r.Fail.Given()):
			return f.entry.ComplainAt(r.Otherwise.Line, r.Otherwise.Column, "otherwise stands alone")
		case r.Otherwise.Given() && !last:
			return f.entry.ComplainAt(r.Otherwise.Line, r.Otherwise.Column,
				"otherwise is the last rule: those behind it would never be asked")
		case r.Otherwise.Given() && r.Otherwise.V != "skip" && r.Otherwise.V != "fail":
			return f.entry.ComplainAt(r.Otherwise.Line, r.Otherwise.Column, "otherwise %q is neither skip nor fail",
				r.Otherwise.V)
		case r.Otherwise.Given():
			t.Rules = append(t.Rules, terms.Rule{Otherwise: r.Otherwise.V})
			continue
		case !r.When.Given():
			return f.entry.Complain("feed %s: rule %d has no when", f.Name, i+1)
		case r.Group.Given() == r.Fail.Given():
			return f.entry.ComplainAt(r.When.Line, r.When.Column, "a rule says group: or fail:, one of them")
		}
		if column, wrong := terms.CheckRule(r.When.V); wrong != "" {
			return f.entry.ComplainAt(r.When.Line, r.When.Column+1+column, "the rule cannot be read: %s", wrong)
		}
		rule := terms.Rule{When: r.When.V, Fail: r.Fail.V}
		if r.Group.Given() {
			rule.Group = &r.Group.V
		}
		t.Rules = append(t.Rules, rule)
	}
	return nil
}

func (f *Feed) readProtect(t *terms.Terms) (err error) {
	t.Protect, err = protected(f.Settings.Protect, f.entry.Relative)
	return err
}

func (f *Feed) readApproval(t *terms.Terms) (err error) {
	a := f.Settings.Approval
	if a.By.Given() {
		a.By.V = f.entry.Relative(a.By.V)
	}
	t.Approval, err = approval(a, f.entry.Complain)
	return err
}

// OfTarget are the terms that a target's own settings set for every run on it, by a feed or by hand; nil where they set
// none.
func OfTarget(c *config.Common) (*terms.Terms, error) {
	if !c.Protect.Given() && !c.Approval.Given() {
		return nil, nil
	}
	same := func(path string) string { return path } // the config has made it absolute
	t := &terms.Terms{}
	var err error
	if t.Protect, err = protected(c.Protect, same); err != nil {
		return nil, err
	}
	t.Approval, err = approval(c.Approval, func(format string, args ...any) error { return &config.Error{Text: fmt.Sprintf(format, args...)} })
	return t, err
}

// Over adds what a target sets for every run to the terms of a feed: its users are protected as well, and its approval
// rule holds where the feed has none of its own.
func Over(feed, target *terms.Terms) {
	if target == nil {
		return
	}
	feed.Protect = append(feed.Protect, target.Protect...)
	if feed.Approval == (terms.Approval{}) {
		feed.Approval = target.Approval
	}
}

func protected(texts config.Texts, relative func(string) string) ([]string, error) {
	var keys []string
	for _, entry := range texts.V {
		from, isFile := strings.CutPrefix(entry, "file:")
		if !isFile {
			keys = append(keys, entry)
			continue
		}
		data, err := os.ReadFile(relative(from))
		if err != nil {
			return nil, texts.Complain("the protected users cannot be read: %v", err)
		}
		for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				keys = append(keys, line)
			}
		}
	}
	return keys, nil
}

// approval reads the rule, and the file of those who may sign: one that cannot be read now would leave the run without
// an approval for ever.
func approval(a config.Approval, complain func(string, ...any) error) (terms.Approval, error) {
	switch {
	case !a.Given():
		return terms.Approval{}, nil
	case !a.By.Given():
		return terms.Approval{}, complain("approval: does not say by: which file names those who may sign")
	case a.Removals == 0 && a.Changes == 0:
		return terms.Approval{}, a.By.Complain("approval: says neither removals nor changes")
	}
	text, err := os.ReadFile(a.By.V)
	if err != nil {
		return terms.Approval{}, a.By.Complain("the allowed signers cannot be read: %v", err)
	}
	if _, err := sshsig.ParseSigners(text); err != nil {
		return terms.Approval{}, a.By.Complain("%s:%v", a.By.V, err)
	}
	return terms.Approval{Removals: a.Removals, Changes: a.Changes, Signers: string(text)}, nil
}

func (f *Feed) readExpect(t *terms.Terms) error {
	e := f.Settings.Expect
	t.Expect = terms.Expect{Change: e.Change.V, New: e.New, Rising: e.Rising.V}
	if t.Full && t.Expect.Change == "" {
		t.Expect.Change = defaultChange
	}
	if _, share, err := plan.ParseShare(e.Change.V); e.Change.Given() && (err != nil || !share) {
		return e.Change.Complain("change %q is no share such as 30%%", e.Change.V)
	}
	switch {
	case e.Rows.Given():
		least, most, ok := strings.Cut(e.Rows.V, "..")
		var bad [2]error
		t.Expect.Least, bad[0] = number(least)
		t.Expect.Most, bad[1] = number(most)
		if !ok || bad[0] != nil || bad[1] != nil || t.Expect.Most > 0 && t.Expect.Most < t.Expect.Least {
			return e.Rows.Complain("rows %q is no span such as 500..5000", e.Rows.V)
		}
	case t.Full && f.Ready == Settle:
		return f.entry.Complain("feed %s: mode: full needs expect: {rows: …} unless ready is marker, checksum or trailer: "+
			"a writer that pauses longer than settle looks complete, and half a file would take away the other half", f.Name)
	}
	if e.Rising.V && !strings.ContainsAny(f.Match, "*?[") {
		return e.Rising.Complain("rising: every file of this feed has the same name, %s", f.Match)
	}
	return nil
}

func number(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err == nil && n < 0 {
		err = errors.New("below zero")
	}
	return n, err
}

func (f *Feed) readUnknown(t *terms.Terms) (err error) {
	at := f.Settings.Unknown
	switch {
	case !at.Given(), at.V == "send":
	case at.V == "hold":
		t.Unknown.Hold = true
	default:
		if t.Unknown.Most, err = number(at.V); err != nil {
			return at.Complain("unknown %q is none of send, hold, or a number of lines", at.V)
		}
	}
	if at.Given() && !t.Full {
		return at.Complain("unknown: is for mode: full")
	}
	return nil
}

// bothOwn names a group whose users two feeds name.
func bothOwn(f, g *Feed) string {
	if f.Mode != Full || g.Mode != Full || f.Target != g.Target {
		return ""
	}
	a, b := f.Settings.Owns, g.Settings.Owns
	switch {
	case !a.IsList && len(b.V) > 0:
		return b.V[0]
	case !b.IsList && len(a.V) > 0:
		return a.V[0]
	}
	for _, x := range a.V {
		for _, y := range b.V {
			if norm.NFC.String(x) == norm.NFC.String(y) {
				return x
			}
		}
	}
	return ""
}
