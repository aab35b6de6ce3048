package salesforce

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"rosterload/loader/simulator/org"
)

// chunk is how many rows one transaction of the org holds: duplicates and triggers are seen within it.
const chunk = 200

// advanceJob lets a job come as far as the time allows. The caller holds s.mu.
func (s *Server) advanceJob(j *job) {
	if j.state != "UploadComplete" && j.state != "InProgress" || s.switchesLocked().StuckJobs {
		return
	}
	now := s.now()
	if now.Before(j.due) {
		if now.Sub(j.modified) > s.jobDelayLocked()/3 {
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
	if s.switchesLocked().EmptyJobs {
		return
	}
	rows, message := s.openData(j)
	if message != "" {
		j.state, j.message = "Failed", message
		j.limit = 0
		rows, _ = s.plainData(j)
	}
	s.org.Lock()
	defer s.org.Unlock()
	s.org.Settle()
	if err := s.processRows(j, rows); err != nil {
		j.state, j.message = "Failed", "InvalidBatch : "+err.Error()
	}
	if j.limit >= 0 && j.rows > j.processed && j.state == "JobComplete" {
		j.state, j.message = failed, j.failure
	}
}

// openData checks what the job says of its data against the data: a wrong line ending, a byte order mark or an unknown column fail the job.
func (s *Server) openData(j *job) (*csv.Reader, string) {
	rows, header := s.plainData(j)
	first, _, _ := bytes.Cut(j.data, []byte("\n"))
	if isCRLF := bytes.HasSuffix(first, []byte("\r")); isCRLF != (j.lineEnding == "CRLF") && len(j.data) > 0 {
		return rows, "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is " + j.lineEnding
	}
	seen := map[string]bool{}
	for _, name := range header {
		f := s.fieldNamedLocked(name)
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

func (s *Server) plainData(j *job) (*csv.Reader, []string) {
	rows := csv.NewReader(bytes.NewReader(j.data))
	rows.Comma, rows.ReuseRecord, rows.FieldsPerRecord, rows.LazyQuotes = rune(delimiters[j.delimiter]), true, -1, false
	header, err := rows.Read()
	if err != nil {
		return rows, nil
	}
	j.header = append([]string{}, header...)
	return rows, j.header
}

// sent is one row of a job's data.
type sent struct {
	row int
	rec []string
}

// processRows walks the data, chunk by chunk.
func (s *Server) processRows(j *job, rows *csv.Reader) error {
	rows.ReuseRecord = false
	page := make([]sent, 0, chunk)
	for {
		rec, err := rows.Read()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err == nil {
			if j.ids = append(j.ids, ""); j.limit < 0 || j.rows < j.limit {
				page = append(page, sent{j.rows, rec})
			}
			j.rows++
		}
		if len(page) == chunk || err != nil {
			s.processChunk(j, page)
			page = page[:0]
		}
		if err != nil {
			return nil
		}
	}
}

// processChunk is one transaction: its rows are carried out each for itself, unless one of them fails all.
func (s *Server) processChunk(j *job, page []sent) {
	if s.switchesLocked().ShuffleRows {
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
			why = s.writeRow(j, places[k], row.rec)
		}
		if why != "" {
			j.failed[row.row] = why
		}
	}
}

// judgeRow finds whom a row means, and whether he may be written: "" or an error in the org's grammar, CODE:message:FIELDS --.
func (s *Server) judgeRow(j *job, row sent, ids map[string]bool) (place int, why string, trouble *Row) {
	if len(row.rec) != len(j.header) {
		return 0, fmt.Sprintf("API_ERROR:Row has %d columns, the header has %d:--", len(row.rec), len(j.header)), nil
	}
	key := ""
	for c, name := range j.header {
		if strings.EqualFold(name, orElse(j.external, "Id")) {
			key = row.rec[c]
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

// findRow finds whom a row means.
func (s *Server) findRow(j *job, key string) (int, string) {
	if j.operation == "insert" || key == "" && j.operation == "upsert" {
		return 0, "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName, Email, Alias, TimeZoneSidKey, LocaleSidKey, EmailEncodingKey, ProfileId, LanguageLocaleKey]:LastName,Email,Alias,TimeZoneSidKey,LocaleSidKey,EmailEncodingKey,ProfileId,LanguageLocaleKey --"
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
	switch {
	case id == "":
		return 0, "MISSING_ARGUMENT:Id not specified in an update call:--"
	case len(id) != 15 && len(id) != 18, !strings.HasPrefix(id, "005"), len(id) == 18 && org.Suffix(id) != id[15:]:
		return 0, "MALFORMED_ID:User ID: id value of incorrect type: " + id + ":Id --"
	}
	place, ok := s.org.ByID(id)
	if !ok {
		return 0, "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--"
	}
	return place, ""
}

func (s *Server) writeRow(j *job, place int, rec []string) string {
	cells := make([]cell, 0, len(rec))
	for c, name := range j.header {
		switch {
		case strings.EqualFold(name, "Id") || strings.EqualFold(name, j.external) || rec[c] == "":
			// an empty cell leaves the field as it is
		case rec[c] == "#N/A":
			cells = append(cells, cell{name: name, isNull: true})
		default:
			cells = append(cells, cell{name: name, value: rec[c]})
		}
	}
	if code, message, name := s.save(place, cells, false); code != "" {
		return code + ":" + message + ":" + name + " --"
	}
	return ""
}

// cell is one field of one record, as it was sent.
type cell struct {
	name, value string
	isNull      bool
}

// save writes a record's fields all, or none when one of them is refused; it answers why, and which. A dry run only looks.
func (s *Server) save(place int, cells []cell, dry bool) (code, message, name string) {
	for _, c := range cells {
		if code, message := s.objection(c); code != "" {
			return code, message, c.name
		}
	}
	for _, c := range cells {
		if !dry {
			s.write(place, c)
		}
	}
	return "", "", ""
}

// objection says why a field cannot be given a value.
func (s *Server) objection(c cell) (code, message string) {
	f := s.fieldNamedLocked(c.name)
	switch {
	case f == nil:
		return "INVALID_FIELD", "No such column '" + c.name + "' on sobject of type User"
	case !s.isEditableLocked(f):
		return "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: " + c.name + ". Please check the security settings of this field and verify that it is read/write for your profile or permission set."
	case f.length > 0 && utf8.RuneCountInString(c.value) > f.length:
		return "STRING_TOO_LONG", fmt.Sprintf("%s: data value too large: %s (max length=%d)", label(f.name), c.value, f.length)
	case f.required && c.isNull:
		return "REQUIRED_FIELD_MISSING", "Required fields are missing: [" + f.name + "]"
	}
	if rule := s.extra[strings.ToLower(c.name)].Rule; rule != nil {
		if code, message := rule(c.value); code != "" {
			return code, message
		}
	}
	status, known := statusOf(c.value)
	if f.name == statusName && s.switchesLocked().StrictStatus && status != org.Retry {
		return "FIELD_CUSTOM_VALIDATION_EXCEPTION", "The status is set by the system"
	}
	if f.name == statusName && !known {
		return "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", label(f.name) + ": bad value for restricted picklist field: " + html.EscapeString(c.value)
	}
	return "", ""
}

// write puts a value that nobody objects to into a field of a user.
func (s *Server) write(place int, c cell) {
	switch s.fieldNamedLocked(c.name).name {
	case requestName:
		s.org.Write(place, c.value)
	case statusName:
		if status, _ := statusOf(c.value); status == org.Retry {
			s.org.Again(place)
		}
	case "IsActive":
		s.org.At(place).Active = strings.EqualFold(c.value, "true") || c.value == "1"
	case "Email":
		s.org.At(place).Email = c.value
	default:
		if values := s.more[strings.ToLower(c.name)]; values != nil {
			values[s.org.At(place).ID] = c.value
			if written := s.extra[strings.ToLower(c.name)].Written; written != nil {
				written(s.org.At(place).ID, c.value)
			}
		}
	}
}

func label(name string) string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimSuffix(name, "__c"), "_vod"), "_", " ")
}

// results writes one of a job's result files: the rows that which lets through, shuffled, every value quoted, the uploader's own header as he sent it.
func (s *Server) results(w http.ResponseWriter, j *job, ours string, which func(row int) ([]string, bool)) {
	if s.switchesLocked().EmptyResults == "204" && len(j.failed) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=UTF-8")
	w.WriteHeader(200)
	out, blind := bufio.NewWriterSize(w, 1<<16), s.switchesLocked().BlindFailures && strings.Contains(ours, "sf__Error")
	delimiter := delimiters[j.delimiter]
	end := "\n"
	if j.lineEnding == "CRLF" {
		end = "\r\n"
	}
	var line []byte
	if ours != "" {
		for _, name := range strings.Split(ours, ",") {
			line = append(appendQuoted(line, name), delimiter)
		}
	}
	line = append(line, strings.Join(j.header, string(delimiter))...)
	_, _ = out.WriteString(string(line) + end)
	for _, part := range s.shuffled(j) {
		rows, _ := s.plainData(&job{data: part.data, delimiter: j.delimiter})
		for k := 0; ; k++ {
			rec, err := rows.Read()
			if err != nil {
				break
			}
			cells, yes := which(part.from + k)
			if !yes {
				continue
			}
			line = line[:0]
			for i, c := range append(cells, rec...) {
				if i > 0 {
					line = append(line, delimiter)
				}
				if blind && i >= len(cells) && properName(j.header[i-len(cells)]) != j.header[i-len(cells)] {
					c = ""
				}
				line = appendQuoted(line, c)
			}
			_, _ = out.Write(append(line, end...))
		}
	}
	_ = out.Flush()
}

// part is a piece of a job's data that begins with a header.
type part struct {
	from int
	data []byte
}

// shuffled cuts a job's data in two at its middle and gives the latter half first: the order of results is not that of the upload.
func (s *Server) shuffled(j *job) []part {
	rows := csv.NewReader(bytes.NewReader(j.data))
	rows.Comma, rows.ReuseRecord, rows.FieldsPerRecord = rune(delimiters[j.delimiter]), true, -1
	if _, err := rows.Read(); err != nil || j.rows < 2 {
		return []part{{0, j.data}}
	}
	header := j.data[:rows.InputOffset()]
	for range j.rows / 2 {
		if _, err := rows.Read(); err != nil {
			return []part{{0, j.data}}
		}
	}
	middle := rows.InputOffset()
	late := append(append([]byte{}, header...), j.data[middle:]...)
	return []part{{j.rows / 2, late}, {0, j.data[:middle]}}
}
