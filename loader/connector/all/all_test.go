package all_test

import (
	"testing"

	"rosterload/loader/connector/all"
	"rosterload/loader/connector/connectortest"
)

// rigs are one or more for each connector.
func rigs() []connectortest.Rig {
	return []connectortest.Rig{
		salesforceRig("bulk"), salesforceRig("collections"), vaultRig(), vonageRig(), grooveRig(true), grooveRig(false),
	}
}

func TestEveryConnectorKeepsThePromises(t *testing.T) {
	for _, rig := range rigs() {
		t.Run(rig.Name, func(t *testing.T) { connectortest.Run(t, rig) })
	}
}

func TestNoConnectorStandsOutside(t *testing.T) {
	tried := map[string]bool{}
	for _, rig := range rigs() {
		tried[rig.Connector.Name] = true
	}
	for _, c := range all.Connectors {
		if !tried[c.Name] {
			t.Errorf("%s has no rig", c.Name)
		}
	}
}
