package all_test

import (
	"testing"

	"rosterload/loader/connector/all"
	"rosterload/loader/connector/connectortest"
)

var registered []connectortest.Rig

// register is how each NAME_rig_test.go enters its rigs: var _ = register(nameRig()).
func register(all ...connectortest.Rig) bool {
	registered = append(registered, all...)
	return true
}

// rigs are one or more for each connector.
func rigs() []connectortest.Rig { return registered }

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
			t.Errorf("%s has no rig: its NAME_rig_test.go registers one", c.Name)
		}
	}
}
