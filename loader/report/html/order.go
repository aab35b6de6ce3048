package html

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"rosterload/loader/page"
	"rosterload/loader/results"
	"rosterload/transform"
)

// The proof that removals were over first: the jobs on one time line, and the barrier between them.

// mostJobs is how many of the org's jobs are listed one by one.
const mostJobs = 100

// order is the part of the page that is about the jobs.
type order struct {
	Line    template.HTML
	Table   template.HTML
	Said    []string // a sentence for each barrier
	Broken  bool     // an upsert was sent before the removals were over
	Further int      // jobs that are not listed
}

// stage is one job of the run: all its batches.
type stage struct {
	name                  string
	job                   transform.Job
	rows, batches         int
	began, ended, settled time.Time
}

func (r *Report) order() *order {
	stages := stagesOf(r.Summary.Jobs)
	if len(stages) == 0 {
		return nil
	}
	o := &order{Table: jobTable(r.Summary.Jobs), Further: max(0, len(r.Summary.Jobs)-mostJobs)}
	from, to := stages[0].began, stages[0].began
	var spans []page.Span
	for _, s := range stages {
		for _, at := range []time.Time{s.ended, s.settled, s.began} {
			to = latest(to, at)
		}
		spans = append(spans, page.Span{
			Name: s.name, Text: s.said(), Began: s.began, Ended: s.ended,
			Settled: s.settled,
		})
	}
	var marks []page.Mark
	for _, s := range stages {
		if s.job.Removes() && !s.ended.IsZero() {
			marks = append(marks, page.Mark{Name: "barrier: every " + singular(s.name) + " job was over", At: s.ended})
			o.say(s, stages)
		}
	}
	o.Line = page.TimeLine(from, to, spans, marks...)
	return o
}

func stagesOf(jobs []results.Job) []stage {
	var all []stage
	for _, j := range jobs {
		i := slices.IndexFunc(all, func(s stage) bool { return s.name == j.Job })
		if i < 0 {
			parsed, err := transform.ParseJob(j.Job)
			if err != nil {
				continue
			}
			all = append(all, stage{name: j.Job, job: parsed, began: moment(j.BeganAt)})
			i = len(all) - 1
		}
		s := &all[i]
		s.rows, s.batches = s.rows+j.Rows, s.batches+1
		s.settled = latest(s.settled, moment(j.SettledAt))
		switch ended := moment(j.EndedAt); {
		case ended.IsZero() || s.batches > 1 && s.ended.IsZero(): // one that is not over: the job is not over
			s.ended = time.Time{}
		default:
			s.ended = latest(s.ended, ended)
		}
	}
	return all
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (s *stage) said() string {
	text := many(s.rows, "row")
	if s.batches > 1 {
		text += " in " + many(s.batches, "batch")
	}
	if s.ended.IsZero() {
		return text + ", not over yet"
	}
	return text + ", " + lasting(s.ended.Sub(s.began))
}

// say holds the job behind the barrier against it.
func (o *order) say(removals stage, stages []stage) {
	i := slices.IndexFunc(stages, func(s stage) bool { return s.job == removals.job.Next() })
	switch {
	case i < 0:
		o.Said = append(o.Said, "No upsert was sent behind it.")
	case stages[i].began.Before(removals.ended):
		o.Broken = true
		o.Said = append(o.Said, "An upsert was sent before the removals were over.")
	default:
		o.Said = append(o.Said, fmt.Sprintf("The first row of %s was sent %s after the last job of %s was over.",
			stages[i].name, lasting(stages[i].began.Sub(removals.ended)), removals.name))
	}
}

func lasting(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

func many(n int, of string) string {
	switch {
	case n == 1:
		return "1 " + of
	case strings.HasSuffix(of, "ch"):
		of += "e"
	}
	return page.Count(n) + " " + of + "s"
}

func singular(job string) string { return job[:len(job)-1] }

func jobTable(jobs []results.Job) template.HTML {
	t := page.Table{
		Caption: "The org's jobs", Head: []string{"Job", "The org's id", "Rows", "Sent", "Answered", "Settled"},
		Numbers: []int{2}, Tall: len(jobs) > 12,
	}
	for _, j := range jobs[:min(len(jobs), mostJobs)] {
		t.Rows = append(t.Rows, []any{
			j.Job, j.JobID, j.Rows, page.Time(moment(j.BeganAt)), page.Time(moment(j.EndedAt)),
			page.Time(moment(j.SettledAt)),
		})
	}
	return t.HTML()
}
