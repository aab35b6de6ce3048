package groove

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/transform"
)

const noField = "    field: \"off\"\n"

func TestWhatIsWritten(t *testing.T) {
	for name, c := range map[string]struct {
		settings string
		job      transform.Job
		row      string
		outcome  string
		writes   []string
	}{
		"the field is set": {"", transform.Upserts, bob + ",core;sms", bob + "|accepted||field", []string{
			`PATCH composite/sobjects {"allOrNone":false,"records":[{"Groove_Assigned_Licenses__c":"core;sms","attributes":{"type":"User"},"id":"` + bob + `"}]}`,
		}},
		"the field says so already": {"", transform.Upserts, ann + ",core;dialer", ann + "|accepted||field", nil},
		"the field is cleared with null, and a seat that Groove left is taken when it is asked again": {"", transform.Removals, ann + ",#N/A", ann + "|accepted||field", []string{
			`PATCH composite/sobjects {"allOrNone":false,"records":[{"Groove_Assigned_Licenses__c":null,"attributes":{"type":"User"},"id":"` + ann + `"}]}`,
			`DELETE composite/sobjects 0515f0000000001AAA`,
		}},
		"an inactive user's field is cleared before the seat goes": {"", transform.Removals, cid + ",#N/A", cid + "|accepted||seat", []string{
			`PATCH composite/sobjects {"allOrNone":false,"records":[{"Groove_Assigned_Licenses__c":null,"attributes":{"type":"User"},"id":"` + cid + `"}]}`,
			`DELETE composite/sobjects 0515f0000000003AAA`,
		}},
		"a seat is given": {noField, transform.Upserts, bob + ",core;dialer", bob + "|accepted||seat", []string{
			`POST composite/sobjects {"allOrNone":false,"records":[{"PackageLicenseId":"0505f0000000001AAA","UserId":"` + bob + `","attributes":{"type":"UserPackageLicense"}}]}`,
		}},
		"a seat is there already":                {noField, transform.Upserts, ann + ",core", ann + "|accepted||seat", nil},
		"a seat is taken":                        {noField, transform.Removals, ann + ",#N/A", ann + "|accepted||seat", []string{`DELETE composite/sobjects 0515f0000000001AAA`}},
		"there is no seat to be taken":           {noField, transform.Removals, bob + ",#N/A", bob + "|accepted||seat", nil},
		"a user that Salesforce shows no more":   {"", transform.Removals, "0055f0000000009AAA,#N/A", "0055f0000000009AAA|refused|USER_NOT_FOUND||Salesforce no longer shows this user", nil},
		"a user who was switched off meanwhile":  {noField, transform.Upserts, "0055f0000000004AAA,core", "0055f0000000004AAA|refused|USER_INACTIVE|seat|the Salesforce user is inactive by now", nil},
		"a seat by hand where the field is used": {"", transform.Removals, "0055f0000000005AAA,#N/A", "0055f0000000005AAA|accepted||seat", []string{`DELETE composite/sobjects 0515f0000000005AAA`}},
	} {
		t.Run(name, func(t *testing.T) {
			users := three()
			users["0055f0000000004AAA"] = &user{name: "dot"}
			users["0055f0000000005AAA"] = &user{name: "eve", active: true, seat: "0515f0000000005AAA"}
			o := newOrg(t, users)
			target := o.target(c.settings)
			for pass := range 2 { // what was done is not done again
				lines, err := submit(t, target, c.job, c.row)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]string{c.outcome}, lines); diff != "" && pass == 0 {
					t.Error(diff)
				}
			}
			if writes := o.writes(); !slices.Equal(c.writes, writes) {
				t.Error(cmp.Diff(c.writes, writes))
			}
		})
	}
}

func TestWhatSalesforceSaysNoTo(t *testing.T) {
	no := func(code string) string {
		return `[{"success":false,"errors":[{"statusCode":"` + code + `","message":"because","fields":[]}]}]`
	}
	for name, c := range map[string]struct {
		what, answer string
		job          transform.Job
		row, outcome string
	}{
		"no licence is left":             {"POST composite/sobjects", no("LICENSE_LIMIT_EXCEEDED"), transform.Upserts, bob + ",core", bob + "|refused|GROOVE_NO_SEATS|seat|because"},
		"another hand was quicker":       {"POST composite/sobjects", no("DUPLICATE_VALUE"), transform.Upserts, bob + ",core", bob + "|accepted||seat"},
		"the seat is gone by now":        {"DELETE composite/sobjects", no("ENTITY_IS_DELETED"), transform.Removals, ann + ",#N/A", ann + "|accepted||seat"},
		"we have no right":               {"DELETE composite/sobjects", no("INSUFFICIENT_ACCESS_OR_READONLY"), transform.Removals, ann + ",#N/A", ann + "|refused|SF_INSUFFICIENT_ACCESS_OR_READONLY|seat|because"},
		"a seat that is taken is no end": {"DELETE composite/sobjects", no("DUPLICATE_VALUE"), transform.Removals, ann + ",#N/A", ann + "|refused|SF_DUPLICATE_VALUE|seat|because"},
		"no reason is given":             {"DELETE composite/sobjects", `[{"success":false,"errors":[]}]`, transform.Removals, ann + ",#N/A", ann + "|refused|SF_ERROR|seat|refused without a reason"},
	} {
		o := newOrg(t, three())
		o.instead[c.what] = []string{c.answer}
		lines, err := submit(t, o.target(noField), c.job, c.row)
		if diff := cmp.Diff([]string{c.outcome}, lines); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	o := newOrg(t, three())
	o.instead["PATCH composite/sobjects"] = []string{no("FIELD_CUSTOM_VALIDATION_EXCEPTION")}
	lines, err := submit(t, o.target(""), transform.Removals, cid+",#N/A")
	if diff := cmp.Diff([]string{cid + "|refused|SF_FIELD_CUSTOM_VALIDATION_EXCEPTION|field|because"}, lines); diff != "" || err != nil || len(o.writes()) != 1 {
		t.Errorf("the seat goes though the field was not cleared: %v %v %s", o.writes(), err, diff)
	}
}

func TestTheLastOfABatchGetNoSeat(t *testing.T) {
	users := three()
	users["0055f0000000004AAA"] = &user{name: "dot", active: true}
	o := newOrg(t, users)
	o.allowed = 3 // two are used
	for _, settings := range []string{"", noField} {
		lines, err := submit(t, o.target(settings), transform.Upserts, ann+",core", bob+",core", "0055f0000000004AAA,core")
		if err != nil || lines[2] != "0055f0000000004AAA|refused|GROOVE_NO_SEATS|seat|no seat was left when its turn came" {
			t.Errorf("%q: %v, %v", settings, lines, err)
		}
	}
}
