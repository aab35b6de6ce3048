package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Common are the settings that every kind has. A kind's own settings embed it with `yaml:",inline"`. Those that a kind
// does not read are named by its method Unread() []string and refused: a setting without effect would be taken for one
// that works.
type Common struct {
	Kind            string    `yaml:"kind"`
	Columns         Columns   `yaml:"columns"`
	UsernameSuffix  string    `yaml:"username_suffix"`
	Blank           string    `yaml:"blank"`
	NA              string    `yaml:"na"`
	Duplicates      string    `yaml:"duplicates"`
	MaxRemovals     string    `yaml:"max_removals"`
	MaxFailed       string    `yaml:"max_failed"`
	Groups          []string  `yaml:"groups"` // as they are written, whatever YAML would read
	Wait            *Duration `yaml:"wait"`
	CAFile          string    `yaml:"ca_file"`
	Insecure        bool      `yaml:"insecure"`
	Poll            Poll      `yaml:"poll"`
	RetryFor        Duration  `yaml:"retry_for"`
	MinAPICallsLeft int       `yaml:"min_api_calls_left"`
	Protect         Texts     `yaml:"protect"`
	Approval        Approval  `yaml:"approval"`

	in Target
}

// keep remembers the target, once it is decoded.
func (c *Common) keep(t Target) { c.in = t }

// Complain says what is wrong with a setting such as "auth.jwt", and where it stands: an *Error. A setting that is not
// given stands where its target does.
func (c *Common) Complain(setting, format string, args ...any) error {
	line, column := 0, 0
	if c.in.node != nil {
		if n := nodeAt(c.in.node, setting); n != nil {
			at := n.GetToken().Position
			line, column = at.Line, at.Column
		}
	}
	return c.in.complain(line, column, format, args...)
}

// ComplainOf places an error that begins with the name of its setting, such as "ca_file: no such file". One that does
// not, of the machine's proxies for example, has no place in the config.
func (c *Common) ComplainOf(err error) error {
	name := err.Error()
	if end := strings.IndexAny(name, " :"); end > 0 {
		name = name[:end]
	}
	first, _, _ := strings.Cut(name, ".")
	if c.in.config == nil || !slices.Contains(c.in.config.known, first) {
		return &Error{Text: err.Error()}
	}
	return c.Complain(name, "%v", err)
}

// Approval is when a second person must approve a run.
type Approval struct {
	Removals int        `yaml:"removals"` // more than so many within a day
	Changes  int        `yaml:"changes"`
	By       At[string] `yaml:"by"` // the allowed_signers file
}

// Given tells whether there is such a rule.
func (a Approval) Given() bool { return a.Removals > 0 || a.Changes > 0 || a.By.Given() }

// Shared lets the caller reach the settings of any kind.
func (c *Common) Shared() *Common { return c }

// Columns names the roster's columns where the known headings do not.
type Columns struct {
	User  string `yaml:"user"`
	Group string `yaml:"group"`
}

// Poll is how often the org is asked: from the first pause to the longest, for jobs and for provisioning.
type Poll struct {
	Job        Duration `yaml:"job"`
	JobMost    Duration `yaml:"job_most"`
	Status     Duration `yaml:"status"`
	StatusMost Duration `yaml:"status_most"`
}

// check holds what is given against what it may be, and complains at its place.
func (c *Common) check(n ast.Node) error {
	for _, s := range []struct{ setting, wrong string }{
		{"blank", noneOf(c.Blank, "remove", "ignore", "reject")},
		{"na", noneOf(c.NA, "remove", "reject")},
		{"duplicates", noneOf(c.Duplicates, "reject", "first", "last")},
		{"max_removals", noShare(c.MaxRemovals)},
		{"max_failed", noShare(c.MaxFailed)},
		{"retry_for", noTime(c.RetryFor)},
		{"poll.job", noTime(c.Poll.Job)},
		{"poll.job_most", lessThan(c.Poll.JobMost, "job", c.Poll.Job)},
		{"poll.status", noTime(c.Poll.Status)},
		{"poll.status_most", lessThan(c.Poll.StatusMost, "status", c.Poll.Status)},
	} {
		given := nodeAt(n, s.setting)
		if given == nil || isBlank(given) || s.wrong == "" {
			continue
		}
		return errorAt(given, "%s %s", s.setting[strings.IndexByte(s.setting, '.')+1:], s.wrong)
	}
	return checkGroups(nodeAt(n, "groups"))
}

// checkGroups refuses an entry without a name: `- `. A blank name would be the removal of a group.
func checkGroups(n ast.Node) error {
	list, ok := bare(n).(*ast.SequenceNode)
	if !ok {
		return nil
	}
	for _, entry := range list.Values {
		if text, ok := scalar(entry); ok && strings.TrimSpace(text) == "" {
			return errorAt(entry, "groups has an entry without a name")
		}
	}
	return nil
}

func noneOf(text string, may ...string) string {
	if slices.Contains(may, text) {
		return ""
	}
	return fmt.Sprintf("%q is none of %s", text, strings.Join(may, ", "))
}

// noShare says what is wrong with a number such as 15 or a share such as 20%.
func noShare(text string) string {
	digits, share := strings.CutSuffix(strings.TrimSpace(text), "%")
	value, err := strconv.ParseFloat(digits, 64)
	if err != nil || value < 0 || share && value > 100 || !share && value != float64(int(value)) {
		return fmt.Sprintf("%q is neither a number such as 15 nor a share such as 20%%", text)
	}
	return ""
}

func noTime(d Duration) string {
	if d > 0 {
		return ""
	}
	return "is no time at all"
}

func lessThan(most Duration, name string, first Duration) string {
	if most >= first && most > 0 {
		return ""
	}
	return fmt.Sprintf("%s is less than %s %s", most.Duration(), name, first.Duration())
}
