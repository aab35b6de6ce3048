package targettest

import (
	"context"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"

	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/transform"
)

type settings struct {
	config.Common `yaml:",inline"`
	URL           string `yaml:"url"`
}

// echo is an org that holds what it is asked for and accepts what it is sent.
type echo struct {
	connector.Target
	url string
}

func (echo) Look(_ context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) (transform.Policy, error) {
	for u := range users {
		if err := found(transform.Standing{User: u, ID: "1", Active: true, Group: "Alpha"}); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (echo) Submit(
	_ context.Context, b transform.Batch, _ func(connector.Receipt) error, each func(...connector.Outcome) error,
) error {
	text, err := os.ReadFile(b.Path)
	if err != nil {
		return err
	}
	return each(connector.Outcome{User: string(text), State: connector.Accepted})
}

var kind = connector.Connector{
	Name:     "echo",
	Settings: func() any { return &settings{} },
	Open: func(_ context.Context, o connector.Opening) (connector.Target, error) {
		return echo{url: o.Settings.(*settings).URL + o.Flags["path"]}, nil
	},
}

func TestATargetIsOpenedByItsSettingsAndFlags(t *testing.T) {
	target, err := Open(t, &kind, "    url: http://x\n", map[string]string{"path": "/y"}, "")
	if err != nil || target.(echo).url != "http://x/y" {
		t.Errorf("%+v, %v", target, err)
	}
	if _, err := Open(t, &kind, "    uri: http://x\n", nil, ""); err == nil || !strings.Contains(err.Error(), "uri") {
		t.Errorf("a setting that is not known: %v", err)
	}
}

func TestALookIsSortedLines(t *testing.T) {
	lines, _, err := Look(t, echo{}, "b", "a")
	if want := []string{"a@acme.example|1|true||Alpha|", "b@acme.example|1|true||Alpha|"}; err != nil || !slices.Equal(lines, want) {
		t.Errorf("%q, %v", lines, err)
	}
}

func TestABatchIsOnDiskAndItsOutcomesComeBack(t *testing.T) {
	b := Batch(t, transform.Upserts, transform.Limits{}, "Id,group", "1,Alpha", "2,Beta")
	all, err := Submit(t, echo{}, b)
	if err != nil || b.Rows != 2 || len(all) != 1 || all[0].User != "Id,group\n1,Alpha\n2,Beta\n" {
		t.Errorf("%d rows, %+v, %v", b.Rows, all, err)
	}
	if line := Line("1", string(all[0].State), "", ""); line != "1|accepted" {
		t.Error(line)
	}
}
