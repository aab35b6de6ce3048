package undo

import (
	"testing"

	"rosterload/transform"
)

// asked is a policy that compares what is requested.
type asked struct{ transform.Policy }

func (asked) AsAsked(c transform.Change, now transform.Standing) bool { return c.Value == now.Request }

func TestAnUndoLeavesUsersAloneWhoNoLongerStandAsItsRunLeftThem(t *testing.T) {
	undone, err := changed(t).open()
	if err != nil {
		t.Fatal(err)
	}
	undone.SetLimits(func(transform.Job) transform.Limits {
		return transform.Limits{Rows: 9, Bytes: 1 << 20, Headings: [2]string{"Id", "Value"}, Nothing: "#N/A"}
	})
	veto, err := Veto(undone, asked{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		now  transform.Standing
		job  transform.Job
		code string // of the verdict; empty: the policy decides
	}{
		{"a removed user as the run left it", transform.Standing{ID: "id1"}, transform.Upserts, ""},
		{"a moved user as the run left it", transform.Standing{ID: "id2", Request: "Beta"}, transform.Upserts, ""},
		{"a user who was changed since", transform.Standing{ID: "id2", Request: "Gamma"}, transform.Upserts, "USER_CHANGED_MEANWHILE"},
		{"a user who was changed since to what is asked for", transform.Standing{ID: "id2", Request: "Alpha"}, transform.None, ""},
		{"an archived user", transform.Standing{ID: "id4"}, transform.Upserts, "UNDO_IMPOSSIBLE"},
		{"an archived user without anything to undo", transform.Standing{ID: "id4"}, transform.None, "UNDO_IMPOSSIBLE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, vetoed := veto(c.now, transform.Decision{Job: c.job})
			if vetoed != (c.code != "") || v.Code != c.code || vetoed && v.Next != transform.AskAdmin {
				t.Errorf("%v, %+v", vetoed, v)
			}
		})
	}
}
