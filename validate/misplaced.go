package validate

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// otherwise says what a file without a known header is, where that can be told: another format, a table with title
// lines above its header, or one without a header. Nil: all that can be said is which columns there are.
func (r *Roster) otherwise(best *sample, samples []*sample) error {
	in, err := r.src.from(0)
	if err != nil {
		return err
	}
	head := make([]byte, page)
	n, err := io.ReadFull(in, head)
	if n == 0 {
		return err
	}
	if no := writtenAs(head[:n]); no != nil {
		return no
	}
	for _, s := range samples {
		if no := r.belowTitles(s); no != nil {
			return no
		}
	}
	if slices.ContainsFunc(best.header, r.isUser) {
		return &RosterError{
			Text: fmt.Sprintf("line %d looks like a row, not like a header: %s", best.number, quoted(best.header)),
			Hint: "write a line above it that names the columns, such as " + r.exampleHeader(),
		}
	}
	return nil
}

// belowTitles tells of a header that stands further down, as behind a report's title.
func (r *Roster) belowTitles(s *sample) error {
	for _, l := range s.first {
		user, value := r.columns(l.cells, false)
		if r.lacks(&sample{user: user, value: value}) {
			continue
		}
		return &RosterError{
			Text: fmt.Sprintf("line %d looks like the header: %s; a roster begins with it", l.number, quoted(l.cells)),
			Hint: fmt.Sprintf("delete the lines above line %d", l.number),
		}
	}
	return nil
}

// isUser tells whether a cell names a user and not a column: an e-mail, or an id.
func (r *Roster) isUser(cell string) bool {
	cell = Trim([]byte(cell))
	before, after, at := strings.Cut(cell, "@")
	if at && before != "" && strings.Contains(after, ".") && !strings.ContainsFunc(cell, isBlank) {
		return true
	}
	return cell != "" && slices.ContainsFunc(r.spelling.Users, func(u UserColumn) bool {
		if u.By != "Id" {
			return false
		}
		_, fault := u.Key(nil, []byte(cell))
		return fault == nil
	})
}

// exampleHeader names two columns that would do.
func (r *Roster) exampleHeader() string {
	user, value := r.options.User, r.options.Group
	if user == "" {
		user = r.spelling.usernames().Headings[0]
	}
	if value == "" && len(r.spelling.Values) > 0 { // the shortest is the plainest
		value = slices.MinFunc(r.spelling.Values, func(a, b string) int { return len(a) - len(b) })
	}
	return user + "," + value
}
