package connector_test

import (
	"errors"
	"testing"

	"rosterload/loader/connector"
)

func TestAnOrgThatGivesNoAnswerIsAskedThreeTimes(t *testing.T) {
	down := errors.New("down")
	for _, c := range []struct {
		name    string
		answers []error
		asked   int
		want    error
	}{
		{"an answer", []error{nil}, 1, nil},
		{"an answer the second time", []error{connector.NoAnswer("a page of %d users", 0), nil}, 2, nil},
		{"none", []error{connector.NoAnswer("a"), connector.NoAnswer("b"), connector.NoAnswer("c")}, 3, connector.ErrUnavailable},
		{"another error", []error{down}, 1, down},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := 0
			err := connector.Insist(func() error {
				asked++
				return c.answers[asked-1]
			})
			if asked != c.asked || !errors.Is(err, c.want) {
				t.Errorf("asked %d times: %v", asked, err)
			}
		})
	}
}
