package html

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"rosterload/loader/page"
	"rosterload/loader/run"
	"rosterload/transform"
)

// What was asked, by whom, why, when and of which org.

// tone is the colour of the sentence that says how it ended.
func (r *Report) tone() string {
	switch r.Summary.Exit {
	case run.ExitOK, run.ExitNothing:
		return "good"
	case run.ExitFailedRows, run.ExitGuard, run.ExitPending:
		return ""
	}
	return "bad"
}

func (r *Report) orgName() string {
	org := r.Summary.Org
	switch {
	case org.Name != "":
		return org.Name
	case org.ID != "":
		return org.ID
	}
	return r.Summary.Target
}

func (r *Report) asked() template.HTML {
	s := r.Summary
	kind := s.Kind
	if s.Pretend {
		kind += ", a pretend org"
	}
	org := r.orgName()
	if s.Org.Sandbox {
		org += " (a sandbox)"
	}
	return page.Facts(append([]page.Fact{
		{Name: "Org", Value: org},
		{Name: "Org's id", Value: s.Org.ID},
		{Name: "Target", Value: s.Target + " (" + kind + ")"},
		{Name: "Command", Value: "rosterload " + r.Run.Seal.Verb},
		{Name: "Started by", Value: s.By},
		{Name: "As the org's user", Value: s.As},
		{Name: "Began", Value: page.Time(moment(s.StartedAt))},
		{Name: "Results written", Value: page.Time(moment(s.EndedAt))},
		{Name: "Roster", Value: s.Roster.Name},
		{Name: "Rows", Value: r.rowsSaid()},
	}, r.further()...)...)
}

func (r *Report) rowsSaid() string {
	s := r.Summary
	said := page.Count(s.Roster.Rows)
	if s.Roster.Encoding != "" {
		said += ", " + s.Roster.Encoding
	}
	if s.Roster.BlankLines > 0 {
		said += ", and " + many(s.Roster.BlankLines, "blank line")
	}
	return said
}

// further are facts that not every run has.
func (r *Report) further() []page.Fact {
	s := r.Summary
	facts := []page.Fact{
		{Name: "Feed", Value: s.Feed},
		{Name: "Corrects run", Value: s.Mends},
		{Name: "Undoes run", Value: s.Undoes},
		{Name: "Version", Value: s.Version},
	}
	if d := s.Delivery; d != nil {
		said := notEmpty(d.Name, page.Count(int(d.Bytes))+" bytes", owned(d.Owner))
		facts = append(facts, page.Fact{Name: "Delivered", Value: strings.Join(said, ", ")})
		if d.ModifiedAt != "" {
			facts = append(facts, page.Fact{Name: "File changed", Value: page.Time(moment(d.ModifiedAt))})
		}
	}
	return facts
}

func owned(by string) string {
	if by == "" {
		return ""
	}
	return "owned by " + by
}

func notEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(t string) bool { return t == "" })
}

// given are the reasons that people gave.
func (r *Report) given() template.HTML {
	if len(r.Summary.Given) == 0 {
		return ""
	}
	t := page.Table{Caption: "Why, as given", Head: []string{"When", "Who", "Reason", "Ticket"}, Prose: []int{2}}
	for _, g := range r.Summary.Given {
		t.Rows = append(t.Rows, []any{page.Time(moment(g.At)), g.By, g.Reason, g.Ticket})
	}
	return t.HTML()
}

// settings are the options that were in force.
func (r *Report) settings() template.HTML {
	all, _ := r.Summary.Options.(map[string]any)
	var facts []page.Fact
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text := fmt.Sprint(all[name])
		if list, isList := all[name].([]any); isList {
			text = strings.Trim(fmt.Sprint(list...), "[]")
		}
		facts = append(facts, page.Fact{Name: strings.ReplaceAll(name, "_", " "), Value: text})
	}
	return page.Facts(facts...)
}

// bar shows counts by result word, in the order in which a summary lists them.
func bar(title string, counts map[string]int) template.HTML {
	var parts []page.Part
	for _, word := range transform.Words {
		parts = append(parts, page.Part{Name: string(word), Count: counts[string(word)]})
	}
	return page.Bar(title, parts...)
}
