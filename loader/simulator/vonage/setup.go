package vonage

import (
	"strings"

	"rosterload/loader/simulator/salesforce"
)

const callCenter = "04v5f0000000001AAA"

// taskFields are the fields of Task that VCC users need, and how. Source: Vonage, "Setting up VCC users in Salesforce".
var taskFields = map[string]bool{ // whether they are to be edited
	"WhoId": true, "WhatId": true, "CallObject": false, "CallType": false, "CallDurationInSeconds": false,
	"Description": true,
	"Type":        true, "Status": true, "ReminderDateTime": true, "OwnerId": true, "Subject": true,
	"ActivityDate": true,
}

// openFields are not under field-level security.
const openFields = "OwnerId Status CallObject ReminderDateTime"

// setup is how the Salesforce org is set up for a contact centre: permission sets, who has them, and what they grant.
type setup struct {
	sets        []map[string]any
	assignments []map[string]any
	fields      []map[string]any
	objects     []map[string]any
}

// Ids of the permission sets.
const (
	AgentSet      = "0PS5f0000000001AAA"
	SupervisorSet = "0PS5f0000000002AAA"
	APISet        = "0PS5f0000000003AAA"
	CustomSet     = "0PS5f0000000004AAA"
)

func newSetup() *setup {
	c := &setup{}
	for id, label := range map[string]string{
		AgentSet: "ContactWorld Agent", SupervisorSet: "ContactWorld Supervisor", APISet: "ContactWorld API user",
		CustomSet: "Contact centre tasks",
	} {
		namespace := any("NVMContactWorld")
		if id == CustomSet {
			namespace = nil
		}
		c.sets = append(c.sets, map[string]any{
			"Id": id, "Name": strings.ReplaceAll(label, " ", "_"), "Label": label, "NamespacePrefix": namespace,
			"LicenseId": nil, "IsOwnedByProfile": false,
			"PermissionsEditTask": id == APISet, "PermissionsViewAllUsers": id == APISet,
			"PermissionsViewAllData":   id == APISet,
			"PermissionsModifyAllData": false,
		})
	}
	for name, editable := range taskFields {
		if !strings.Contains(openFields, name) {
			c.fields = append(c.fields, map[string]any{
				"ParentId": CustomSet, "Field": "Task." + name, "SobjectType": "Task", "PermissionsRead": true,
				"PermissionsEdit": editable,
			})
		}
	}
	c.objects = append(c.objects, map[string]any{
		"ParentId": CustomSet, "SobjectType": "Task", "PermissionsRead": true, "PermissionsCreate": true,
		"PermissionsEdit": true,
	})
	return c
}

// Assign gives a user a permission set.
func (s *Server) Assign(userID, set string) {
	for _, known := range s.setup.sets {
		if known["Id"] == set {
			s.setup.assignments = append(s.setup.assignments, map[string]any{
				"AssigneeId": userID, "PermissionSetId": set, "PermissionSet.Label": known["Label"],
				"PermissionSet.NamespacePrefix":  known["NamespacePrefix"],
				"PermissionSet.IsOwnedByProfile": false, "ExpirationDate": nil,
			})
		}
	}
}

func (c *setup) tables() []salesforce.Table {
	rows := func(list *[]map[string]any) func() []map[string]any {
		return func() []map[string]any { return *list }
	}
	task := []salesforce.Field{{Name: "Id", Kind: "id"}}
	for name, editable := range taskFields {
		task = append(task, salesforce.Field{
			Name: name, Kind: "string", Editable: editable,
			Securable: !strings.Contains(openFields, name),
		})
	}
	centers := []map[string]any{{"Id": callCenter, "Name": "Acme Call Center", "InternalName": "AcmeCallCenter"}}
	return []salesforce.Table{
		{Name: "CallCenter", Prefix: "04v", Names: "Name InternalName", Rows: rows(&centers)},
		{
			Name: "PermissionSet", Prefix: "0PS", Rows: rows(&c.sets), Names: "Name Label NamespacePrefix LicenseId IsOwnedByProfile " +
				"PermissionsEditTask PermissionsViewAllUsers PermissionsViewAllData PermissionsModifyAllData",
		},
		{
			Name: "PermissionSetAssignment", Prefix: "0Pa", Rows: rows(&c.assignments), Names: "AssigneeId PermissionSetId PermissionSet.Label " +
				"PermissionSet.NamespacePrefix PermissionSet.IsOwnedByProfile ExpirationDate",
		},
		{
			Name: "FieldPermissions", Prefix: "01k", Rows: rows(&c.fields),
			Names: "ParentId Field SobjectType PermissionsRead PermissionsEdit",
		},
		{
			Name: "ObjectPermissions", Prefix: "110", Rows: rows(&c.objects),
			Names: "ParentId SobjectType PermissionsRead PermissionsCreate PermissionsEdit",
		},
		{Name: "Task", Prefix: "00T", Fields: task, Rows: func() []map[string]any { return nil }},
	}
}
