package trouble

import (
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// Effect is what happens to one answer. Without any of its settings the request is refused.
//
// The request is carried out, and the real answer is sent, changed, when one of replace, without, cut_rows, cut_bytes,
// double_rows, endless, late and drip is given and no body is. Headers without a status and a body change the real
// answer too.
type Effect struct {
	After      bool              `yaml:"after"`       // the request is carried out, and only then the trouble
	Status     int               `yaml:"status"`      // answered so
	Body       *string           `yaml:"body"`        // this very body, also an empty one
	Headers    map[string]string `yaml:"headers"`     // set these; an empty value takes one away
	RetryAfter string            `yaml:"retry_after"` // a header of any value
	Location   string            `yaml:"location"`    // of a redirect
	Replace    []Replace         `yaml:"replace"`     // in the body
	Without    string            `yaml:"without"`     // this CSV column, or JSON member, is missing
	CutRows    *int              `yaml:"cut_rows"`    // this many rows of a CSV or a JSON list, and no more
	CutBytes   *int              `yaml:"cut_bytes"`   // this many bytes, and no more
	DoubleRows bool              `yaml:"double_rows"` // each row comes twice
	Endless    bool              `yaml:"endless"`     // the rows come over and over until the caller goes away
	Late       string            `yaml:"late"`        // the answer comes that much later: 20ms
	Drip       string            `yaml:"drip"`        // a byte at a time, with this pause: 1ms
	Stall      string            `yaml:"stall"`       // silence for that long, and the connection is cut
	Drop       bool              `yaml:"drop"`        // the connection is cut, with a cut after that part
}

// Replace changes a body's text.
type Replace struct {
	Find  string `yaml:"find"`  // a regular expression
	With  string `yaml:"with"`  // $1 is its first group
	Times int    `yaml:"times"` // only the first ones; 0: all
}

// passes tells whether the real answer is sent, changed.
func (e *Effect) passes() bool {
	changes := len(e.Replace) > 0 || e.Without != "" || e.DoubleRows || e.Endless || e.Late != "" || e.Drip != ""
	changes = changes || e.CutRows != nil || e.CutBytes != nil
	return e.Body == nil && (changes || len(e.Headers) > 0 && e.Status == 0)
}

// Apply answers a request with trouble. Serve carries it out; refuse answers it in the org's own words.
func (e *Effect) Apply(w http.ResponseWriter, r *http.Request, serve, refuse http.HandlerFunc) {
	var real *Answer
	if e.After || e.passes() {
		real = Record(serve, r)
	}
	switch {
	case e.passes():
		e.send(w, r, real)
	case e.Body != nil:
		e.send(w, r, &Answer{Status: http.StatusOK, Header: http.Header{}, Body: []byte(*e.Body)})
	case e.Stall != "":
		e.stall(w, r)
	case e.Drop:
		panic(http.ErrAbortHandler)
	default:
		e.send(w, r, Record(refuse, r))
	}
}

// send sends what the effect leaves of an answer.
func (e *Effect) send(w http.ResponseWriter, r *http.Request, a *Answer) {
	wait(r, e.Late)
	e.setHeaders(w.Header(), a)
	status := a.Status
	if e.Status > 0 {
		status = e.Status
	}
	body := e.edit(a.Body)
	part := e.cut(body)
	if e.Endless {
		w.WriteHeader(status)
		endless(w, r, body)
		return
	}
	length := len(part)
	if e.Drop || e.Stall != "" {
		length = len(body) + 1 // the whole, and never all of it comes
	}
	if status != http.StatusNoContent && status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(length))
	}
	w.WriteHeader(status)
	e.write(w, r, part)
	if e.Drop || e.Stall != "" {
		flush(w)
		wait(r, e.Stall)
		panic(http.ErrAbortHandler)
	}
}

func (e *Effect) setHeaders(h http.Header, a *Answer) {
	for name, values := range a.Header {
		h[name] = values
	}
	h.Del("Content-Length")
	if e.RetryAfter != "" {
		h.Set("Retry-After", e.RetryAfter)
	}
	if e.Location != "" {
		h.Set("Location", e.Location)
	}
	for name, value := range e.Headers {
		h.Set(name, value)
		if value == "" {
			h.Del(name)
		}
	}
}

// edit changes a body.
func (e *Effect) edit(body []byte) []byte {
	for _, r := range e.Replace {
		if find, err := regexp.Compile(r.Find); err == nil {
			body = r.in(body, find)
		}
	}
	if e.Without != "" {
		body = without(body, e.Without)
	}
	if e.DoubleRows {
		t := split(body)
		var twice [][]byte
		for _, row := range t.rows {
			twice = append(twice, row, row)
		}
		body = t.join(twice)
	}
	return body
}

func (r Replace) in(body []byte, find *regexp.Regexp) []byte {
	var out []byte
	at := 0
	for n, m := range find.FindAllSubmatchIndex(body, -1) {
		if r.Times > 0 && n >= r.Times {
			break
		}
		out = append(out, body[at:m[0]]...)
		out = find.Expand(out, []byte(r.With), body, m)
		at = m[1]
	}
	return append(out, body[at:]...)
}

// cut is the part of a body that is sent.
func (e *Effect) cut(body []byte) []byte {
	if e.CutRows != nil {
		t := split(body)
		body = t.join(t.rows[:min(*e.CutRows, len(t.rows))])
	}
	if e.CutBytes != nil {
		body = body[:min(*e.CutBytes, len(body))]
	}
	return body
}

// dripped is how much of a body drips: enough to try a reader, and the rest comes at once.
const dripped = 4096

func (e *Effect) write(w http.ResponseWriter, r *http.Request, body []byte) {
	if e.Drip == "" {
		_, _ = w.Write(body)
		return
	}
	for i := range min(dripped, len(body)) {
		if _, err := w.Write(body[i : i+1]); err != nil {
			return
		}
		flush(w)
		wait(r, e.Drip)
	}
	_, _ = w.Write(body[min(dripped, len(body)):])
}

// endless repeats the rows of a body until its reader goes away.
func endless(w http.ResponseWriter, r *http.Request, body []byte) {
	t := split(body)
	_, err := w.Write(t.head)
	for n := 0; err == nil && r.Context().Err() == nil && len(t.rows) > 0; n++ {
		if n > 0 {
			_, _ = w.Write(t.between)
		}
		_, err = w.Write(t.rows[n%len(t.rows)])
	}
}

// stall sends the beginning of an answer and then nothing.
func (e *Effect) stall(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte("[{"))
	flush(w)
	wait(r, e.Stall)
	panic(http.ErrAbortHandler)
}

// wait ends early when the caller goes away.
func wait(r *http.Request, pause string) {
	d, err := time.ParseDuration(pause)
	if err != nil || d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}

func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}
