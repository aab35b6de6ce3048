package inspect

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader/connector"
	"rosterload/loader/run"
)

func TestACensusCountsGroupsFailuresAndRequestsUnderWay(t *testing.T) {
	org := listing{&seen{members: []connector.Member{
		{ID: "1", Username: "ada", Active: true, Group: "Beta"},
		{ID: "2", Username: "bob", Active: true, Group: "Alpha", Request: "Beta", Status: "sent", UnderWay: true},
		{ID: "3", Username: "carl", Group: "Alpha"},
		{ID: "4", Username: "dora", Active: true, Request: "Beta", Status: "no licence", Failed: true},
		{ID: "5", Username: "eve", Active: true, Request: "Beta", Status: "sent", UnderWay: true},
	}}}
	look := target(t, org)
	id, at := sent(t, look.Home, "org1", "in.csv", "4", "5")
	sent(t, look.Home, "org2", "in.csv", "2") // another org's
	since := at.UTC().Format(time.RFC3339)
	listed := 0
	look.Listed = func(users int) { listed = users }
	saw, err := look.Census(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := &People{
		Org: connector.Org{ID: "org1"}, Users: 5, Groups: []Share{{"Alpha", 2}, {"Beta", 1}}, Failures: []Share{{"no licence", 1}}, Retries: []string{id},
		Inactive: []Holder{{"carl", "Alpha"}},
		UnderWay: []Waiting{{Username: "bob", Request: "Beta", Status: "sent"}, {Username: "eve", Request: "Beta", Status: "sent", Since: since, Run: id}},
	}
	if diff := cmp.Diff(want, saw); diff != "" || listed != 5 {
		t.Errorf("listed %d; %s", listed, diff)
	}
}

func TestARequestIsStuckAfterADayAndWhenNothingIsKnownOfIt(t *testing.T) {
	p := &People{UnderWay: []Waiting{{Username: "unknown"}, {Username: "old", Since: "2026-11-22T12:00:00Z"}, {Username: "young", Since: "2026-11-22T12:00:01Z"}}}
	if stuck := p.Stuck(noon); len(stuck) != 2 || stuck[0].Username != "unknown" || stuck[1].Username != "old" || len(p.UnderWay) != 3 {
		t.Errorf("%+v of %+v", stuck, p.UnderWay)
	}
}

func TestAnOrgThatCannotListItsUsersHasNoCensus(t *testing.T) {
	var stop *run.Stop
	if _, err := target(t, &seen{}).Census(context.Background()); !errors.As(err, &stop) || stop.Code != run.ExitUsage {
		t.Error(err)
	}
	if _, err := target(t, listing{&seen{err: connector.ErrUnavailable}}).Census(context.Background()); !errors.Is(err, connector.ErrUnavailable) {
		t.Error("a listing that was cut short:", err)
	}
}
