package groove

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
	policy "rosterload/transform/groove"
)

// unseen is what no interface tells.
var unseen = []string{
	"Groove role Admin", "contingents of Flow, Dialer and SMS", "Remote Site", "the field switched on at Groove",
	"validation rule Groove_License_Must_Include_Core",
}

const manageLicenses = "give our user the right Manage Package Licenses"

// Ready looks at the package, our rights on its seats, and the field. What cannot be read is never a pass.
func (t *Target) Ready(ctx context.Context, _ iter.Seq[transform.User], found func(connector.Finding) error) error {
	var rights connector.Finding
	var unasked error
	var asking sync.WaitGroup
	asking.Go(func() { rights, unasked = t.checkSeatRights(ctx) })
	s, err := t.survey(ctx)
	asking.Wait()
	switch {
	case errors.Is(err, errNoPackage): // a finding says so
	case sforce.IsStatus(err, http.StatusBadRequest) || sforce.IsStatus(err, http.StatusForbidden):
		return found(connector.Finding{
			Mark: connector.Fail, Rights: true, Check: "package licences", Saw: err.Error(),
			Cure: manageLicenses,
		})
	case err != nil:
		return err
	}
	if unasked != nil {
		return unasked
	}
	all := []connector.Finding{t.checkPackage(s), t.checkField(), rights, checkSeats(s.Org)}
	if stale := staleNames(s.Org); len(stale) > 0 {
		all = append(all, connector.Finding{
			Mark: connector.Warn, Check: "seats of inactive users",
			Saw:  fmt.Sprintf("%d: %s", len(stale), strings.Join(stale[:min(len(stale), 5)], ", ")),
			Cure: "reclaim: inactive takes them back",
		})
	}
	for _, check := range unseen {
		all = append(all, connector.Finding{Mark: connector.NotChecked, Check: check, Saw: "no interface tells"})
	}
	for _, f := range all {
		if err := found(f); err != nil {
			return err
		}
	}
	return nil
}

func (t *Target) checkPackage(s *seen) connector.Finding {
	f := connector.Finding{Mark: connector.Pass, Check: "package " + t.carriers.Package, Saw: s.status}
	switch {
	case s.packageID == "":
		f.Mark, f.Rights, f.Saw, f.Cure = connector.Fail, true, "not installed, or not ours to see",
			"install Groove, or "+manageLicenses
	case s.status == "Expired":
		f.Mark, f.Rights, f.Cure = connector.Fail, true, "renew the package: users are deactivated"
	case s.status == "Trial":
		f.Mark, f.Saw = connector.Warn, "Trial: seats are not enforced yet"
	}
	return f
}

func (t *Target) checkField() connector.Finding {
	if t.carriers.Field != "" {
		return connector.Finding{
			Mark: connector.Pass, Check: "field " + t.carriers.Field,
			Saw: "there, can be written, holds the licences",
		}
	}
	return connector.Finding{
		Mark: connector.Warn, Check: "field " + policy.UsualField,
		Saw:  t.carriers.Why + ": seats alone carry core, all other licences go to the work order",
		Cure: "make the field as Groove's help describes, or field: off",
	}
}

func (t *Target) checkSeatRights(ctx context.Context) (connector.Finding, error) {
	f := connector.Finding{Mark: connector.Pass, Check: "Manage Package Licenses", Saw: "seats can be given and taken"}
	may, err := t.org.ObjectRights(ctx, "UserPackageLicense")
	switch {
	case sforce.IsStatus(err, http.StatusNotFound) || sforce.IsStatus(err, http.StatusBadRequest) ||
		sforce.IsStatus(err, http.StatusForbidden):
		f.Mark, f.Saw = connector.NotChecked, "Salesforce does not describe UserPackageLicense to us"
	case err != nil:
		return f, err
	case !may.Createable || !may.Deletable:
		f.Mark, f.Rights, f.Saw, f.Cure = connector.Fail, true, "seats can not be given and taken", manageLicenses
	}
	return f, nil
}

func checkSeats(o *policy.Org) connector.Finding {
	f := connector.Finding{Mark: connector.Pass, Check: "seats", Saw: fmt.Sprintf("%d of %d used", o.Used, o.Allowed)}
	if free, known := o.Free(); !known {
		f.Saw = fmt.Sprintf("%d used; the package tells no limit", o.Used)
	} else if free <= 0 {
		f.Mark, f.Cure = connector.Warn, "free some, or buy more"
	}
	return f
}

// staleNames are the users of seats who are inactive.
func staleNames(o *policy.Org) (names []string) {
	for _, id := range o.Stale() {
		names = append(names, o.Seats[id].Username)
	}
	slices.Sort(names)
	return names
}
