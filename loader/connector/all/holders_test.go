package all_test

import (
	"context"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"rosterload/loader/connector"
	"rosterload/loader/connector/connectortest"
	"rosterload/transform"
)

// The users who hold a group or have requested it are those that the org itself shows so.
func TestHoldersAreTheUsersWhoHoldOrHaveRequestedAGroup(t *testing.T) {
	for _, rig := range []connectortest.Rig{salesforceRig("bulk"), vaultRig()} {
		for _, groups := range [][]string{nil, {"Alpha"}, {"Alpha", "Beta"}, {"no such group"}} {
			t.Run(rig.Name+": "+strings.Join(groups, ","), func(t *testing.T) {
				org := rig.Serve(t)
				server := httptest.NewServer(org)
				defer server.Close()
				target := rig.Open(t, server.URL, nil)
				if _, err := target.Org(context.Background()); err != nil {
					t.Fatal(err)
				}
				got := map[string]string{}
				err := target.(connector.HolderLooker).Holders(context.Background(), groups, func(s transform.Standing) error {
					if _, twice := got[s.User.Key]; twice {
						t.Errorf("%s came twice", s.User.Key)
					}
					got[s.User.Key] = s.Request + "|" + s.Group
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				want := map[string]string{}
				for name, held := range org.Holds() {
					request, group, _ := strings.Cut(held, "|")
					if groups == nil && held != "|" || slices.Contains(groups, request) || slices.Contains(groups, group) {
						want[strings.ToLower(name)] = held
					}
				}
				if !maps.Equal(got, want) || len(groups) == 1 && groups[0] == "Alpha" && len(want) == 0 {
					t.Errorf("got %v, wanted %v", got, want)
				}
			})
		}
	}
}
