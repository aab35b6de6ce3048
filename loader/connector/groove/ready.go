package groove

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
)

// Ready looks at the package, our rights on its seats, and the field. What cannot be read is never a pass.
func (t *Target) Ready(ctx context.Context, _ iter.Seq[transform.User], found func(connector.Finding) error) error {
	if err := t.survey(ctx); err != nil {
		if sforce.IsStatus(err, 400) || sforce.IsStatus(err, 403) {
			return found(connector.Finding{Mark: connector.Fail, Rights: true, Check: "package licences", Saw: err.Error(), Cure: "give our user the right Manage Package Licenses"})
		}
		return err
	}
	seatRights, err := t.checkSeatRights(ctx)
	if err != nil {
		return err
	}
	all := append([]connector.Finding{t.checkPackage(), t.checkField()}, seatRights...)
	all = append(all, t.checkSeats()...)
	for _, blind := range []string{"Groove role Admin", "contingents of Flow, Dialer and SMS", "Remote Site", "the field switched on at Groove", "validation rule Groove_License_Must_Include_Core"} {
		all = append(all, connector.Finding{Mark: connector.NotChecked, Check: blind, Saw: "no interface tells"})
	}
	for _, f := range all {
		if err := found(f); err != nil {
			return err
		}
	}
	return nil
}

func (t *Target) checkPackage() connector.Finding {
	f := connector.Finding{Mark: connector.Pass, Check: "package " + t.ground.Package, Saw: t.seats.status}
	switch {
	case t.seats.packageID == "":
		f.Mark, f.Rights, f.Saw, f.Cure = connector.Fail, true, "not installed, or not ours to see", "install Groove, or give our user the right Manage Package Licenses"
	case t.seats.status == "Expired":
		f.Mark, f.Rights, f.Cure = connector.Fail, true, "renew the package: users are deactivated"
	case t.seats.status == "Trial":
		f.Mark, f.Saw = connector.Warn, "Trial: seats are not enforced yet"
	}
	return f
}

func (t *Target) checkField() connector.Finding {
	if t.ground.Field != "" {
		return connector.Finding{Mark: connector.Pass, Check: "field " + t.ground.Field, Saw: "there, can be written, holds the licences"}
	}
	return connector.Finding{
		Mark: connector.Warn, Check: "field " + usualField, Saw: t.ground.Why + ": seats alone carry core, all other licences go to the work order",
		Cure: "make the field as Groove's help describes, or field: off",
	}
}

func (t *Target) checkSeatRights(ctx context.Context) ([]connector.Finding, error) {
	const check = "Manage Package Licenses"
	may, err := t.org.ObjectRights(ctx, "UserPackageLicense")
	switch {
	case err != nil && (sforce.IsStatus(err, 404) || sforce.IsStatus(err, 400) || sforce.IsStatus(err, 403)):
		return []connector.Finding{{Mark: connector.NotChecked, Check: check, Saw: "Salesforce does not describe UserPackageLicense to us"}}, nil
	case err != nil:
		return nil, err
	case !may.Createable || !may.Deletable:
		return []connector.Finding{{Mark: connector.Fail, Rights: true, Check: check, Saw: "seats can not be given and taken", Cure: "give our user the right Manage Package Licenses"}}, nil
	}
	return []connector.Finding{{Mark: connector.Pass, Check: check, Saw: "seats can be given and taken"}}, nil
}

func (t *Target) checkSeats() []connector.Finding {
	stale := []string{}
	for _, s := range t.seats.holders {
		if !s.active {
			stale = append(stale, s.username)
		}
	}
	slices.Sort(stale)
	f := connector.Finding{Mark: connector.Pass, Check: "seats", Saw: fmt.Sprintf("%d of %d used", t.seats.used, t.seats.allowed)}
	if free, known := t.seats.free(); !known {
		f.Saw = fmt.Sprintf("%d used; the package tells no limit", t.seats.used)
	} else if free <= 0 {
		f.Mark, f.Cure = connector.Warn, "free some, or buy more"
	}
	all := []connector.Finding{f}
	if len(stale) > 0 {
		all = append(all, connector.Finding{
			Mark: connector.Warn, Check: "seats of inactive users", Saw: fmt.Sprintf("%d: %s", len(stale), strings.Join(stale[:min(len(stale), 5)], ", ")), Cure: "reclaim: inactive takes them back",
		})
	}
	return all
}
