package all_test

import (
	"rosterload/loader/connector"
	"rosterload/loader/connector/groove"
	"rosterload/loader/connector/salesforce"
	"rosterload/loader/connector/vault"
	"rosterload/loader/connector/vonage"
	"rosterload/transform"
)

// The types below are targets with smaller batches. Each embeds its own kind of target, so that no further ability is lost.
type (
	smallSalesforce struct {
		*salesforce.Target
		rows int
	}
	smallVault struct {
		*vault.Target
		rows int
	}
	smallVonage struct {
		*vonage.Target
		rows int
	}
	smallGroove struct {
		*groove.Target
		rows int
	}
)

func (s smallSalesforce) Limits() transform.Limits { return withRows(s.Target.Limits(), s.rows) }
func (s smallVault) Limits() transform.Limits      { return withRows(s.Target.Limits(), s.rows) }
func (s smallVonage) Limits() transform.Limits     { return withRows(s.Target.Limits(), s.rows) }
func (s smallGroove) Limits() transform.Limits     { return withRows(s.Target.Limits(), s.rows) }

func withRows(l transform.Limits, rows int) transform.Limits {
	l.Rows = rows
	return l
}

// limited is a target whose batches hold so many rows at most; 0: as many as it allows.
func limited(target connector.Target, rows int) connector.Target {
	if rows == 0 {
		return target
	}
	switch t := target.(type) {
	case *salesforce.Target:
		return smallSalesforce{t, rows}
	case *vault.Target:
		return smallVault{t, rows}
	case *vonage.Target:
		return smallVonage{t, rows}
	case *groove.Target:
		return smallGroove{t, rows}
	}
	panic("a target of no connector that has a rig")
}
