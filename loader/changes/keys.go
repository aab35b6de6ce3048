package changes

import (
	"rosterload/loader/run"
	"rosterload/validate"
)

// Keys finds the roster's own words for up to most of these entries, for people to read.
func (c *Changes) Keys(roster *validate.Roster, which []int32, most int) ([]string, error) {
	wanted := map[string]bool{}
	for _, i := range which {
		wanted[c.ID(i)] = true
	}
	before, err := run.OpenTable(c.run.Path(run.BeforeFile))
	if err != nil {
		return nil, err
	}
	defer before.Close()
	rows := map[int]bool{}
	for before.Row != 0 && len(rows) < most {
		standing, _, err := before.Standing()
		if err != nil {
			return nil, err
		}
		if wanted[standing.ID] {
			rows[before.Row] = true
		}
		if err := before.Next(); err != nil {
			return nil, err
		}
	}
	var keys []string
	for line, err := range roster.Lines() {
		if err != nil {
			return nil, err
		}
		if rows[line.Row] && len(keys) < most {
			keys = append(keys, validate.Trim(line.Cells[roster.UserColumn]))
		}
	}
	return keys, nil
}
