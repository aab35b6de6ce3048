package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rosterload/loader/run"
	"rosterload/transform"
)

// summary proves a summary.json field by field: the manifest says most of it, and the rest is named.
func (p *Proof) summary(path string, m *Manifest) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	said, err := flatten(text)
	if err != nil {
		p.no("this is no summary: %v", err)
		return nil
	}
	want, err := expected(m)
	if err != nil {
		return err
	}
	open := p.fields(said, want, m)
	for name, wanted := range want {
		if _, there := said.values[name]; !there && !(mayLack[name] && (wanted == `""` || wanted == "[]")) {
			p.no("%s is missing", name)
		}
	}
	slices.Sort(p.Said)
	if p.Exit == 0 {
		p.say("this is the summary of revision %d of run %s", m.Revision, m.Run)
	}
	if len(open) > 0 {
		p.say(notCovered+"%s", strings.Join(open, ", "))
	}
	return nil
}

// fields proves what the summary says and answers the names of the fields that the evidence does not cover.
func (p *Proof) fields(said *flat, want map[string]string, m *Manifest) (open []string) {
	for _, name := range said.names {
		value := said.values[name]
		switch wanted, covered := want[name]; {
		case name == "files.run": // where the run's folder lay
			open = append(open, name)
		case strings.HasPrefix(name, "files."):
			p.named(name, value, m)
		case name == "reason" || name == "ticket":
			p.given(name, value, m)
		case strings.HasPrefix(name, "absent") && m.absentFile() == nil:
			p.no("%s says %s, and the run has no absent users", name, value)
		case !covered:
			open = append(open, name)
		case wanted != value:
			p.no("%s says %s, written was %s", name, value, wanted)
		}
	}
	return open
}

const notCovered = "not covered by the evidence: "

// mayLack are fields that a summary leaves out when they are empty.
var mayLack = map[string]bool{
	"results_sha256": true, "mends": true, "undoes": true, "given": true, "feed": true,
	"holds": true,
}

// named proves a path by its last name: the folder may have been another one.
func (p *Proof) named(name, value string, m *Manifest) {
	var path string
	if json.Unmarshal([]byte(value), &path) != nil {
		p.no("%s says %s", name, value)
		return
	}
	if path == "" && m.refused() && m.resultsFile() == nil { // there are no results
		return
	}
	base := filepath.Base(strings.ReplaceAll(path, `\`, "/"))
	if base != m.Stem()+".summary.json" && m.FileBeside(base) == nil {
		p.no("%s says %s, and the run wrote no such file", name, value)
	}
}

// given proves the reason of the load: it is one of those that were given.
func (p *Proof) given(name, value string, m *Manifest) {
	var text string
	_ = json.Unmarshal([]byte(value), &text)
	if !slices.ContainsFunc(m.Reasons, func(g run.Given) bool {
		return text == map[string]string{
			"reason": g.Reason,
			"ticket": g.Ticket,
		}[name]
	}) {
		p.no("%s says %s, and nothing of that kind was given", name, value)
	}
}

// expected is what a summary of this revision says, by field, in canonical spelling.
func expected(m *Manifest) (map[string]string, error) {
	results, roster := m.resultsFile(), m.File(run.RosterFile)
	switch {
	case m.refused():
		roster = &File{}
		if results == nil {
			results = &File{Rows: new(int)}
		}
	case results == nil || roster == nil || results.Rows == nil:
		return nil, errors.New("the manifest names neither results nor roster")
	}
	fields := map[string]any{
		"run": m.Run, "revision": m.Revision, "final": m.Final, "exit": m.Exit, "target": m.Target, "kind": m.Kind,
		"org": m.Org, "as": m.As, "by": m.By,
		"version": m.Tool.Version, "options": m.Options, "jobs": m.Jobs, "started_at": m.StartedAt,
		"ended_at": m.EndedAt, "results": m.Counts,
		"success": m.count(transform.Created, transform.Updated, transform.Removed, transform.Unchanged),
		"failed":  m.count(transform.Failed, transform.NotAttempted), "pending": m.count(transform.Pending),
		"skipped":        m.count(transform.Skipped),
		"results_sha256": results.SHA256, "mends": m.Mends, "undoes": m.Undoes, "given": m.Reasons,
		"delivery": m.Delivery, "feed": m.Feed, "holds": m.Holds,
		"roster.sha256": roster.SHA256, "roster.rows": results.Rows,
	}
	if absent := m.absentFile(); absent != nil {
		fields["absent_sha256"] = absent.SHA256
	}
	if m.Absent != nil {
		fields["absent"] = m.Absent
	}
	if m.Delivery.SHA256 == "" { // of a run that an older version began
		delete(fields, "delivery")
	}
	switch {
	case roster.Beside != "":
		fields["roster.name"] = roster.Beside
	case m.Feed != "":
		fields["roster.name"] = m.Delivery.Name
	}
	return spelled(fields)
}

// count is the number of rows with one of these results.
func (m *Manifest) count(words ...transform.Word) (sum int) {
	for _, w := range words {
		sum += m.Counts[string(w)]
	}
	return sum
}

func spelled(fields map[string]any) (map[string]string, error) {
	want := map[string]string{}
	for name, value := range fields {
		text, err := canonical(value)
		if err != nil {
			return nil, err
		}
		want[name] = string(text)
	}
	return want, nil
}

// flat is a summary by field. Members that stand apart have fields of their own.
type flat struct {
	names  []string
	values map[string]string
}

// flatten refuses a member that stands there twice: readers differ in which one they take.
func flatten(text []byte) (*flat, error) {
	f := &flat{values: map[string]string{}}
	if err := f.take("", text); err != nil {
		return nil, err
	}
	return f, nil
}

// apart are the members whose own members are fields.
var apart = []string{"roster", "files", "files.papers", "files.renderings"}

func (f *flat) take(prefix string, text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("no JSON object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		name := prefix + fmt.Sprint(key)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		if slices.Contains(apart, name) {
			if err := f.take(name+".", value); err != nil {
				return err
			}
			continue
		}
		if _, twice := f.values[name]; twice {
			return fmt.Errorf("%s stands there twice", name)
		}
		spelled, err := spellValue(value)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		f.names, f.values[name] = append(f.names, name), spelled
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands behind it")
	}
	return nil
}

func spellValue(value json.RawMessage) (string, error) {
	if err := onceEach(json.NewDecoder(bytes.NewReader(value))); err != nil {
		return "", err
	}
	text, err := canonical(value)
	return string(text), err
}

// onceEach refuses an object, however deep, with a member twice.
func onceEach(d *json.Decoder) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	open, isDelim := t.(json.Delim)
	if !isDelim {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return err
			}
			name := fmt.Sprint(key)
			if seen[name] {
				return fmt.Errorf("%s stands there twice", name)
			}
			seen[name] = true
		}
		if err := onceEach(d); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
