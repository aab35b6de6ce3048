package vault

import "rosterload/loader/simulator/org"

// judge looks at what may never be sent: anything but the request, or the word for retry; both in one row; removals
// and upserts in one call.
func (s *Server) judge(rows []row) {
	removals, upserts := 0, 0
	for _, one := range rows {
		for name := range one {
			if name != "id" && name != requestName && name != statusName {
				s.Violate("PUT of user__sys writes %s", name)
			}
		}
		request, asks := one[requestName]
		status, sets := one[statusName]
		switch {
		case asks && sets:
			s.Violate("one row writes request and status")
		case sets && valueOf(status) != statusNames[org.Retry]:
			s.Violate("the status is set to %q", valueOf(status))
		case asks && valueOf(request) == "":
			removals++
		case asks:
			upserts++
		}
	}
	if removals > 0 && upserts > 0 {
		s.Violate("one call mixes removals and upserts")
	}
}
