// Package all lists the kinds of org that rosterload can load. Only cmd knows it.
package all

import (
	"rosterload/loader/target"
	"rosterload/loader/target/groove"
	"rosterload/loader/target/salesforce"
	"rosterload/loader/target/vault"
	"rosterload/loader/target/vonage"
)

// Kinds are all of them.
var Kinds = []target.Kind{salesforce.Kind, vault.Kind, vonage.Kind, groove.Kind}
