package salesforce

// licences are the org's own counts of user licences and permission set licences. Source: Salesforce, Object Reference,
// UserLicense and PermissionSetLicense.
func (s *Server) licences() []Table {
	const names = "MasterLabel Name Status TotalLicenses UsedLicenses"
	row := func(id, label, status string, total, used int) map[string]any {
		return map[string]any{
			"Id": id, "MasterLabel": label, "Name": label, "Status": status, "TotalLicenses": total,
			"UsedLicenses": used,
		}
	}
	return []Table{
		{Name: "UserLicense", Prefix: "100", Names: names, Closed: true, Rows: func() []map[string]any {
			active := 0
			for _, is := range s.Active() {
				if is {
					active++
				}
			}
			return []map[string]any{
				row("1005f0000000001AAA", "Salesforce", "Active", max(50, active), active),
				row("1005f0000000002AAA", "Chatter Free", "Active", 5000, 0),
				row("1005f0000000003AAA", "Identity", "Disabled", 0, 0),
			}
		}},
		{Name: "PermissionSetLicense", Prefix: "0PL", Names: names, Closed: true, Rows: func() []map[string]any {
			return []map[string]any{row("0PL5f0000000001AAA", "Salesforce API Integration", "Active", 5, 1)}
		}},
	}
}
