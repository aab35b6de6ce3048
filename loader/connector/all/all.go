// Package all lists the connectors of rosterload. Only cmd knows it.
package all

import (
	"rosterload/loader/connector"
	"rosterload/loader/connector/groove"
	"rosterload/loader/connector/salesforce"
	"rosterload/loader/connector/vault"
	"rosterload/loader/connector/vonage"
)

// Connectors are all of them.
var Connectors = []connector.Connector{salesforce.Connector, vault.Connector, vonage.Connector, groove.Connector}
