package salesforce

import (
	"fmt"
	"slices"
	"strings"

	"rosterload/loader/simulator/org"
)

// chunk is how many rows one transaction of the org holds: duplicates and triggers are seen within it.
const chunk = 200

// advanceJob lets a job come as far as the time allows. The caller holds s.mu.
func (s *Server) advanceJob(j *job) {
	if j.state != "UploadComplete" && j.state != "InProgress" || s.switches().StuckJobs {
		return
	}
	now := s.now()
	if now.Before(j.due) {
		if now.Sub(j.modified) > s.jobDelay()/3 {
			j.state = "InProgress"
		}
		return
	}
	s.process(j)
	j.modified, j.ended = now, now
}

// process carries a job out.
func (s *Server) process(j *job) {
	s.jobTrouble(j)
	j.state = "JobComplete"
	failed := "Failed"
	if j.aborted {
		failed = "Aborted"
	}
	if j.failure != "" && j.limit < 0 {
		j.state, j.message = failed, j.failure
		j.limit = 0
	}
	if s.switches().EmptyJobs {
		return
	}
	rows, message := s.openData(j)
	if message != "" {
		j.state, j.message = "Failed", message
		j.limit = 0
	}
	s.org.Lock()
	defer s.org.Unlock()
	s.org.Settle()
	s.processRows(j, rows)
	if j.limit >= 0 && j.rows > j.processed && j.state == "JobComplete" {
		j.state, j.message = failed, j.failure
	}
}

// openData checks what the job says of its data against the data: a wrong line ending, a byte order mark or an
// unknown column fail the job.
func (s *Server) openData(j *job) (*upload, string) {
	rows := j.open()
	first, _, _ := strings.Cut(j.data, "\n")
	if isCRLF := strings.HasSuffix(first, "\r"); isCRLF != (j.lineEnding == "CRLF") && j.data != "" {
		return rows, "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is " +
			j.lineEnding
	}
	seen := map[string]bool{}
	for _, name := range j.header {
		f := s.fieldNamed(name)
		switch {
		case f == nil:
			return rows, "InvalidBatch : Field name not found : " + name
		case seen[f.name]:
			return rows, "InvalidBatch : Duplicate field name : " + name
		}
		seen[f.name] = true
	}
	return rows, ""
}

// open begins to read a job's data behind their header, which it keeps.
func (j *job) open() *upload {
	rows := &upload{data: j.data, delimiter: delimiters[j.delimiter]}
	if rows.next() {
		j.header = slices.Clone(rows.cells)
	}
	return rows
}

// sent is one row of a job's data. Cells are nil when it is quoted wrongly.
type sent struct {
	row   int
	cells []string
}

// processRows walks the data, chunk by chunk.
func (s *Server) processRows(j *job, rows *upload) {
	page := make([]sent, 0, chunk)
	for rows.next() {
		if j.ids = append(j.ids, ""); j.limit < 0 || j.rows < j.limit {
			one := sent{row: j.rows}
			if !rows.broken {
				one.cells = slices.Clone(rows.cells)
			}
			page = append(page, one)
		}
		j.rows++
		if len(page) == chunk {
			s.processChunk(j, page)
			page = page[:0]
		}
	}
	s.processChunk(j, page)
}

// processChunk is one transaction: its rows are carried out each for itself, unless one of them fails all.
func (s *Server) processChunk(j *job, page []sent) {
	if s.switches().ShuffleRows {
		s.random.Shuffle(len(page), func(a, b int) { page[a], page[b] = page[b], page[a] })
	}
	ids, places, innocents := map[string]bool{}, make([]int, len(page)), ""
	for k, row := range page {
		j.processed++
		place, why, trouble := s.judgeRow(j, row, ids)
		if places[k] = place; why != "" {
			j.failed[row.row] = why
		}
		if trouble != nil && trouble.Innocents != "" {
			innocents = trouble.Innocents
		}
	}
	for k, row := range page {
		if j.failed[row.row] != "" {
			continue
		}
		why := innocents
		if why == "" {
			why = s.writeRow(j, places[k], row.cells)
		}
		if why != "" {
			j.failed[row.row] = why
		}
	}
}

// judgeRow finds the user of a row, and why it may not be written: "" or an error in the org's grammar,
// CODE:message:FIELDS --.
func (s *Server) judgeRow(j *job, row sent, ids map[string]bool) (place int, why string, trouble *Row) {
	switch {
	case row.cells == nil:
		return 0, "API_ERROR:A value of the row is quoted wrongly:--", nil
	case len(row.cells) != len(j.header):
		return 0, fmt.Sprintf("API_ERROR:Row has %d columns, the header has %d:--", len(row.cells), len(j.header)), nil
	}
	key := ""
	for c, name := range j.header {
		if strings.EqualFold(name, orElse(j.external, "Id")) {
			key = row.cells[c]
		}
	}
	if place, why = s.findRow(j, key); why != "" {
		return 0, why, nil
	}
	u := s.org.At(place)
	j.ids[row.row] = u.ID
	if ids[u.ID] {
		return place, "DUPLICATE_VALUE:Duplicate id specified: " + u.ID + ":--", nil
	}
	ids[u.ID] = true
	if trouble = s.rowTrouble(u.Username); trouble != nil {
		return place, trouble.Error, trouble
	}
	return place, "", nil
}

// findRow finds the user of a row by its key.
func (s *Server) findRow(j *job, key string) (int, string) {
	if j.operation == "insert" || key == "" && j.operation == "upsert" {
		return 0, fmt.Sprintf("REQUIRED_FIELD_MISSING:Required fields are missing: [%s]:%s --",
			strings.Join(required, ", "), strings.Join(required, ","))
	}
	if j.operation == "upsert" && !strings.EqualFold(j.external, "Id") {
		place, ok := s.org.ByUsername(key)
		if !ok {
			return s.findRow(&job{operation: "insert"}, "")
		}
		return place, ""
	}
	return s.findID(key)
}

func (s *Server) findID(id string) (int, string) {
	if id == "" {
		return 0, "MISSING_ARGUMENT:Id not specified in an update call:--"
	}
	full, isID := org.FullID(id)
	if !isID || !strings.HasPrefix(full, "005") {
		return 0, "MALFORMED_ID:User ID: id value of incorrect type: " + id + ":Id --"
	}
	place, ok := s.org.ByID(full)
	if !ok {
		return 0, "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--"
	}
	return place, ""
}
