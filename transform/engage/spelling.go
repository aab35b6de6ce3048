package engage

import "rosterload/validate"

// Spelling is how rosters of Engage groups are spelled: the API names of either org's fields are known headings of
// both. IDs and the word for nothing are each org's own; an org without employee numbers has no such column.
func Spelling(id validate.KeyFunc, nothing string, employees bool) validate.Spelling {
	users := []validate.UserColumn{
		{By: "Id", Headings: []string{"Id", "Salesforce ID", "User ID"}, Key: id},
		{By: "Username", Headings: []string{"Username", "User Name", "User", "username__sys"}, Key: validate.FoldKey},
		{By: "FederationIdentifier", Headings: []string{
			"FederationIdentifier", "Federation Identifier",
			"federated_id__sys",
		}, Key: validate.TextKey},
		{By: "Email", Headings: []string{"Email", "E-mail", "email__sys"}, Key: validate.FoldKey},
	}
	if employees {
		users = append(users, validate.UserColumn{
			By:       "EmployeeNumber",
			Headings: []string{"EmployeeNumber", "Employee Number"}, Key: validate.TextKey,
		})
	}
	return validate.Spelling{
		Users: users,
		Values: []string{
			"Engage_Group_Request_vod__c", "engage_group_request__v", "Engage Group",
			"Engage Group Request", "Group",
		},
		Nothing: []string{nothing},
		Blank:   validate.Remove,
	}
}
