package salesforce

// upload reads a job's data row by row. It reads as the org does: a value that is quoted wrongly costs its row, and
// the next line is the next row. Source: Salesforce, Prepare CSV Files: a blank before or after a quoted value makes
// the row fail.
type upload struct {
	data      string
	at        int
	delimiter byte
	cells     []string // of the row that next has read; they are used again
	broken    bool     // the row is quoted wrongly: its one cell is the line as it came
}

// next reads a row; false is the end. Blank lines are no rows.
func (u *upload) next() bool {
	for u.at < len(u.data) && (u.data[u.at] == '\n' || u.data[u.at] == '\r') {
		u.at++
	}
	if u.at >= len(u.data) {
		return false
	}
	begin := u.at
	u.cells, u.broken = u.cells[:0], false
	for more := true; more; {
		more = u.cell()
		if u.broken {
			for u.at < len(u.data) && u.data[u.at] != '\n' {
				u.at++
			}
			u.cells = append(u.cells[:0], trimmed(u.data[begin:u.at]))
			return true
		}
	}
	return true
}

// cell reads one value, and tells whether another follows in its row.
func (u *upload) cell() (more bool) {
	if u.at < len(u.data) && u.data[u.at] == '"' {
		return u.quoted()
	}
	begin := u.at
	for ; u.at < len(u.data); u.at++ {
		switch c := u.data[u.at]; {
		case c == u.delimiter:
			u.cells = append(u.cells, u.data[begin:u.at])
			u.at++
			return true
		case c == '"':
			u.broken = true
			return false
		case c == '\n':
			u.cells = append(u.cells, trimmed(u.data[begin:u.at]))
			u.at++
			return false
		}
	}
	u.cells = append(u.cells, trimmed(u.data[begin:]))
	return false
}

// quoted reads a value in quotes. Behind it stands a delimiter, or the end of the line.
func (u *upload) quoted() (more bool) {
	start := u.at
	var value []byte
	begin := u.at + 1
	for u.at++; u.at < len(u.data); u.at++ {
		if u.data[u.at] != '"' {
			continue
		}
		if u.at+1 < len(u.data) && u.data[u.at+1] == '"' {
			value = append(value, u.data[begin:u.at+1]...)
			u.at++
			begin = u.at + 1
			continue
		}
		text := u.data[begin:u.at]
		if value != nil {
			text = string(append(value, text...))
		}
		u.cells = append(u.cells, text)
		u.at++
		return u.closed()
	}
	u.at, u.broken = start, true // the quote is never closed
	return false
}

// closed looks behind a closing quote.
func (u *upload) closed() (more bool) {
	rest := u.data[u.at:]
	switch {
	case rest == "":
		return false
	case rest[0] == u.delimiter:
		u.at++
		return true
	case rest[0] == '\n':
		u.at++
		return false
	case len(rest) > 1 && rest[:2] == "\r\n":
		u.at += 2
		return false
	}
	u.broken = true
	return false
}

// trimmed is a line without the carriage return at its end.
func trimmed(line string) string {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}
