package all

import (
	"rosterload/loader/config"
	"rosterload/loader/connector/salesforce"
)

// Demo is the connector that the demo shows.
var Demo = salesforce.Connector

// DemoSettings are settings of Demo for a pretend org at an address, which takes any secret.
func DemoSettings(address string, groups []string) any {
	s := &salesforce.Settings{URL: config.At[string]{V: address}}
	s.Auth.ClientID, s.Auth.ClientSecret = config.NewSecret("demo"), config.NewSecret("demo")
	s.Groups = groups
	return s
}
