package all_test

import (
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"rosterload/loader/connector/connectortest"
	"rosterload/loader/simulator/liar"
)

// lying is the proxy of all nights of chaos. A stalled answer is silent for less than an attempt's patience and then cut, or for longer,
// as the pauses of the rigs want it.
func lying() connectortest.Liar {
	return connectortest.Liar{
		Troubles: liar.Troubles(),
		Before: func(org http.Handler, at map[int]string) (http.Handler, func() []string) {
			var plan []liar.Strike
			for call, trouble := range at {
				plan = append(plan, liar.Strike{Call: call, Trouble: trouble})
			}
			l := liar.New(org, plan...)
			l.Patience = 200 * time.Millisecond
			return l, l.Struck
		},
	}
}

// wanted is how many stories make chaos asks for, of each connector: a number, or all, which is 0. few is the number without it.
func wanted(few int) int {
	asked := os.Getenv("ROSTERLOAD_CHAOS")
	if n, err := strconv.Atoi(asked); err == nil {
		return n
	}
	if asked != "" {
		return 0
	}
	return few
}

// A few of the stories are tried each time, all of them by make chaos.
func TestChaosEndsLikeAnUndisturbedNight(t *testing.T) {
	many := wanted(16)
	if testing.Short() {
		many = 4
	}
	for _, rig := range rigs() {
		t.Run(rig.Name, func(t *testing.T) { connectortest.Chaos(t, rig, lying(), many) })
	}
}

// One trouble after the other for each rig, and each by itself: its time is measured.
func TestALieWithoutEndHoldsNoProcess(t *testing.T) {
	troubles := liar.Troubles()
	for i, rig := range rigs() {
		for k, trouble := range troubles {
			if k%len(rigs()) != i && os.Getenv("ROSTERLOAD_CHAOS") == "" || testing.Short() && k >= len(rigs()) {
				continue
			}
			t.Run(rig.Name+", "+trouble, func(t *testing.T) { connectortest.Endless(t, rig, lying(), trouble) })
		}
	}
}

func TestAlteredFilesOfARunAreNotBelieved(t *testing.T) {
	seeds := 3
	if os.Getenv("ROSTERLOAD_CHAOS") != "" {
		seeds = 400
	}
	for _, rig := range rigs() {
		t.Run(rig.Name, func(t *testing.T) { connectortest.Altered(t, rig, lying(), seeds) })
	}
}
