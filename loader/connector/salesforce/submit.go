package salesforce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
)

// Submit sends one sealed batch as a Bulk job, or by collections, whose answers come at once.
func (t *Target) Submit(
	ctx context.Context, b transform.Batch, took func(connector.Receipt) error, each func(...connector.Outcome) error,
) error {
	if t.collections {
		return t.save(ctx, requestField, b, each)
	}
	return t.upload(ctx, requestField, b, took)
}

// Retry asks once more for the users' stored requests. The value is a constant: nothing else can be written into the
// status.
func (t *Target) Retry(
	ctx context.Context, retry transform.RetryBatch, took func(connector.Receipt) error,
	each func(...connector.Outcome) error,
) error {
	for c, err := range retry.Batch.Changes() { // before anything is sent: the word for retry is the only one
		if err != nil || c.Value != "" {
			return cmp.Or(err, fmt.Errorf("%s: %s would get the status %q", retry.Batch.Name(), c.User, c.Value))
		}
	}
	if t.collections {
		return t.save(ctx, statusField, retry.Batch, each)
	}
	return t.upload(ctx, statusField, retry.Batch, took)
}

// RetrySpelling is the headings and the word of a retry's sealed files.
func (t *Target) RetrySpelling() (headings [2]string, word string) {
	return [2]string{"Id", statusField}, words.Retry
}

// upload makes a job, and sends the file as it is sealed. A file with another column is never sent.
func (t *Target) upload(
	ctx context.Context, field string, b transform.Batch, took func(connector.Receipt) error,
) error {
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
		return fmt.Errorf("upload to job %s: %w", job.ID, t.abandon(ctx, job, err))
	}
	if err := t.wire.Close(ctx, job.ID); err != nil {
		return fmt.Errorf("close job %s: %w", job.ID, t.abandon(ctx, job, err))
	}
	return nil
}

// abandon says what became of a job whose data did not get through. After the org's plain no it does nothing: it is
// aborted, so that it is not left open, and the no is final. Otherwise the job itself must be asked, also when it is
// no longer open: then a word of ours whose answer was lost had arrived. One that could not be aborted must not be
// forgotten: it may be open, and hold data.
func (t *Target) abandon(ctx context.Context, job sforce.Job, no error) error {
	if !connector.NothingDone(no) || sforce.IsCode(no, invalidState) {
		return lost(no)
	}
	switch err := t.wire.Abort(ctx, job.ID); {
	case sforce.IsCode(err, invalidState):
		return lost(no)
	case err != nil:
		return leftOpen{fmt.Errorf("%w (and job %s could not be aborted: %v)", no, job.ID, err)}
	}
	return no
}

// leftOpen is the org's no to a job that is still there. The run ends by the no; its resume asks the job, aborts it
// and makes another.
type leftOpen struct{ error }

func (l leftOpen) Unwrap() error { return l.error }

// NothingDone keeps the job's receipt.
func (leftOpen) NothingDone() bool { return false }

// invalidState is the org's code for a word that a job of this state does not take.
const invalidState = "INVALIDJOBSTATE"

// lost makes an open question of an end that is not known: whether the org has the data is seen by asking the job.
func lost(err error) error {
	if errors.Is(err, connector.ErrDenied) {
		return err
	}
	return fmt.Errorf("%w: %w", connector.ErrLost, err)
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

// save sends a batch by collections, call after call. A nil value clears the field; the status is only ever set to
// retry.
func (t *Target) save(
	ctx context.Context, field string, b transform.Batch, each func(...connector.Outcome) error,
) error {
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
			e = sforce.RowError{
				Code: a.Errors[0].Code, Message: a.Errors[0].Message,
				Fields: strings.Join(a.Errors[0].Fields, ";"),
			}
		}
		outcomes[i] = refusal(a.ID, e)
	}
	return outcomes
}
