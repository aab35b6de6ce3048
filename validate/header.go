package validate

import (
	"fmt"
	"slices"
	"strings"
)

// heading is what two spellings of one heading have in common: case, blanks, underscores and the ending __c aside.
func heading(name string) string {
	name = Fold(strings.TrimFunc(name, isBlank))
	name = strings.TrimSuffix(name, "__c")
	return strings.Map(func(r rune) rune {
		if r == '_' || isBlank(r) {
			return -1
		}
		return r
	}, name)
}

// headingOf is the heading of a column, which a failed.csv of ours may have guarded.
func headingOf(name string, failed bool) string { return heading(string(needed([]byte(name), failed))) }

// columns finds the candidates for both columns.
func (r *Roster) columns(header []string, failed bool) (user, value []int) {
	for i, name := range header {
		h := headingOf(name, failed)
		if r.isUserColumn(h) {
			user = append(user, i)
		}
		if r.isValueColumn(h) {
			value = append(value, i)
		}
	}
	return user, value
}

func (r *Roster) isUserColumn(h string) bool {
	if r.options.User != "" {
		return h == heading(r.options.User)
	}
	return r.userColumn(h) != nil
}

func (r *Roster) isValueColumn(h string) bool {
	if r.options.Group != "" {
		return h == heading(r.options.Group)
	}
	return knows(r.spelling.Values, h)
}

func (r *Roster) userColumn(h string) *UserColumn {
	for i, u := range r.spelling.Users {
		if knows(u.Headings, h) {
			return &r.spelling.Users[i]
		}
	}
	return nil
}

// knows tells whether a heading is one of the known ones.
func knows(known []string, h string) bool {
	return slices.ContainsFunc(known, func(name string) bool { return heading(name) == h })
}

// adopt makes the best sample the roster's dialect, or says why the file is none.
func (r *Roster) adopt(s *sample) error {
	if run, yes := resultsOf(s); yes {
		text := "this is a results file" + run + ", not a roster"
		return &RosterError{Line: s.number, Text: text, Hint: "load the roster, or the failed.csv beside it"}
	}
	r.Header, r.Delimiter, r.begin, r.lines, r.ours = s.header, s.delimiter, s.begin, s.lines, s.failed
	if err := r.pick("user", "--user", s.user, r.options.User, &r.UserColumn); err != nil {
		return err
	}
	if r.options.NoValue {
		s.value = nil
	}
	if len(s.value) > 0 || !r.lacksNoValue() {
		if err := r.pick("group", "--group", s.value, r.options.Group, &r.ValueColumn); err != nil {
			return err
		}
	}
	if r.ValueColumn == r.UserColumn {
		const text = "%q cannot be the user column and the group column; the header is: %s"
		return &RosterError{
			Text: fmt.Sprintf(text, r.Header[r.UserColumn], quoted(r.Header)),
			Hint: "choose two columns with --user and --group",
		}
	}
	if r.ours {
		r.Header = r.Header[:len(r.Header)-2]
	}
	if r.options.Meaning != nil {
		var err error
		if r.meaning, err = r.options.Meaning(r.Header); err != nil {
			return err
		}
	}
	r.chooseKey()
	if err := r.findStatements(); err != nil {
		return err
	}
	if s.span > 0 {
		r.expected = int(min(r.src.size()*int64(s.rows)/s.span, r.src.size()/4))
	}
	return nil
}

// lacksNoValue: a roster without a value column is a good one.
func (r *Roster) lacksNoValue() bool { return r.spelling.ValueOptional || r.options.NoValue }

// pick takes the one candidate for a column.
func (r *Roster) pick(what, flag string, candidates []int, asked string, column *int) error {
	text, hint := fmt.Sprintf("no column is known as the %s column", what), "name it with "
	switch {
	case len(candidates) == 1:
		*column = candidates[0]
		return nil
	case len(candidates) > 1:
		var names []string
		for _, i := range candidates {
			names = append(names, fmt.Sprintf("%q (column %d)", r.Header[i], i+1))
		}
		text = fmt.Sprintf("%d columns could be the %s column: %s", len(candidates), what, strings.Join(names, ", "))
		hint = "choose one with "
	case asked != "":
		text, hint = fmt.Sprintf("there is no column %q", asked), "name one of these with "
	}
	return &RosterError{Text: text + "; the header is: " + quoted(r.Header), Hint: hint + flag}
}

// quoted spells cells for a person, control characters included.
func quoted(cells []string) string {
	all := make([]string, len(cells))
	for i, c := range cells {
		all[i] = fmt.Sprintf("%q", c)
	}
	return strings.Join(all, ", ")
}

// chooseKey finds out how the user column names users; one that only --user knows holds usernames.
func (r *Roster) chooseKey() {
	u := r.userColumn(headingOf(r.Header[r.UserColumn], r.ours))
	if u == nil {
		u = r.spelling.usernames()
	}
	r.By, r.key = u.By, u.Key
}

// findStatements finds the further columns that the connector reads; none of them need be there.
func (r *Roster) findStatements() error {
	r.said.columns, r.said.guarded = map[string]int{}, r.ours
	for _, st := range r.spelling.Statements {
		for i, name := range r.Header {
			if i == r.UserColumn || i == r.ValueColumn || !knows(st.Headings, headingOf(name, r.ours)) {
				continue
			}
			if first, twice := r.said.columns[st.Name]; twice {
				const text = "columns %d and %d both say %s: %q, %q"
				return &RosterError{
					Text: fmt.Sprintf(text, first+1, i+1, st.Name, r.Header[first], name),
					Hint: "take one of them out",
				}
			}
			r.said.columns[st.Name] = i
		}
	}
	return nil
}

// resultsOf tells whether the file is one of our own results, and of which run.
func resultsOf(s *sample) (run string, yes bool) {
	if len(s.header) < 18 || !slices.Equal(s.header[:4], []string{"row", "key", "action", "result"}) {
		return "", false
	}
	i := slices.Index(s.header, "run_id")
	if i >= 0 && len(s.first) > 0 && i < len(s.first[0].cells) {
		run = " of run " + s.first[0].cells[i]
	}
	return run, true
}
