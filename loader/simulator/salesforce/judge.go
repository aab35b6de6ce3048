package salesforce

import (
	"encoding/json"
	"strings"
)

// The pretend org judges what is asked of it. It knows the promises, not who makes them.

// judgeField minds each field but the request. The status may be written too; its value is judged where the rows are.
func (s *Server) judgeField(where, name string) {
	if s.elsewhere {
		return
	}
	if !strings.EqualFold(name, "Id") && !strings.EqualFold(name, requestName) &&
		!strings.EqualFold(name, statusName) && name != "attributes" {
		s.Violate("%s writes %s", where, name)
	}
}

// judgeData looks at a job's data as they arrive: which fields, and whether removals and upserts keep apart. The
// caller holds s.mu.
func (s *Server) judgeData(j *job) {
	rows := j.open()
	request, status := -1, -1
	for i, name := range j.header {
		s.judgeField("job "+j.id, name)
		switch {
		case strings.EqualFold(name, requestName):
			request = i
		case strings.EqualFold(name, statusName):
			status = i
		}
	}
	if j.operation != "update" {
		s.Violate("job %s is an %s: it could create a user", j.id, j.operation)
	}
	s.judgeRows(j, rows, request, status)
	if j.removals && j.upserts {
		s.Violate("job %s mixes removals and upserts", j.id)
	}
	for _, id := range s.order {
		other := s.jobs[id]
		if other == j || !j.upserts {
			break // those behind it came later
		}
		if other == nil || !other.removals {
			continue
		}
		s.advanceJob(other)
		if !other.isOver() || other.ended.After(j.created) {
			s.Violate("job %s of upserts was made before job %s of removals had ended", j.id, other.id)
		}
	}
}

func (s *Server) judgeRows(j *job, rows *upload, request, status int) {
	for rows.next() {
		rec := rows.cells
		if status >= 0 && status < len(rec) && rec[status] != statusNames[6] {
			s.Violate("job %s sets a status to %q", j.id, rec[status])
		}
		if request < 0 || request >= len(rec) {
			continue
		}
		switch rec[request] {
		case "#N/A":
			j.removals = true
		case "":
			s.Violate("job %s has an empty request, which clears nothing", j.id)
			j.removals = true
		default:
			j.upserts = true
		}
	}
}

// judgeCollection does the same for a collections call.
func (s *Server) judgeCollection(records []map[string]json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	removals, upserts := false, false
	for _, rec := range records {
		for name, raw := range rec {
			s.judgeField("a collections call", name)
			if strings.EqualFold(name, requestName) {
				if _, isNull := plain(raw); isNull {
					removals = true
				} else {
					upserts = true
				}
			}
		}
	}
	if removals && upserts {
		s.Violate("a collections call mixes removals and upserts")
	}
}
