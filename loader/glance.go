package loader

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"

	"rosterload/loader/results"
)

// Glance is a run in one line, and its batches.
type Glance struct {
	Run     string        `json:"run"`
	Target  string        `json:"target"`
	Kind    string        `json:"kind"`
	Roster  string        `json:"roster"`
	Rows    int           `json:"rows"`
	State   string        `json:"state"`
	Open    bool          `json:"open"`
	Exit    int           `json:"exit"`
	Batches []GlanceBatch `json:"batches,omitempty"`
}

// GlanceBatch is a batch in one line.
type GlanceBatch struct {
	Name  string `json:"name"`
	Rows  int    `json:"rows"`
	JobID string `json:"job_id,omitempty"`
	State string `json:"state"`
}

// Glance says where a run stands.
func (r *Run) Glance() Glance {
	g := Glance{Run: r.ID, Target: r.Target, Kind: r.Kind, Roster: r.Seal.Roster, State: r.state(), Open: r.Open(), Exit: r.Last.Exit}
	if r.Planned != nil {
		g.Rows = r.Planned.Rows
	}
	for _, s := range r.Batches {
		g.Batches = append(g.Batches, GlanceBatch{s.Name(), s.Rows, s.Receipt, s.state()})
	}
	return g
}

func (r *Run) state() string {
	switch {
	case r.Over && r.Super:
		return "superseded by a newer run"
	case r.Over && r.Stale:
		return "over: the plan was no longer true"
	case r.Over && r.Stopped != "":
		return "over: stopped by the org"
	case r.Over:
		return "over"
	case r.Planned == nil:
		return "open: planning was cut short"
	case !r.SentAnything() && r.Planned.Guard != "":
		return "open: stopped by the removal guard"
	case !r.SentAnything():
		return "open: planned, nothing sent"
	case r.Silent:
		return "open: the Engage server was silent"
	}
	return "open"
}

func (s *Shipment) state() string {
	switch {
	case s.Done:
		return "answered"
	case s.Dropped:
		return "replaced by a later batch"
	case s.Arrived:
		return "sent"
	case s.Receipt != "":
		return "has a job"
	case s.Submitted:
		return "on its way"
	}
	return "sealed"
}

// Summary is that of the newest revision, nil when there is none.
func (r *Run) Summary() (*results.Summary, error) {
	data, err := os.ReadFile(r.path(fmt.Sprintf("summary-%d.json", r.Last.Number)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := &results.Summary{}
	return s, json.Unmarshal(data, s)
}

// Rows are the rows of the newest revision, as it is kept in the run's folder.
func (r *Run) Rows() iter.Seq2[results.Row, error] {
	return results.Read(r.revisionPath(r.Last.Number))
}

// Results writes the results of a run again, from what is on disk.
func Results(ctx context.Context, o Options, run string) (*results.Summary, error) {
	w, err := reopen(o, run)
	if err != nil {
		return nil, err
	}
	defer w.close()
	ctx = w.tagged(ctx, nil)
	if w.lock, err = w.lockOrg(ctx, w.run.lockName()); err != nil {
		return nil, err
	}
	w.org = w.run.Org
	return w.finish(ctx, nil)
}

// lockName is the org's id, or the run's own for one that stopped before it knew its org.
func (r *Run) lockName() string {
	if r.Org.ID != "" {
		return r.Org.ID
	}
	return r.ID
}
