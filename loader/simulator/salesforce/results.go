package salesforce

import (
	"bufio"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// serveResults writes one of a job's three files. One that is asked for early holds the rows that are finished: none.
func (s *Server) serveResults(w http.ResponseWriter, r *http.Request, j *job) {
	twice := -1
	if s.switches().TwiceReported {
		twice = slices.IndexFunc(j.ids, func(id string) bool { return id != "" })
	}
	switch r.PathValue("result") {
	case "successfulResults":
		s.writeResults(w, j, []string{"sf__Id", "sf__Created"}, func(row int) ([]string, bool) {
			if _, bad := j.failed[row]; bad || row >= j.processed { // a job that was aborted before it began has no ids
				return nil, false
			}
			return []string{j.ids[row], strconv.FormatBool(j.made[row])}, true
		})
	case "failedResults":
		s.writeResults(w, j, []string{"sf__Id", "sf__Error"}, func(row int) ([]string, bool) {
			why, bad := j.failed[row]
			if !bad && row != twice {
				return nil, false
			}
			return []string{j.ids[row], orElse(why, "UNKNOWN_EXCEPTION:An unexpected error occurred:--")}, true
		})
	case "unprocessedrecords":
		s.writeResults(w, j, nil, func(row int) ([]string, bool) { return nil, row >= j.processed })
	default:
		notFound(w)
	}
}

// writeResults writes the rows that choose lets through, not in the order of the upload, every value quoted, the
// uploader's own header as it came. Each row has as many cells as the header.
func (s *Server) writeResults(w http.ResponseWriter, j *job, ours []string, choose func(row int) ([]string, bool)) {
	if s.switches().EmptyResults == "204" && len(j.failed) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=UTF-8")
	w.WriteHeader(200)
	out := &resultFile{
		Writer: bufio.NewWriterSize(w, 1<<16), delimiter: delimiters[j.delimiter],
		end: lineEndings[j.lineEnding],
	}
	defer func() { _ = out.Flush() }()
	out.head(ours, j.header)
	if !j.isOver() {
		return
	}
	out.blind = make([]bool, len(j.header))
	for i, name := range j.header {
		out.blind[i] = s.switches().BlindFailures && slices.Contains(ours, "sf__Error") && properName(name) != name
	}
	early, late := j.open(), j.open()
	for range j.rows / 2 {
		late.next()
	}
	early.data = early.data[:late.at]
	out.rows(late, j.rows/2, choose)
	out.rows(early, 0, choose)
}

// resultFile writes result rows.
type resultFile struct {
	*bufio.Writer
	delimiter byte
	end       string
	blind     []bool // columns whose values are left out
	line      []byte
}

func (f *resultFile) head(ours, theirs []string) {
	var names []string
	for _, name := range ours {
		names = append(names, `"`+name+`"`)
	}
	_, _ = f.WriteString(strings.Join(append(names, theirs...), string(f.delimiter)) + f.end)
}

// rows writes those of the rows from first on that choose lets through.
func (f *resultFile) rows(in *upload, first int, choose func(row int) ([]string, bool)) {
	for row := first; in.next(); row++ {
		ours, chosen := choose(row)
		if !chosen {
			continue
		}
		f.line = f.line[:0]
		for _, cell := range ours {
			f.line = append(appendQuoted(f.line, cell), f.delimiter)
		}
		for i, blind := range f.blind {
			cell := ""
			if i < len(in.cells) && !blind {
				cell = in.cells[i]
			}
			f.line = append(appendQuoted(f.line, cell), f.delimiter)
		}
		_, _ = f.Write(append(f.line[:max(0, len(f.line)-1)], f.end...))
	}
}

func appendQuoted(line []byte, s string) []byte {
	line = append(line, '"')
	for i := range len(s) {
		if s[i] == '"' {
			line = append(line, '"')
		}
		line = append(line, s[i])
	}
	return append(line, '"')
}
