package loader

import (
	"strconv"

	"rosterload/validate"
)

// keepAfter writes what was last seen of everybody touched, for the auditor. It is written anew with each revision and is no state: a
// resume looks again.
func (w *work) keepAfter() error {
	if w.ledger == nil {
		return nil
	}
	t, err := w.newTable(w.run.path(afterFile), standingHeader[1:6]...)
	if err != nil {
		return err
	}
	for i := range w.ledger.entries {
		if !w.ledger.entries[i].seen {
			continue
		}
		s := w.ledger.after(int32(i))
		if err := t.write(s.ID, strconv.FormatBool(s.Active), s.Request, s.Group, s.Status); err != nil {
			t.discard()
			return err
		}
	}
	_, err = t.seal()
	return err
}

// keys finds the roster's own words for up to most of these entries, for people to read.
func (w *work) keys(which []int32, most int) ([]string, error) {
	wanted := map[string]bool{}
	for _, i := range which {
		wanted[w.ledger.id(i)] = true
	}
	before, err := openTable(w.run.path(beforeFile))
	if err != nil {
		return nil, err
	}
	defer before.close()
	rows := map[int]bool{}
	for before.row != 0 && len(rows) < most {
		if wanted[before.rec[1]] {
			rows[before.row] = true
		}
		if err := before.next(); err != nil {
			return nil, err
		}
	}
	var keys []string
	for line, err := range w.roster.Lines() {
		if err != nil {
			return nil, err
		}
		if rows[line.Row] && len(keys) < most {
			keys = append(keys, validate.Trim(line.Cells[w.roster.UserColumn]))
		}
	}
	return keys, nil
}

// rosterUsers are the users of a roster that is only looked at.
func rosterUsers(o Options, path string) (*users, error) {
	w := &work{Options: o}
	f := o.Flags
	var err error
	if w.roster, err = validate.Open(path, o.Kind.Rules, validate.Options{
		User: f.User, Group: f.Group, Blank: f.Blank, NA: f.NA, Duplicates: f.Duplicates, UsernameSuffix: f.Suffix,
	}); err != nil {
		return nil, err
	}
	screening, err := w.roster.Screen(func(int) {})
	if err != nil {
		return nil, err
	}
	return w.users(screening), nil
}
