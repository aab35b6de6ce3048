package evidence

import (
	"bytes"
	"os"

	"rosterload/loader/run"
)

// lineCounter finds the line of a row as an editor counts it, in the run's copy of the roster. Where the copy cannot be
// read as simply as here, it says 0.
type lineCounter struct {
	run   *run.Run
	lines []int // by row, from 1; nil: not counted
	plain bool  // each row stands on a line of its own, behind a heading of one line
	tried bool
}

func (c *lineCounter) of(row int) int {
	if !c.tried {
		c.tried = true
		c.count()
	}
	switch {
	case c.plain:
		return row + 1
	case row < 1 || row > len(c.lines):
		return 0
	}
	return c.lines[row-1]
}

func (c *lineCounter) count() {
	text, err := os.ReadFile(c.run.Path(run.RosterFile))
	if err != nil || c.run.Planned == nil {
		return
	}
	lines := bytes.Count(text, []byte{'\n'})
	if len(text) > 0 && text[len(text)-1] != '\n' {
		lines++
	}
	if c.plain = lines == c.run.Planned.Rows+1 && c.run.Planned.BlankLines == 0; !c.plain {
		c.each(text)
	}
}

// each walks the records: a cell may hold line ends, and a blank line is no row.
func (c *lineCounter) each(text []byte) {
	in, line, heading := newRecords(bytes.NewReader(text)), 1, true
	var lines []int
	for {
		rec, err := in.next()
		if err != nil {
			break
		}
		at := line
		line += max(1, bytes.Count(rec, []byte{'\n'}))
		switch {
		case at == 1 && bytes.HasPrefix(bytes.ToLower(rec), []byte("sep=")):
		case len(bytes.Trim(rec, " \t\r\n\","+c.run.Planned.Delimiter)) == 0:
		case heading:
			heading = false
		default:
			lines = append(lines, at)
		}
	}
	if len(lines) == c.run.Planned.Rows {
		c.lines = lines
	}
}
