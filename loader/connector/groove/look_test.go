package groove

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader/connector"
	"rosterload/loader/connector/targettest"
	"rosterload/transform"
)

func three() map[string]*user {
	return map[string]*user{
		ann: {name: "ann", active: true, field: "core;dialer", seat: "0515f0000000001AAA"},
		bob: {name: "bob", active: true},
		cid: {name: "cid", active: false, field: "core", seat: "0515f0000000003AAA"},
	}
}

func TestHowUsersStand(t *testing.T) {
	o := newOrg(t, three())
	lines, policy, err := targettest.Look(t, o.target(""), "ann", "bob", "cid", "unknown")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"ann@acme.example|" + ann + "|true|core;dialer|core;dialer|unverified",
		"bob@acme.example|" + bob + "|true|||none",
		"cid@acme.example|" + cid + "|false|core field core|core|seat",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if policy.Holders() != 2 {
		t.Errorf("%d holders", policy.Holders())
	}
	if len(o.writes()) > 0 {
		t.Errorf("a look writes: %v", o.writes())
	}
}

func TestALookAtNoUsersAsksNothing(t *testing.T) {
	o := newOrg(t, three())
	_, policy, err := targettest.Look(t, o.target(""))
	if err != nil || o.asked() > 0 {
		t.Fatalf("%v, asked: %v", err, o.seen)
	}
	v, settled := policy.Judge(transform.Change{User: ann}, transform.Standing{}, transform.Standing{ID: ann, Active: true, Status: "none"})
	if v.Word != transform.Removed || !settled {
		t.Errorf("%+v", v)
	}
}

func TestWhichCarrierARunGoesBy(t *testing.T) {
	const id = `{"name":"Id"}`
	for name, c := range map[string]struct{ settings, describe, field, why string }{
		"the field is there":                  {"", "", "Groove_Assigned_Licenses__c", ""},
		"the field is not there":              {"", `{"fields":[` + id + `]}`, "", "Groove_Assigned_Licenses__c is not there for us"},
		"the field is read-only":              {"", `{"fields":[` + id + `,{"name":"Groove_Assigned_Licenses__c","updateable":false}]}`, "", "Groove_Assigned_Licenses__c is read-only for us"},
		"the field lacks values":              {"", `{"fields":[` + id + `,{"name":"Groove_Assigned_Licenses__c","updateable":true,"picklistValues":[{"value":"core"}]}]}`, "", "Groove_Assigned_Licenses__c lacks some of the five values"},
		"the field is text":                   {"", `{"fields":[` + id + `,{"name":"Groove_Assigned_Licenses__c","updateable":true,"picklistValues":[]}]}`, "Groove_Assigned_Licenses__c", ""},
		"the field has another name":          {"    field: My_Groove__c\n", `{"fields":[` + id + `,{"name":"My_Groove__c","updateable":true}]}`, "My_Groove__c", ""},
		"the field is not to be used":         {"    field: \"off\"\n", `{}`, "", "field: off"},
		"the field of another name is absent": {"    field: My_Groove__c\n", "", "", "My_Groove__c is not there for us"},
	} {
		o := newOrg(t, three())
		o.instead["GET sobjects/User/describe"] = []string{c.describe}
		target := o.target(c.settings)
		if err := target.needCarriers(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := carriers{Field: c.field, Package: "DaScoopComposer", Why: c.why}
		if diff := cmp.Diff(want, *target.carriers); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// nonsense is what an org or a proxy may answer with status 200 and that answers nothing.
var nonsense = map[string]struct{ what, answer string }{
	"a describe of nothing":              {"GET sobjects/User/describe", `{}`},
	"a describe without fields":          {"GET sobjects/User/describe", `{"name":"User","fields":[]}`},
	"a describe of fields without names": {"GET sobjects/User/describe", `{"fields":[{}]}`},
	"a describe that lacks the Id":       {"GET sobjects/User/describe", `{"fields":[{"name":"Username"}]}`},
	"no package":                         {"query PackageLicense", found()},
	"a package without Id":               {"query PackageLicense", found(`{"AllowedLicenses":10,"UsedLicenses":2}`)},
	"a package whose count is a word":    {"query PackageLicense", found(`{"Id":"050","AllowedLicenses":10,"UsedLicenses":"some"}`)},
	"fewer seats than are used":          {"query UserPackageLicense", found(`{"Id":"0515f0000000001AAA","UserId":"` + ann + `"}`)},
	"no seats at all":                    {"query UserPackageLicense", found()},
	"a seat without a user":              {"query UserPackageLicense", found(`{"Id":"051","UserId":null}`, `{"Id":"052","UserId":"`+ann+`"}`)},
	"a seat without Id":                  {"query UserPackageLicense", found(`{"UserId":"`+ann+`"}`, `{"Id":"052","UserId":"`+cid+`"}`)},
	"one user's seat twice":              {"query UserPackageLicense", found(`{"Id":"051","UserId":"`+ann+`"}`, `{"Id":"051","UserId":"`+ann+`"}`)},
	"a user without IsActive":            {"query User", found(`{"Id":"` + ann + `","Username":"ann@acme.example","Email":"","Name":""}`)},
	"a user without Id":                  {"query User", found(`{"Username":"ann@acme.example","IsActive":true}`)},
	"an account for a user":              {"query User", found(`{"Id":"0015f0000000001AAA","Username":"ann@acme.example","IsActive":true}`)},
	"a user without Username":            {"query User", found(`{"Id":"` + ann + `","IsActive":true}`)},
	"a user twice":                       {"query User", found(userRecord(ann, three()[ann]), userRecord(ann, three()[ann]))},
}

func TestAnOrgThatAnswersNonsenseIsUnavailable(t *testing.T) {
	for name, c := range nonsense {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrg(t, three())
			o.instead[c.what] = []string{c.answer}
			lines, _, err := targettest.Look(t, o.target(""), "ann", "bob", "cid")
			if !errors.Is(err, connector.ErrUnavailable) || len(lines) > 0 {
				t.Errorf("%v, %v", err, lines)
			}
		})
	}
}

func TestNonsenseIsAskedForAgain(t *testing.T) {
	for name, c := range nonsense {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrg(t, three())
			o.instead[c.what] = []string{c.answer, ""}
			lines, _, err := targettest.Look(t, o.target(""), "ann", "bob", "cid")
			if err != nil || len(lines) != 3 {
				t.Errorf("%v, %v", err, lines)
			}
		})
	}
}

func TestNonsenseBeforeASubmitRemovesNothing(t *testing.T) {
	for name, c := range nonsense {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrg(t, three())
			o.instead[c.what] = []string{c.answer}
			_, err := submit(t, o.target("    reclaim: inactive\n"), transform.Removals, ann+",#N/A", cid+",#N/A")
			if !errors.Is(err, connector.ErrUnavailable) || len(o.writes()) > 0 {
				t.Errorf("%v, written: %v", err, o.writes())
			}
		})
	}
}

func TestASeatWhoseUserIsHiddenIsNotTakenBack(t *testing.T) {
	o := newOrg(t, three())
	o.instead["query UserPackageLicense"] = []string{found(`{"Id":"051","UserId":"`+ann+`","User":null}`, `{"Id":"052","UserId":"`+cid+`","User":{"Username":"cid@acme.example","IsActive":false}}`)}
	_, policy, err := targettest.Look(t, o.target("    reclaim: inactive\n"), "bob")
	if err != nil {
		t.Fatal(err)
	}
	extra := policy.(transform.Extras).Extra()
	if len(extra) != 1 || extra[0].ID != cid {
		t.Errorf("%+v", extra)
	}
}

func TestAPackageWithoutALimit(t *testing.T) {
	for _, allowed := range []string{"null", "0", "-1"} {
		o := newOrg(t, three())
		o.instead["query PackageLicense"] = []string{found(`{"Id":"0505f0000000001AAA","AllowedLicenses":` + allowed + `,"UsedLicenses":null,"Status":"Active"}`)}
		s, err := o.target("").survey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, known := s.Free(); known {
			t.Errorf("AllowedLicenses %s is a limit", allowed)
		}
	}
}

func TestSettingsThatAreWrong(t *testing.T) {
	for settings, want := range map[string]string{
		"    field: auto\n":                          "salesforce is missing",
		"    salesforce: p\n    reclaim: all\n":      `"all" is neither inactive nor off`,
		"    salesforce: p\n    unverified: maybe\n": `"maybe" is neither pending nor ok`,
		"    salesforce: p\n    mail: yahoo\n":       `"yahoo" is neither google nor microsoft`,
	} {
		if _, err := newOrg(t, nil).open(settings); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", settings, err)
		}
	}
	other := func(string) (connector.Target, error) { return nil, nil }
	s := &Settings{}
	s.Salesforce.V = "vault"
	if _, err := Connector.Open(t.Context(), connector.Opening{Settings: s, Other: other}); err == nil || !strings.Contains(err.Error(), "is no Salesforce org") {
		t.Errorf("%v", err)
	}
}
