package validate

import (
	"errors"
	"fmt"
	"strings"
)

// ReadExport reads a CSV that a product has exported and a spreadsheet may have had in its hands, by the first of the
// spelling's user columns that it has: its header, and its rows. A row that is cut up wrongly could be any user's: the
// file is refused, by a *RosterError.
func ReadExport(path string, s Spelling) ([][]string, error) {
	export, err := openExport(path, s)
	if err != nil {
		return nil, err
	}
	defer func() { _ = export.Close() }()
	records := [][]string{export.Header}
	for line, err := range export.Lines() {
		if err != nil {
			return nil, err
		}
		if line.Fault != nil {
			return nil, &RosterError{
				Text: fmt.Sprintf("the export %s, %s", path, line.Fault.Reason),
				Hint: "export it again, or mend that line",
			}
		}
		record := make([]string, len(line.Cells))
		for i, cell := range line.Cells {
			record[i] = string(cell)
		}
		records = append(records, record)
	}
	return records, nil
}

func openExport(path string, s Spelling) (*Roster, error) {
	var bad *RosterError
	var headings []string
	for _, u := range s.Users {
		opened, err := Open(path, Spelling{Users: []UserColumn{u}, ValueOptional: true}, Options{})
		switch {
		case err == nil:
			return opened, nil
		case errors.Is(err, ErrEmpty):
			return nil, &RosterError{Text: "the export " + path + " is empty", Hint: "export it again"}
		case !errors.As(err, &bad):
			return nil, &RosterError{Text: "cannot read the export: " + err.Error()}
		}
		headings = append(headings, u.Headings...)
	}
	return nil, &RosterError{
		Text: "the export names no user: it has no column " + strings.Join(headings, ", "),
		Hint: "export it again with that column",
	}
}
