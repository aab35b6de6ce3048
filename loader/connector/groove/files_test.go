package groove

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader/connector"
	"rosterload/loader/connector/targettest"
	"rosterload/transform"
)

const attachedRoster = "Username,licenses,role,teams,release_number,setup_email\n" +
	"ann@acme.example,core;dialer;sms,Team Lead,\"B, A\",Yes,\n" +
	"bob@acme.example,,admin,,,No\n" +
	"cid@acme.example,-,Admin,,,\n" +
	"dot@acme.example,core,Admin,,,\n"

// attach writes the attachments of a roster and answers the rows of each file, and the notes.
func attach(t *testing.T, target *Target) (files map[string][]string, notes []string) {
	t.Helper()
	a := target.Attachments()
	verdicts := []transform.Verdict{{Word: transform.Pending, Code: "GROOVE_WORK_ORDER"}, {Word: transform.Skipped, Code: "GROOVE_WORK_ORDER"}, {Word: transform.Failed, Code: "USER_INACTIVE"}, {}}
	ids := []string{ann, bob, cid, ""}
	n := 0
	for r := range requests(t, attachedRoster) {
		notes = append(notes, a.Line(r, ids[n], verdicts[n]))
		n++
	}
	a.Extra(cid, transform.Verdict{Word: transform.Removed})
	files = map[string][]string{}
	for _, f := range a.Files() {
		for _, row := range f.Rows[1:] {
			files[f.Name] = append(files[f.Name], strings.Join(row, "|"))
		}
	}
	return files, notes
}

var attached = map[string][]string{
	"workorder": {
		"1|Assign License|ann@acme.example|The ann|ann@mail.example|" + ann + "|license|dialer|Users > Actions > Manage Licenses|no|1",
		"2|Assign License|ann@acme.example|The ann|ann@mail.example|" + ann + "|license|sms|Users > Actions > Manage Licenses|no|1",
		"3|Update Teams|ann@acme.example|The ann|ann@mail.example|" + ann + "|teams|A, B|Users > Actions > Update Teams|no|1",
		"4|Update Role|bob@acme.example|The bob|bob@mail.example|" + bob + "|role|Admin|Users > Actions > Update Role|no|2",
		"5|Update Role|ann@acme.example|The ann|ann@mail.example|" + ann + "|role|Team Lead|Users > Actions > Update Role|no|1",
		"6|Deprovision Dialer Numbers|ann@acme.example|The ann|ann@mail.example|" + ann + "|release_number|Yes|Users > Actions > Deprovision Dialer Numbers|yes|1",
	},
	"reclaimed": {"cid@acme.example|0515f0000000003AAA|Removed||"},
}

func TestTheWorkOrder(t *testing.T) {
	o := newOrg(t, three())
	target := o.target("")
	if _, _, err := targettest.Look(t, target, "ann", "bob"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // each writing begins for itself
		files, notes := attach(t, target)
		if diff := cmp.Diff(attached, files); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"5 lines on the work order", "1 line on the work order", "", ""}, notes); diff != "" {
			t.Error(diff)
		}
	}
}

func TestALaterProcessWritesTheSame(t *testing.T) {
	o := newOrg(t, three())
	first, later := o.target(""), o.target("")
	if _, _, err := targettest.Look(t, first, "ann", "bob"); err != nil {
		t.Fatal(err)
	}
	snapshot, err := first.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	o.instead["GET sobjects/User/describe"] = []string{`{"fields":[{"name":"Id"}]}`} // the field is taken away meanwhile
	if err := later.Restore(snapshot, nil); err != nil {
		t.Fatal(err)
	}
	files, _ := attach(t, later)
	if diff := cmp.Diff(attached, files); diff != "" {
		t.Error(diff)
	}
	if later.carriers.Field != "Groove_Assigned_Licenses__c" {
		t.Errorf("the run goes on by %+v", later.carriers)
	}
}

func TestWhatARunOfVersion1Sealed(t *testing.T) {
	target := newOrg(t, three()).target("")
	old := `{"foundation": {"field": "", "package": "DaScoopComposer", "why": "field: off"},
		"notes": {"people":{"` + ann + `":["ann@acme.example","The ann","ann@mail.example"]},"seats":{"` + cid + `":["cid@acme.example","051"]}}}`
	if err := target.Restore([]byte(old), nil); err != nil {
		t.Fatal(err)
	}
	if target.carriers.Why != "field: off" || target.people[ann].name != "The ann" || target.stale[cid].ID != "051" {
		t.Errorf("%+v %+v %+v", target.carriers, target.people, target.stale)
	}
	for _, nothing := range []string{"", `{"foundation":null,"notes":null}`} {
		fresh := newOrg(t, three()).target("")
		if err := fresh.Restore([]byte(nothing), nil); err != nil || fresh.carriers != nil {
			t.Errorf("%q: %v, %+v", nothing, err, fresh.carriers)
		}
	}
}

func TestAnExportIsHeldAgainstTheRoster(t *testing.T) {
	users := three()
	users["0055f0000000004AAA"] = &user{name: "dot", active: true}
	export := [][]string{
		{"Email", "Id", "Salesforce ID", "Role", "Core License", "Teams", "Dialer License", "Status", "Odd"},
		{"ann@mail.example", "g-1", ann[:15], "team lead", "Yes", "B, A", "No", "Active", "x"},
		{"BOB@mail.example", "g-2", "", "Standard", "yes", "", "No", "Active"},
		{"old@mail.example", "g-3", cid, "Standard", "No", "", "No", "Deactivated", "x"},
		{"dot@mail.example", "g-4", "0055f0000000008AAA", "Standard", "Yes", "", "No", "Active", "x"},
		{"stranger@mail.example"},
	}
	o := newOrg(t, users)
	compared, seen, err := o.target("").Reconcile(t.Context(), export, requests(t, "Username,licenses,role,teams\n"+
		"ann@acme.example,core,Team Lead,A;B\nbob@acme.example,core;dialer,,\ncid@acme.example,-,,\ndot@acme.example,core,,\nunknown@acme.example,core,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	var is []string
	for _, c := range compared {
		if c.Column == "flow_unlimited" || c.Column == "sms" || c.Column == "conversation_intelligence" {
			if c.State != connector.NotComparable {
				t.Errorf("the export has no such column: %+v", c)
			}
			continue
		}
		is = append(is, strings.Join([]string{c.Subject, c.Column, c.State, c.Wanted, c.Found, c.Done, c.Note}, "|"))
	}
	want := []string{
		"ann@acme.example|core|agrees|Yes|Yes||", "ann@acme.example|dialer|agrees|No|No||", "ann@acme.example|teams|agrees|A;B|B, A|yes|", "ann@acme.example|role|agrees|Team Lead|team lead|yes|",
		"bob@acme.example|core|agrees|Yes|yes||", "bob@acme.example|dialer|differs|Yes|No||",
		"cid@acme.example|core|agrees|No|No||", "cid@acme.example|dialer|agrees|No|No||", "cid@acme.example|status|not comparable||Deactivated||the Salesforce user is inactive",
		"dot@acme.example||only in the roster||||", "unknown@acme.example||only in the roster||||no Salesforce user has this key",
		"dot@mail.example||only in the export||||", "stranger@mail.example||only in the export||||",
	}
	if diff := cmp.Diff(want, is); diff != "" {
		t.Error(diff)
	}
	if len(o.writes()) > 0 {
		t.Errorf("written: %v", o.writes())
	}
	why := map[string]string{}
	for _, line := range seen {
		why[line.User] = fmt.Sprintf("%d %q %v: %s; %v", line.Row, line.Value, line.Shown, line.Why, line.Worked)
	}
	noColumns := "has no column flow_unlimited, has no column sms"
	wantSeen := map[string]string{
		ann: `1 "core" false: ` + noColumns + `; map[core: dialer: role:Team Lead teams:A, B]`, bob: `2 "core;dialer" false: has no column flow_unlimited, shows dialer No, has no column sms; map[core: dialer:]`,
		cid: `3 "" false: ` + noColumns + `; map[core: dialer:]`, "0055f0000000004AAA": `4 "core" false: does not list this user; map[]`,
	}
	if diff := cmp.Diff(wantSeen, why); diff != "" {
		t.Error(diff)
	}
}

func TestAnExportWithoutARoster(t *testing.T) {
	compared, _, err := newOrg(t, three()).target("").Reconcile(t.Context(), [][]string{{"Name"}, {"A"}}, requests(t, "Username,licenses\n"))
	if err != nil || len(compared) != 1 || compared[0].Subject != "A" || compared[0].State != connector.OnlyExport {
		t.Errorf("%+v, %v", compared, err)
	}
	if compared, _, err := newOrg(t, three()).target("").Reconcile(t.Context(), nil, requests(t, "Username,licenses\nann@acme.example,core\n")); err != nil || compared[0].State != connector.OnlyRoster {
		t.Errorf("%+v, %v", compared, err)
	}
}

func TestWhatACheckFinds(t *testing.T) {
	for name, c := range map[string]struct{ settings, what, answer, gap string }{
		"all is well, but for a seat to be freed": {"", "", "", "seats of inactive users: warn: 1: cid@acme.example"},
		"the package has expired":                 {"", "query PackageLicense", found(`{"Id":"050","AllowedLicenses":9,"UsedLicenses":2,"Status":"Expired"}`), "package DaScoopComposer: fail: Expired (rights)"},
		"the package is on trial":                 {"", "query PackageLicense", found(`{"Id":"050","AllowedLicenses":9,"UsedLicenses":2,"Status":"Trial"}`), "package DaScoopComposer: warn: Trial: seats are not enforced yet"},
		"all seats are used":                      {"", "query PackageLicense", found(`{"Id":"050","AllowedLicenses":2,"UsedLicenses":2,"Status":"Active"}`), "seats: warn: 2 of 2 used"},
		"there is no package":                     {"", "query PackageLicense", found(), "package DaScoopComposer: fail: not installed, or not ours to see (rights)"},
		"seats are not ours to give":              {"", "GET sobjects/UserPackageLicense/describe", `{"createable":true,"deletable":false,"fields":[{"name":"Id"}]}`, "Manage Package Licenses: fail: seats can not be given and taken (rights)"},
		"the field is not there":                  {"", "GET sobjects/User/describe", `{"fields":[{"name":"Id"}]}`, "field Groove_Assigned_Licenses__c: warn: Groove_Assigned_Licenses__c is not there for us: seats alone carry core, all other licences go to the work order"},
	} {
		o := newOrg(t, three())
		if c.what != "" {
			o.instead[c.what] = []string{c.answer}
		}
		var gaps []string
		err := o.target(c.settings).Ready(t.Context(), nil, func(f connector.Finding) error {
			line := f.Check + ": " + string(f.Mark) + ": " + f.Saw
			if f.Rights {
				line += " (rights)"
			}
			if f.Mark == connector.Fail || f.Mark == connector.Warn {
				gaps = append(gaps, line)
			}
			return nil
		})
		if err != nil || !slices.Contains(gaps, c.gap) {
			t.Errorf("%s: %v, %q", name, err, gaps)
		}
		if len(o.writes()) > 0 {
			t.Errorf("%s: a check writes: %v", name, o.writes())
		}
	}
	stop := errors.New("stop")
	if err := newOrg(t, three()).target("").Ready(t.Context(), nil, func(connector.Finding) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an error of found does not end the check: %v", err)
	}
}

// countedHost is a host org that counts how often it is asked who it is.
type countedHost struct {
	hostOrg
	asked int
}

func (h *countedHost) Org(ctx context.Context) (connector.Org, error) {
	h.asked++
	return h.hostOrg.Org(ctx)
}

func TestGrooveHasAnIDOfItsOwn(t *testing.T) {
	target := newOrg(t, three()).target("")
	counted := &countedHost{hostOrg: target.host}
	target.host = counted
	org, err := target.Org(t.Context())
	host, hostErr := target.HostOrg(t.Context())
	if err != nil || hostErr != nil || org.ID != "groove-00D5f000000AbCdEAK" || org.Name != "Groove in Acme" || host.ID != "00D5f000000AbCdEAK" {
		t.Errorf("%+v %+v %v %v", org, host, err, hostErr)
	}
	if counted.asked != 1 {
		t.Errorf("the host org is asked %d times who it is", counted.asked)
	}
}

// Whatever file is handed in as an export, it is read, and each of its rows is found at most by the id or the e-mail that it holds.
func FuzzExport(f *testing.F) {
	f.Add("Email,Salesforce ID,Core License\nann@mail.example,"+ann+",Yes\n", ann, "ann@mail.example")
	f.Add("", "", "")
	f.Add("Id\n\"\n", ann, "")
	f.Add("Name,Email\nx\n", "", "x")
	f.Fuzz(func(t *testing.T, text, id, mail string) {
		in := csv.NewReader(strings.NewReader(text))
		in.FieldsPerRecord = -1
		records, err := in.ReadAll()
		if err != nil {
			return
		}
		e := readExport(records)
		p := person{email: mail}
		p.ID = id
		row := e.find(p)
		if row >= len(e.rows) {
			t.Fatalf("row %d of %d", row, len(e.rows))
		}
		for _, column := range slices.Sorted(maps.Keys(exportColumns)) {
			for row := range e.rows {
				if cell, ok := e.cell(row, column); !ok && cell != "" {
					t.Errorf("a cell of a column that is not there: %q", cell)
				}
			}
		}
	})
}
