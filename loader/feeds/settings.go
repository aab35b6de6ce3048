package feeds

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"rosterload/loader/config"
	"rosterload/loader/plan"
	"rosterload/loader/run"
)

// Settings is a feed in rosterload.yaml.
type Settings struct {
	Target      config.At[string] `yaml:"target"`
	Folder      config.At[string] `yaml:"folder"`
	Match       config.At[string] `yaml:"match"`
	Settle      *config.Duration  `yaml:"settle"`
	Ready       config.At[string] `yaml:"ready"`
	GiveUp      config.Duration   `yaml:"give_up"`
	Mode        config.At[string] `yaml:"mode"`
	Answers     config.At[string] `yaml:"answers"`
	AnswersMode config.At[string] `yaml:"answers_mode"`

	Owns       config.Texts      `yaml:"owns"`
	TakeOver   bool              `yaml:"take_over"`
	Values     config.At[string] `yaml:"values"`
	ValuesFold bool              `yaml:"values_fold"`
	Rules      []rule            `yaml:"rules"`
	Protect    config.Texts      `yaml:"protect"`
	Expect     expect            `yaml:"expect"`
	Unknown    config.At[string] `yaml:"unknown"`
	Approval   config.Approval   `yaml:"approval"`

	// As in a target, and winning over it.
	Columns     config.Columns    `yaml:"columns"`
	Blank       config.At[string] `yaml:"blank"`
	NA          config.At[string] `yaml:"na"`
	Duplicates  config.At[string] `yaml:"duplicates"`
	MaxRemovals config.At[string] `yaml:"max_removals"`
	MaxFailed   config.At[string] `yaml:"max_failed"`
	Wait        *config.Duration  `yaml:"wait"`
	Report      bool              `yaml:"report"`

	// Parts of the contract that are not built yet: each is refused at its place.
	SFTP    config.At[any] `yaml:"sftp"`
	PGP     config.At[any] `yaml:"pgp"`
	Notify  config.At[any] `yaml:"notify"`
	Late    config.At[any] `yaml:"late"`
	Sheet   config.At[any] `yaml:"sheet"`
	MaxSize config.At[any] `yaml:"max_size"`
}

// Feed is a named source of files for one target.
type Feed struct {
	Name        string
	Target      string
	Folder      string
	Match       string
	Ready       string
	Mode        string
	Answers     string // absolute
	AnswersMode fs.FileMode
	Settle      time.Duration
	GiveUp      time.Duration
	Settings    Settings
	entry       config.Feed
}

// The modes of a feed.
const (
	Changes = "changes" // a file says what changes
	Full    = "full"    // a file names all users who should have a group
)

const (
	defaultSettle = 10 * time.Second
	defaultGiveUp = time.Hour
	defaultMatch  = "*.csv"
)

// Read decodes the feeds of a config and refuses those that contradict themselves or each other. Every complaint has
// line and column.
func Read(c *config.Config) ([]*Feed, error) {
	var feeds []*Feed
	targets := map[string]bool{}
	for _, t := range c.Targets {
		targets[t.Name] = true
	}
	for _, entry := range c.Feeds {
		f, err := read(entry, targets)
		if err != nil {
			return nil, err
		}
		feeds = append(feeds, f)
	}
	return feeds, contradictions(feeds)
}

func read(entry config.Feed, targets map[string]bool) (*Feed, error) {
	f := &Feed{Name: entry.Name, Settle: defaultSettle, GiveUp: defaultGiveUp, AnswersMode: 0o640, entry: entry}
	s := &f.Settings
	if err := entry.Decode(s); err != nil {
		return nil, err
	}
	if err := s.notYet(); err != nil {
		return nil, err
	}
	switch {
	case !s.Target.Given():
		return nil, entry.Complain("feed %s does not say its target", f.Name)
	case !targets[s.Target.V]:
		return nil, s.Target.Complain("there is no target %q", s.Target.V)
	case !s.Folder.Given() || s.Folder.V == "":
		return nil, entry.Complain("feed %s does not say its folder", f.Name)
	}
	f.Target, f.Folder = s.Target.V, filepath.Clean(entry.Relative(s.Folder.V))
	f.Match, f.Ready, f.Mode = or(s.Match.V, defaultMatch), or(s.Ready.V, Settle), or(s.Mode.V, Changes)
	if s.Settle != nil {
		f.Settle = s.Settle.Duration()
	}
	if s.GiveUp > 0 {
		f.GiveUp = s.GiveUp.Duration()
	}
	if f.Answers = or(s.Answers.V, "answers"); !filepath.IsAbs(f.Answers) {
		f.Answers = filepath.Join(f.Folder, f.Answers)
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	_, err := f.Terms() // what it reads is there, and can be read
	return f, err
}

func or(text, usual string) string {
	if text == "" {
		return usual
	}
	return text
}

// notYet refuses what the contract promises and this version does not do, rather than leave it out in silence.
func (s *Settings) notYet() error {
	for _, part := range []struct {
		name string
		at   config.At[any]
	}{
		{"sftp", s.SFTP},
		{"pgp", s.PGP},
		{"notify", s.Notify},
		{"late", s.Late},
		{"sheet", s.Sheet},
		{"max_size", s.MaxSize},
	} {
		if part.at.Given() {
			return part.at.Complain("%s: is not yet there in this version", part.name)
		}
	}
	return nil
}

// check looks at each setting by itself.
func (f *Feed) check() error {
	s := &f.Settings
	for _, word := range []struct {
		name string
		at   config.At[string]
		may  []string
	}{
		{"ready", s.Ready, []string{Settle, Marker, Checksum, Trailer}},
		{"mode", s.Mode, []string{Changes, Full}},
		{"blank", s.Blank, []string{"remove", "ignore", "reject"}},
		{"na", s.NA, []string{"remove", "reject"}},
		{"duplicates", s.Duplicates, []string{"reject", "first", "last"}},
	} {
		if word.at.Given() && !slices.Contains(word.may, word.at.V) {
			return word.at.Complain("%s %q is none of %s", word.name, word.at.V, strings.Join(word.may, ", "))
		}
	}
	for name, at := range map[string]config.At[string]{"max_removals": s.MaxRemovals, "max_failed": s.MaxFailed} {
		if err := plan.CheckShare(at.V); err != nil && at.Given() {
			return at.Complain("%s: %v", name, err)
		}
	}
	if _, err := path.Match(f.Match, "x"); err != nil {
		return s.Match.Complain("match %q is no pattern of file names", f.Match)
	}
	for _, ending := range []string{".gz", ".zip", ".xlsx", ".pgp", ".gpg", ".asc"} {
		if strings.HasSuffix(strings.ToLower(f.Match), ending) {
			return s.Match.Complain("match %q: packed files and workbooks are not yet read in this version", f.Match)
		}
	}
	if s.AnswersMode.Given() {
		mode, err := strconv.ParseUint(s.AnswersMode.V, 8, 9)
		if err != nil || mode&0o400 == 0 {
			return s.AnswersMode.Complain("answers_mode %q is no mode such as 0640", s.AnswersMode.V)
		}
		f.AnswersMode = fs.FileMode(mode) | 0o640
	}
	return nil
}

// contradictions looks at the feeds beside each other.
func contradictions(feeds []*Feed) error {
	for i, f := range feeds {
		for _, g := range feeds {
			if f.Answers == g.Folder || isState(f.Answers, g.Folder) {
				return firstGiven(f.Settings.Answers,
					f.Settings.Folder).Complain("the answers of feed %s would lie in %s, which feed %s reads", f.Name,
					f.Answers, g.Name)
			}
		}
		for _, g := range feeds[:i] {
			if f.Folder == g.Folder && overlap(f.Match, g.Match) {
				return firstGiven(f.Settings.Match,
					f.Settings.Folder).Complain("feeds %s and %s read one folder, and a file could match both: %s, %s",
					g.Name, f.Name, g.Match, f.Match)
			}
			if group := bothOwn(f, g); group != "" {
				return f.Settings.Owns.Complain("feeds %s and %s both name all users who should have the group %s "+
					"of target %s", g.Name, f.Name, group, f.Target)
			}
			if isState(f.Folder, g.Folder) || isState(g.Folder, f.Folder) {
				return f.Settings.Folder.Complain("feeds %s and %s: one works in a folder of the other", g.Name, f.Name)
			}
		}
	}
	return nil
}

func firstGiven(a, b config.At[string]) config.At[string] {
	if a.Given() {
		return a
	}
	return b
}

// isState tells whether a path is one of the folders in which a feed keeps its deliveries.
func isState(at, folder string) bool {
	for _, s := range states {
		if at == filepath.Join(folder, string(s)) {
			return true
		}
	}
	return false
}

// overlap tells whether a file name could match both patterns. Where a character class stands it is taken for any
// character: two feeds that only seem to overlap are refused rather than two that do be let pass.
func overlap(a, b string) bool {
	if a == "" || b == "" {
		return strings.Trim(a+b, "*") == ""
	}
	if a[0] == '*' {
		return overlap(a[1:], b) || overlap(a, skipOne(b))
	}
	if b[0] == '*' {
		return overlap(b, a)
	}
	x, restA := one(a)
	y, restB := one(b)
	return (x == y || x == anyByte || y == anyByte) && overlap(restA, restB)
}

const anyByte = -1

// one is the first element of a pattern that has no star in front.
func one(pattern string) (int, string) {
	switch pattern[0] {
	case '?':
		return anyByte, pattern[1:]
	case '[':
		if i := strings.IndexByte(pattern, ']'); i > 0 {
			return anyByte, pattern[i+1:]
		}
	case '\\':
		if len(pattern) > 1 {
			return int(pattern[1]), pattern[2:]
		}
	}
	return int(pattern[0]), pattern[1:]
}

func skipOne(pattern string) string {
	if pattern[0] == '*' {
		return pattern[1:]
	}
	_, rest := one(pattern)
	return rest
}

// Flags are the options of the feed's runs: its own settings win over those of its target.
func (f *Feed) Flags(target run.Flags) run.Flags {
	s, flags := &f.Settings, target
	for _, w := range []struct {
		to *string
		at config.At[string]
	}{
		{&flags.Blank, s.Blank},
		{&flags.NA, s.NA},
		{&flags.Duplicates, s.Duplicates},
		{&flags.MaxRemovals, s.MaxRemovals},
		{&flags.MaxFailed, s.MaxFailed},
	} {
		if w.at.Given() {
			*w.to = w.at.V
		}
	}
	if !s.NA.Given() {
		flags.NA = "reject" // a failed VLOOKUP looks the same, and no person looks at the file before it is loaded
	}
	flags.User, flags.Group = or(s.Columns.User, flags.User), or(s.Columns.Group, flags.Group)
	if s.Wait != nil {
		flags.Wait = s.Wait.Duration()
	}
	if s.Report {
		flags.Renderings = append(slices.Clone(flags.Renderings), "report")
	}
	return flags
}
