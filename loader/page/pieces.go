package page

import (
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Badge is a result word, or another word of state, on its colour. The word itself says all: the colour is for the eye.
func Badge(word string) template.HTML {
	return piece("badge", struct{ Word, Tone string }{word, Tone(word)})
}

// Tone is the colour of a word: a class of page.css.
func Tone(word string) string {
	switch strings.ToLower(word) {
	case "removed":
		return "gone"
	case "created", "updated", "over", "pass", "proven", "approved", "active", "answered":
		return "good"
	case "failed", "fail", "not proven", "rejected":
		return "bad"
	case "not attempted", "stopped", "stale", "superseded":
		return "stopped"
	case "pending", "held", "planning", "running", "open", "warn", "paused", "sent":
		return "waiting"
	case "skipped", "not sent":
		return "skipped"
	}
	return "same"
}

// Code is a digest, a name of a file or a command, in letters of one width.
func Code(text string) template.HTML { return piece("code", text) }

// Time is a moment in UTC; the page's script adds the reader's own zone. A zero time is a dash.
func Time(at time.Time) template.HTML { return piece("time", at) }

// Count is a number as people read it: 17,001.
func Count(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Fact is a name and what it stands for: a text, or a piece.
type Fact struct {
	Name  string
	Value any
}

// Facts are a list of names and values. Values that are empty texts are left out.
func Facts(facts ...Fact) template.HTML {
	return piece("facts", slices.DeleteFunc(slices.Clone(facts),
		func(f Fact) bool { return f.Value == "" || f.Value == template.HTML("") }))
}

// Table is a table. Cells are texts, numbers or pieces.
type Table struct {
	Caption string
	Head    []string
	Numbers []int // columns that hold numbers, from 0
	Prose   []int // columns that hold sentences: they are never narrow
	Rows    [][]any
	Tall    bool // it is scrolled inside a box when it is long; on paper it is whole
}

// HTML draws the table. On a narrow screen it is scrolled sideways by itself, never the page.
func (t Table) HTML() template.HTML { return piece("table", t) }

// Class tells the template how a column is drawn.
func (t Table) Class(column int) string {
	switch {
	case slices.Contains(t.Numbers, column):
		return "number"
	case slices.Contains(t.Prose, column):
		return "prose"
	}
	return ""
}

// mostOfAWord is how long a word may be before paper breaks it anywhere, rather than let it push the other columns off
// the sheet.
const mostOfAWord = 36

func hasLong(text string) bool {
	return slices.ContainsFunc(strings.Fields(text),
		func(word string) bool { return utf8.RuneCountInString(word) > mostOfAWord })
}

// Part is one part of a bar.
type Part struct {
	Name  string
	Count int
}

// Bar is a bar of parts and a list of their names and counts. Parts without anything are left out; a part that is there
// is never thinner than the eye can see.
func Bar(title string, parts ...Part) template.HTML { return BarIn(Tone, title, parts...) }

// BarIn is a bar whose words have colours of their own: tone answers with a class of page.css.
func BarIn(tone func(word string) string, title string, parts ...Part) template.HTML {
	total := 0
	for _, p := range parts {
		total += p.Count
	}
	type piecePart struct {
		Part
		Tone, X, Width, Share string
	}
	drawn, x := []piecePart{}, 0.0
	for _, p := range parts {
		if p.Count <= 0 {
			continue
		}
		share := 100 * float64(p.Count) / float64(total)
		drawn = append(drawn, piecePart{p, tone(p.Name), percent(x), percent(max(share, 0.4)), percentWord(share)})
		x += share
	}
	return piece("bar", map[string]any{"Title": title, "Parts": drawn, "Total": total})
}

func percent(x float64) string { return strconv.FormatFloat(min(x, 100), 'f', 2, 64) + "%" }

func percentWord(share float64) string {
	switch {
	case share > 0 && share < 0.1:
		return "under 0.1 %"
	case share > 99.9 && share < 100:
		return "over 99.9 %"
	}
	return strconv.FormatFloat(share, 'f', 1, 64) + " %"
}

// Span is something that took time: it began, it ended, and later what it had set off was settled. Ended and Settled
// may be zero: it has not come so far.
type Span struct {
	Name                  string
	Text                  string
	Began, Ended, Settled time.Time
}

// Mark is a moment that all spans have to respect, as the barrier between removals and upserts.
type Mark struct {
	Name string
	At   time.Time
}

// TimeLine draws spans below one another on one scale, with the marks through all of them.
func TimeLine(from, to time.Time, spans []Span, marks ...Mark) template.HTML {
	scale := func(at time.Time) float64 {
		if whole := to.Sub(from); whole > 0 && !at.IsZero() {
			return max(0, min(100, 100*float64(at.Sub(from))/float64(whole)))
		}
		return 0
	}
	type stroke struct{ X, Width string }
	type drawnSpan struct {
		Span
		Work, Wait *stroke
	}
	between := func(a, b time.Time) *stroke {
		if a.IsZero() || b.Before(a) {
			return nil
		}
		return &stroke{percent(min(scale(a), 99.5)), percent(max(scale(b)-scale(a), 0.5))}
	}
	drawn, lines := []drawnSpan{}, []string{}
	for _, s := range spans {
		ended := s.Ended
		if ended.IsZero() {
			ended = to
		}
		drawn = append(drawn, drawnSpan{s, between(s.Began, ended), between(s.Ended, s.Settled)})
	}
	for _, m := range marks {
		lines = append(lines, percent(scale(m.At)))
	}
	return piece("timeline", map[string]any{"Spans": drawn, "Marks": marks, "Lines": lines, "From": from, "To": to})
}
