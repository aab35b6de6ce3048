package salesforce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
	"rosterload/validate"
)

// Submit sends one sealed batch as a Bulk job, or by collections, whose answers come at once.
func (t *Target) Submit(ctx context.Context, b transform.Batch, took func(connector.Receipt) error, each func(...connector.Outcome) error) error {
	if t.collections {
		return t.save(ctx, requestField, b, each)
	}
	return t.upload(ctx, requestField, b, took)
}

// Retry asks once more for the users' stored requests. The value is a constant: nothing else can be written into the status.
func (t *Target) Retry(ctx context.Context, again transform.Again, took func(connector.Receipt) error, each func(...connector.Outcome) error) error {
	for c, err := range again.Batch.Changes() { // before anything is sent: the word for retry is the only one
		if err != nil || c.Value != "" {
			return cmp.Or(err, fmt.Errorf("%s: %s would get the status %q", again.Batch.Name(), c.User, c.Value))
		}
	}
	if t.collections {
		return t.save(ctx, statusField, again.Batch, each)
	}
	return t.upload(ctx, statusField, again.Batch, took)
}

// RetrySpelling is the headings and the word of a retry's sealed files.
func (t *Target) RetrySpelling() (headings [2]string, word string) {
	return [2]string{"Id", statusField}, words.Retry
}

// upload makes a job, and sends the file as it is sealed. A file with another column is never sent.
func (t *Target) upload(ctx context.Context, field string, b transform.Batch, took func(connector.Receipt) error) error {
	if err := onlyWrites(field, b); err != nil {
		return err
	}
	job, err := t.wire.CreateUpdate(ctx, object)
	if err != nil {
		return fmt.Errorf("create job: %w", err)
	}
	if err := took(connector.Receipt{ID: job.ID}); err != nil {
		return err
	}
	if err := t.wire.Upload(ctx, job.ID, b.Path); err != nil {
		return fmt.Errorf("upload to job %s: %w", job.ID, lost(err))
	}
	if err := t.wire.Close(ctx, job.ID); err != nil {
		return fmt.Errorf("close job %s: %w", job.ID, lost(err))
	}
	return nil
}

func onlyWrites(field string, b transform.Batch) error {
	f, err := os.Open(b.Path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	want := "Id," + field + "\n"
	got, err := io.ReadAll(io.LimitReader(f, int64(len(want))))
	if err == nil && string(got) != want {
		err = fmt.Errorf("%s begins with %q: only Id and %s may be sent", b.Name(), got, field)
	}
	return err
}

// lost makes a refusal of the data an open question: whether the org has them is seen by asking the job.
func lost(err error) error {
	if errors.Is(err, connector.ErrDenied) {
		return err
	}
	return fmt.Errorf("%w: %w", connector.ErrLost, err)
}

// save sends a batch by collections, call after call. A nil value clears the field; the status is only ever set to retry.
func (t *Target) save(ctx context.Context, field string, b transform.Batch, each func(...connector.Outcome) error) error {
	updates := make([]sforce.Update, 0, sforce.MaxCollection)
	flush := func() error {
		if len(updates) == 0 {
			return nil
		}
		answers, err := t.wire.UpdateAll(ctx, object, updates)
		if err != nil {
			return err
		}
		updates = updates[:0]
		return each(saved(answers)...)
	}
	for c, err := range b.Changes() {
		if err != nil {
			return err
		}
		u := sforce.Update{ID: c.User, Field: field}
		switch {
		case field == statusField:
			u.Value = &words.Retry
		case c.Value != "":
			u.Value = &c.Value
		}
		if updates = append(updates, u); len(updates) == sforce.MaxCollection {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func saved(answers []sforce.SaveResult) []connector.Outcome {
	outcomes := make([]connector.Outcome, len(answers))
	for i, a := range answers {
		outcomes[i] = connector.Outcome{User: a.ID, State: connector.Accepted}
		if a.Success {
			continue
		}
		e := sforce.RowError{Message: "refused without a reason"}
		if len(a.Errors) > 0 {
			e = sforce.RowError{Code: a.Errors[0].Code, Message: a.Errors[0].Message, Fields: strings.Join(a.Errors[0].Fields, ";")}
		}
		outcomes[i] = refusal(a.ID, e)
	}
	return outcomes
}

// Collect asks for a job once.
func (t *Target) Collect(ctx context.Context, r connector.Receipt, each func(...connector.Outcome) error) (connector.Progress, error) {
	job, err := t.wire.Job(ctx, r.ID)
	if sforce.IsStatus(err, http.StatusNotFound) {
		return connector.Progress{Phase: connector.Gone}, nil
	}
	if err != nil {
		return connector.Progress{}, fmt.Errorf("job %s: %w", r.ID, err)
	}
	p := connector.Progress{Phase: connector.Running, State: job.State, Processed: job.Processed, Failed: job.Failed}
	switch job.State {
	case "Open": // the data, or the word that they are complete, never arrived
		return t.missed(ctx, p, r)
	case "JobComplete":
		p.Phase = connector.Ended
	case "Failed", "Aborted":
		p.Phase = connector.Broken
		p.Code, p.Reason = jobFailure(job)
	default:
		return p, nil
	}
	return p, t.results(ctx, r, each)
}

// missed aborts a job that is still open; only then may its rows be sent again.
func (t *Target) missed(ctx context.Context, p connector.Progress, r connector.Receipt) (connector.Progress, error) {
	err := t.wire.Abort(ctx, r.ID)
	switch {
	case sforce.IsCode(err, "INVALIDJOBSTATE"): // closed meanwhile: an answer that was lost has arrived after all
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
	return "SF_ERROR", strings.TrimSpace("the org gave the job up " + job.Message)
}

// results fetches the three result files side by side and joins their rows by id.
func (t *Target) results(ctx context.Context, r connector.Receipt, each func(...connector.Outcome) error) error {
	g, ctx := errgroup.WithContext(ctx)
	var mu sync.Mutex
	for which, outcome := range map[string]func(sforce.RowResult) connector.Outcome{
		sforce.Successful: func(row sforce.RowResult) connector.Outcome {
			return connector.Outcome{User: idOf(row), State: connector.Accepted}
		},
		sforce.FailedRows: func(row sforce.RowResult) connector.Outcome {
			return refusal(idOf(row), sforce.ParseRowError(row.Error))
		},
		sforce.Unprocessed: func(row sforce.RowResult) connector.Outcome {
			return connector.Outcome{User: idOf(row), State: connector.Unprocessed}
		},
	} {
		g.Go(func() error {
			page := make([]connector.Outcome, 0, 1000)
			flush := func() error {
				mu.Lock()
				defer mu.Unlock()
				err := each(page...)
				page = page[:0]
				return err
			}
			err := t.wire.Results(ctx, r.ID, which, func(row sforce.RowResult) error {
				if page = append(page, outcome(row)); len(page) < cap(page) {
					return nil
				}
				return flush()
			})
			if err != nil || len(page) == 0 {
				return err
			}
			return flush()
		})
	}
	return g.Wait()
}

// idOf is a row's id in the spelling of 18 characters. One that is no id is handed on as it is: the loader says that nobody asked for it.
func idOf(row sforce.RowResult) string {
	if len(row.ID) == 18 {
		return row.ID
	}
	return validate.UserID(row.ID)
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
		if j.State != "Open" || j.Created.Before(since) || known(connector.Receipt{ID: j.ID}) || !t.isMe(j.CreatedBy) {
			continue
		}
		if err := t.wire.Abort(ctx, j.ID); err != nil {
			return fmt.Errorf("abort job %s: %w", j.ID, err)
		}
	}
	return nil
}

// isMe: nobody is while we do not know who we are.
func (t *Target) isMe(user string) bool {
	return len(user) >= 15 && len(t.who.UserID) >= 15 && user[:15] == t.who.UserID[:15]
}

// Abort ends a job that has not begun. One the org knows no more, or has finished, is as good as ended.
func (t *Target) Abort(ctx context.Context, r connector.Receipt) error {
	job, err := t.wire.Job(ctx, r.ID)
	if sforce.IsStatus(err, http.StatusNotFound) {
		return nil
	}
	if err != nil || job.State != "Open" && job.State != "UploadComplete" {
		return err
	}
	if err := t.wire.Abort(ctx, r.ID); err != nil && !sforce.IsCode(err, "INVALIDJOBSTATE") {
		return err
	}
	return nil
}

// advice is the next step for each of the org's refusals; others are of the value: fix-and-load. Again marks those that are about the moment.
var advice = map[string]struct {
	next  string
	again bool
}{
	"UNABLE_TO_LOCK_ROW":                            {transform.FixAndLoad, true},
	"SERVER_UNAVAILABLE":                            {transform.FixAndLoad, true},
	"QUERY_TIMEOUT":                                 {transform.FixAndLoad, true},
	"REQUEST_RUNNING_TOO_LONG":                      {transform.FixAndLoad, true},
	"INSUFFICIENT_ACCESS_OR_READONLY":               {transform.AskAdmin, false},
	"LICENSE_LIMIT_EXCEEDED":                        {transform.AskAdmin, false},
	"INSUFFICIENT_ACCESS":                           {transform.AskAdmin, false},
	"INVALID_FIELD_FOR_INSERT_UPDATE":               {transform.AskAdmin, false},
	"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY":          {transform.AskAdmin, false},
	"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": {transform.AskAdmin, false},
	"INVALID_CROSS_REFERENCE_KEY":                   {transform.ChangeKey, false},
	"ENTITY_IS_DELETED":                             {transform.ChangeKey, false},
	"MALFORMED_ID":                                  {transform.ChangeKey, false},
}

// innocents marks rows that failed only because others in their chunk of 200 did. Source: Salesforce, "Bulk triggers and partial success".
const innocents = "Too many retries of batch save"

func refusal(id string, e sforce.RowError) connector.Outcome {
	o := connector.Outcome{User: id, State: connector.Refused, Code: "SF_" + e.Code, Reason: e.Message, Fields: e.Fields, Next: transform.FixAndLoad}
	if e.Code == "" {
		o.Code = "SF_ERROR"
	}
	if a, known := advice[e.Code]; known {
		o.Next, o.Again = a.next, a.again
	}
	if strings.Contains(e.Message, innocents) {
		o.Next, o.Again = transform.FixAndLoad, true
	}
	return o
}
