package salesforce

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
)

// Collect asks for a job once.
func (t *Target) Collect(
	ctx context.Context, r connector.Receipt, each func(...connector.Outcome) error,
) (connector.Progress, error) {
	job, err := t.job(ctx, r)
	if sforce.IsMissing(err) {
		return connector.Progress{Phase: connector.Gone}, nil
	}
	if err != nil {
		return connector.Progress{}, err
	}
	p := connector.Progress{Phase: connector.Running, State: job.State, Processed: job.Processed}
	switch job.State {
	case "Open": // the data, or the word that they are complete, never arrived
		return t.missed(ctx, p, r)
	case "JobComplete":
		p.Phase = connector.Ended
	case "Failed", "Aborted":
		if again, err := t.job(ctx, r); err != nil || again.State != job.State {
			return p, err // what ends a run is heard twice
		}
		p.Phase = connector.Broken
		p.Code, p.Reason = jobFailure(job)
		if job.State == "Aborted" && job.Processed == 0 {
			p.Untouched = true
			each = touching(&p, each)
		}
	default:
		return p, nil
	}
	unlisted, err := t.results(ctx, job, each)
	if p.Phase == connector.Ended && unlisted > 0 {
		p.Unlisted, p.Code, p.Reason = unlisted, noCode, "the org gave no reason"
	}
	return p, err
}

// touching hands on what the org said of rows that it came to, and notes that there are some: counters may be lost.
func touching(p *connector.Progress, each func(...connector.Outcome) error) func(...connector.Outcome) error {
	return func(all ...connector.Outcome) error {
		all = slices.DeleteFunc(all, func(o connector.Outcome) bool { return o.State == connector.Unprocessed })
		if len(all) == 0 {
			return nil
		}
		p.Untouched = false
		return each(all...)
	}
}

// job asks for a job. An answer that has no state, or speaks of another job, is none.
func (t *Target) job(ctx context.Context, r connector.Receipt) (sforce.Job, error) {
	job, err := t.wire.Job(ctx, r.ID)
	switch {
	case err != nil:
		return job, fmt.Errorf("job %s: %w", r.ID, err)
	case job.State == "" || job.ID != "" && !sameID(job.ID, r.ID):
		return job, fmt.Errorf("job %s: the answer speaks of job %q in state %q: %w", r.ID, job.ID, job.State,
			connector.ErrUnavailable)
	}
	return job, nil
}

// missed aborts a job that is still open; only then may its rows be sent again.
func (t *Target) missed(ctx context.Context, p connector.Progress, r connector.Receipt) (connector.Progress, error) {
	err := t.wire.Abort(ctx, r.ID)
	switch {
	case sforce.IsCode(err, invalidState): // closed meanwhile: an answer that was lost has arrived after all
		return p, nil
	case err != nil:
		return p, fmt.Errorf("abort job %s: %w", r.ID, err)
	}
	p.Phase = connector.Missed
	return p, nil
}

// jobFailure is the code and the sentence of a job that was given up: the word before the colon is the org's code.
func jobFailure(job sforce.Job) (code, reason string) {
	word, rest, found := strings.Cut(job.Message, ":")
	word = strings.TrimSpace(word)
	switch {
	case found && word != "" && !strings.ContainsAny(word, " \t"):
		return "SF_" + word, strings.TrimSpace(rest)
	case job.State == "Aborted":
		return "SF_ABORTED", strings.TrimSpace("the job was aborted in the org " + job.Message)
	}
	return noCode, strings.TrimSpace("the org gave the job up " + job.Message)
}

// Sweep aborts our own open jobs on User whose creation was never answered.
func (t *Target) Sweep(ctx context.Context, since time.Time, known func(connector.Receipt) bool) error {
	if t.collections {
		return nil
	}
	jobs, err := t.wire.Jobs(ctx, object)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if j.ID == "" || j.State != "Open" || j.Created.Before(since) || known(connector.Receipt{ID: j.ID}) ||
			!t.isMe(j.CreatedBy) {
			continue
		}
		if err := t.wire.Abort(ctx, j.ID); err != nil {
			return fmt.Errorf("abort job %s: %w", j.ID, err)
		}
	}
	return nil
}

// isMe tells whether an id is our own. None is while the org has not told us who we are.
func (t *Target) isMe(user string) bool { return sameID(user, t.who.UserID) }

// sameID compares ids of 15 and 18 characters: the last three repeat the case of the others.
func sameID(a, b string) bool { return len(a) >= 15 && len(b) >= 15 && a[:15] == b[:15] }

// Abort ends a job that has not begun. One that the org no longer knows may have done anything before.
func (t *Target) Abort(ctx context.Context, r connector.Receipt) (aborted bool, err error) {
	job, err := t.job(ctx, r)
	switch {
	case sforce.IsMissing(err):
		return false, nil
	case err != nil:
		return false, err
	case job.State == "Aborted": // by us, when the answer was lost or a crash came
		return job.Processed == 0, nil
	case job.State != "Open" && job.State != "UploadComplete":
		return false, nil
	}
	err = t.wire.Abort(ctx, r.ID)
	if sforce.IsCode(err, invalidState) { // it has begun meanwhile
		return false, nil
	}
	return err == nil, err
}
