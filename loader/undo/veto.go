package undo

import (
	"rosterload/loader/run"
	"rosterload/transform"
)

// Veto keeps an undo from users who were changed since the run that it takes back, and from those that cannot be
// brought back.
func Veto(undone *run.Run, policy transform.Policy) (
	func(transform.Standing, transform.Decision) (transform.Verdict, bool), error,
) {
	asked, err := lastAsked(undone)
	if err != nil {
		return nil, err
	}
	archived := map[string]bool{}
	for row, err := range changedRows(undone) {
		if err != nil {
			return nil, err
		}
		archived[row.RecordID] = row.Action == string(transform.Archive)
	}
	return func(now transform.Standing, d transform.Decision) (transform.Verdict, bool) {
		switch {
		case archived[now.ID]:
			return refused("UNDO_IMPOSSIBLE",
				"run "+undone.ID+" has archived this user, and an archived user cannot be brought back"), true
		case d.Job != transform.None && !policy.AsAsked(transform.Change{User: now.ID, Value: asked[now.ID]}, now):
			return refused("USER_CHANGED_MEANWHILE",
				"this user no longer stands as run "+undone.ID+" has left it"), true
		}
		return transform.Verdict{}, false
	}, nil
}

func refused(code, reason string) transform.Verdict {
	return transform.Verdict{Word: transform.Failed, Code: code, Reason: reason, Next: transform.AskAdmin}
}

// lastAsked is what a run has asked for last, by user.
func lastAsked(r *run.Run) (map[string]string, error) {
	asked := map[string]string{}
	for _, b := range r.Batches {
		if b.Job.IsRetry() {
			continue
		}
		if err := r.Verify(run.Sealed{File: run.FileName(b.Path), SHA256: b.SHA256}); err != nil {
			return nil, err
		}
		for c, err := range b.Changes() {
			if err != nil {
				return nil, err
			}
			asked[c.User] = c.Value
		}
	}
	return asked, nil
}
