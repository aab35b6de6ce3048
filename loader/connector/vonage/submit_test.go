package vonage

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader/connector"
	"rosterload/loader/connector/targettest"
	"rosterload/transform"
)

func TestAUserIsMadeLikeTheTemplate(t *testing.T) {
	c := newCentre(t)
	all, err := submit(t, c.ready(), transform.Upserts, ann+",7,generated")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{ann + "|step|VCC_STEP_TIED", ann + "|step|VCC_STEP_CREATING", ann + "|step|VCC_STEP_CREATED|v-3", ann + "|accepted||v-3"}
	if diff := cmp.Diff(want, all.lines()); diff != "" {
		t.Error(diff)
	}
	writes := c.writes()
	if len(writes) != 9 || !strings.HasPrefix(writes[0], "PATCH composite/sobjects ") || !strings.HasPrefix(writes[1], "POST /users ") {
		t.Fatalf("%q", writes)
	}
	var body, wanted any
	if err := errors.Join(json.Unmarshal([]byte(strings.TrimPrefix(writes[1], "POST /users ")), &body), json.Unmarshal([]byte(`{
		"username": "ann@acme.example", "name": "The ann", "email": "ann@mail.example",
		"userAccountConfiguration": {"role": "Agent", "actAsAgent": false, "agentConfiguration": {"agentDisplayId": "7", "location": "GB", "webrtc": true,
			"telephonyAddress": {"telephoneAddress": "+44 20 1", "outboundTelephonyRegion": "region-1"}}}}`), &wanted)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, body); diff != "" {
		t.Error(diff)
	}
	lists := []string{
		`PUT /users/v-3/skills {"agentSkills":[{"agentSkillLevel":5,"skillId":"s-1"}]}`,
		`PUT /users/v-3/groups {"agentGroups":[{"groupId":"g-1"}]}`,
		`PUT /users/v-3/permissions/groups {"groupPermissions":[]}`,
		`PUT /users/v-3/permissions/queues {"queues":[{"queueId":"q-1","queuePermission":"Read"}]}`,
		`PUT /users/v-3/permissions/addresses {"addressPermissions":[{"addressId":7,"addressName":"+4420"}]}`,
		`PUT /users/v-3/permissions/interactionPlans {"interactionPlanPermissions":[{"interactionPlanId":12345678901234567890,"level":"Read"}]}`,
		`PATCH /users/v-3/permissions/accessPermissions [{"permissionKey":"reports","permissionLevel":"Yes"}]`,
	}
	if diff := cmp.Diff(lists, writes[2:]); diff != "" {
		t.Error(diff)
	}
}

func TestACreateThatWasNotAnsweredIsNotSentTwice(t *testing.T) {
	for _, sameProcess := range []bool{true, false} {
		c := newCentre(t)
		first := c.ready()
		snapshot, err := first.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		c.hangUp = "POST /users"
		said, err := submit(t, first, transform.Upserts, ann+",7,generated")
		if !errors.Is(err, connector.ErrLost) {
			t.Fatalf("%v: %v", err, said.lines())
		}
		later := first
		if !sameProcess {
			later = c.target()
			if err := later.Restore(snapshot, said.past); err != nil {
				t.Fatal(err)
			}
		}
		lines, _, err := targettest.Look(t, later, "ann")
		if diff := cmp.Diff([]string{"ann@acme.example|" + ann + "|true||7|created_incomplete"}, lines); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
		said, err = submit(t, later, transform.Upserts, ann+",7,generated")
		if diff := cmp.Diff([]string{ann + "|step|VCC_STEP_CREATED|v-3", ann + "|accepted||v-3"}, said.lines()); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
		if posts := c.writes("POST"); len(posts) != 1 {
			t.Errorf("%q", posts)
		}
		if lines, _, err := targettest.Look(t, later, "ann"); err != nil || !strings.HasSuffix(lines[0], "|7|7|created") {
			t.Errorf("%v %v", lines, err)
		}
	}
}

func TestWhatIsSaidOfACreateThatDoesNotSucceed(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*centre)
		row     string
		want    string // the last that is said
	}{
		"another hand has made the user": {func(c *centre) {
			c.vcc = append(c.vcc, &vccUser{id: "v-9", name: "ann", agentID: "8", role: "Agent"})
		}, ann + ",7,", ann + "|refused|VCC_USERNAME_EXISTS||a user already exists with that username: active, agent ID 8"},
		"the agent ID is taken": {func(c *centre) {
			c.vcc = append(c.vcc, &vccUser{id: "v-9", name: "eve", agentID: "7", role: "Agent"})
		}, ann + ",7,", ann + "|refused|VCC_AGENT_ID_IN_USE||Agent ID '7' is already in use, by eve@acme.example in VCC"},
		"the agent ID that was made up is taken": {func(c *centre) {
			c.vcc = append(c.vcc, &vccUser{id: "v-9", name: "eve", agentID: "7", role: "Agent"})
		}, ann + ",7,generated", ann + "|refused|VCC_AGENT_ID_IN_USE||Agent ID '7' is already in use, by eve@acme.example in VCC transient"},
		"the agent ID is taken in Salesforce": {func(c *centre) { c.people[bob].agentID = "7" }, ann + ",7,", ann + "|refused|VCC_AGENT_ID_IN_USE||Agent ID '7' is already in use, by bob@acme.example in Salesforce"},
		"Salesforce holds another agent ID by now": {
			func(c *centre) { c.people[ann].agentID = "8" }, ann + ",7,",
			ann + "|refused|VCC_AGENT_ID_DIFFERS||agent ID 7 was to be written, and Salesforce holds 8 by now; an agent ID is never overwritten",
		},
		"Salesforce shows the user no more": {func(c *centre) { delete(c.people, ann) }, ann + ",7,", ann + "|refused|USER_NOT_FOUND||Salesforce no longer shows this user"},
		"Salesforce refuses the agent ID": {func(c *centre) {
			c.instead["PATCH composite/sobjects"] = []string{`[{"success":false,"errors":[{"statusCode":"TRIGGER","message":"no"}]}]`}
		}, ann + ",7,", ann + "|refused|SF_TRIGGER||no"},
		"VCC has no licence left": {func(c *centre) {
			c.instead["POST /users"] = []string{`400 {"message":"The licence allocation is reached"}`}
		}, ann + ",7,", ann + "|refused|VCC_NO_LICENCES||The licence allocation is reached"},
		"VCC refuses for another reason": {func(c *centre) {
			c.instead["POST /users"] = []string{`409 {"error":{"code":"x","message":"the moon is full"}}`}
		}, ann + ",7,", ann + "|refused|VCC_REFUSED||the moon is full"},
		"VCC does not take a list": {func(c *centre) {
			c.instead["PUT /users/v-3/skills"] = []string{`400 {"message":"skills are being moved"}`}
		}, ann + ",7,", ann + "|refused|VCC_INCOMPLETE|v-3|the user was made, but lacks: skills (skills are being moved)"},
		"VCC takes a list and keeps nothing of it": {func(c *centre) {
			c.instead["PUT /users/v-3/groups"] = []string{`204`}
		}, ann + ",7,", ann + "|refused|VCC_INCOMPLETE|v-3|the user was made, but lacks: groups"},
		"a proxy answers for VCC, once": {func(c *centre) {
			c.instead["PUT /users/v-3/groups"] = []string{`200`, ``}
		}, ann + ",7,", ann + "|accepted||v-3"},
		"a proxy refuses what VCC has done": {func(c *centre) {
			c.lies = map[string]string{"POST /users": `409 {"message":"conflict"}`}
		}, ann + ",7,", ann + "|accepted||v-3"},
		"VCC fails at a list": {func(c *centre) {
			c.instead["PUT /users/v-3/groups"] = []string{`500 {"message":"a bug"}`}
		}, ann + ",7,", ann + "|refused|VCC_INCOMPLETE|v-3|the user was made, but lacks: groups (a bug)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			centre := newCentre(t)
			target := centre.ready()
			c.prepare(centre)
			all, err := submit(t, target, transform.Upserts, c.row)
			if err != nil || len(all) == 0 {
				t.Fatalf("%v: %v", err, all.lines())
			}
			if is := all.lines()[len(all)-1]; is != c.want {
				t.Errorf("%s, want %s", is, c.want)
			}
		})
	}
}

func TestArchiving(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*centre)
		row     string
		want    string
		writes  []string
	}{
		"an account is archived":            {nil, bob + ",#N/A,", bob + "|accepted||v-1", []string{`PATCH /users/v-1 {"active":false}`}},
		"it is archived already":            {nil, cid + ",#N/A,", cid + "|accepted||v-2", nil},
		"it is not there":                   {nil, ann + ",#N/A,", ann + "|accepted", nil},
		"Salesforce shows the user no more": {func(c *centre) { delete(c.people, bob) }, bob + ",#N/A,", bob + "|refused|USER_NOT_FOUND||Salesforce no longer shows this user", nil},
		"VCC refuses": {
			func(c *centre) {
				c.instead["PATCH /users/v-1"] = []string{`400 {"message":"linked to several accounts"}`}
			}, bob + ",#N/A,",
			bob + "|refused|VCC_REFUSED|v-1|linked to several accounts",
			[]string{`PATCH /users/v-1 {"active":false}`},
		},
		"a proxy answers for VCC, once": {
			func(c *centre) { c.instead["PATCH /users/v-1"] = []string{`200`, ``} }, bob + ",#N/A,", bob + "|accepted||v-1",
			[]string{`PATCH /users/v-1 {"active":false}`, `PATCH /users/v-1 {"active":false}`},
		},
	} {
		centre := newCentre(t)
		if c.prepare != nil {
			c.prepare(centre)
		}
		all, err := submit(t, centre.target(), transform.Removals, c.row)
		if diff := cmp.Diff([]string{c.want}, all.lines()); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
		if writes := centre.writes(); !slices.Equal(writes, c.writes) {
			t.Errorf("%s: %q", name, writes)
		}
	}
}

// A user whose lists are not written yet is half made, not failed: the run is open, and resume writes them.
func TestVCCIsAwayWhileAListIsWritten(t *testing.T) {
	c := newCentre(t)
	target := c.ready()
	c.instead["PUT /users/v-3/groups"] = []string{`503`}
	all, err := submit(t, target, transform.Upserts, ann+",7,")
	if !errors.Is(err, connector.ErrUnavailable) || strings.Contains(strings.Join(all.lines(), " "), "refused") {
		t.Errorf("%v, %v", err, all.lines())
	}
}

func TestNonsenseArchivesAndMakesNoUser(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing":         `{}`,
		"another user":    (&vccUser{id: "v-0", name: "template", role: "Agent"}).json(),
		"no userId":       `{"username":"bob@acme.example","active":true}`,
		"a list of users": usersPage(1, 1, (&vccUser{id: "v-1", name: "bob", role: "Agent"}).json()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCentre(t)
			target := c.ready()
			c.instead["GET /users/by/username/bob@acme.example"] = []string{answer}
			c.instead["GET /users/by/username/ann@acme.example"] = []string{answer}
			c.people[ann].agentID = "7"
			for job, row := range map[transform.Job]string{transform.Removals: bob + ",#N/A,", transform.Upserts: ann + ",7,"} {
				if all, err := submit(t, target, job, row); !errors.Is(err, connector.ErrUnavailable) || len(all) > 0 {
					t.Errorf("%s: %v, %v", job, err, all.lines())
				}
			}
			if len(c.writes()) > 0 {
				t.Errorf("%q", c.writes())
			}
		})
	}
}

func TestAnotherAgentIDIsDrawn(t *testing.T) {
	c := newCentre(t)
	target := c.ready("    starting_id: 6\n")
	if err := target.Restore([]byte(`{"notes":{"agent_ids":["7","9"]}}`), outcomes{}.past); err != nil {
		t.Fatal(err)
	}
	target.template = c.ready().template
	c.vcc = append(c.vcc, &vccUser{id: "v-9", name: "eve", agentID: "006", role: "Agent", archived: true})
	for _, step := range []struct {
		value, own, want string
	}{
		{"6", "generated", "8"},  // 6 is taken by an archived user, 7 is spent by this run
		{"6", "generated", "10"}, // 8 was drawn just now, 9 is spent
		{"6", "", "6"},           // it was given, not made up
		{"7", "generated", "7"},  // it is free still
		{"(supervisor)", "", "(supervisor)"},
	} {
		is, err := target.Redraw(t.Context(), transform.SealedChange{Change: transform.Change{User: ann, Value: step.value}, Own: step.own})
		if err != nil || is.Value != step.want || is.Own != step.own || is.User != ann {
			t.Errorf("%s: %+v, %v, want %s", step.value, is, err, step.want)
		}
	}
}

func TestASealedFileOfVersion1IsRead(t *testing.T) {
	for sealed, want := range map[string][2]string{"7 (generated)": {"7", "generated"}, "7": {"7", ""}, "(supervisor)": {"(supervisor)", ""}, "": {"", ""}} {
		id, own := newCentre(t).target().Limits().SplitValue(sealed)
		if id != want[0] || own != want[1] {
			t.Errorf("%q: %q, %q", sealed, id, own)
		}
	}
}

func TestARunOfVersion1GoesOn(t *testing.T) {
	c := newCentre(t)
	sealed := `{"username":"template@acme.example","role":"Agent","act_as_agent":false,"user_account_configuration":{"role":"Agent"},"agent_configuration":{"location":"FR"},"rights":{"skills":[{"skillId":"s-9","agentSkillLevel":1000000}]}}`
	for _, snapshot := range []string{`{"foundation":` + sealed + `}`, `{"foundation":` + sealed + `,"notes":null}`} {
		target := c.target()
		if err := target.Restore([]byte(snapshot), outcomes{}.past); err != nil {
			t.Fatal(err)
		}
		if _, _, err := targettest.Look(t, target, "ann"); err != nil {
			t.Fatal(err)
		}
		if target.template.Agent.text("location") != "FR" || string(mustJSON(t, target.template.Rights["skills"])) != `[{"agentSkillLevel":1000000,"skillId":"s-9"}]` {
			t.Errorf("%+v", target.template)
		}
		again, err := target.Snapshot()
		if err != nil || !strings.Contains(string(again), `"location": "FR"`) {
			t.Errorf("%s, %v", again, err)
		}
	}
	broken := errors.New("the disk is broken")
	if err := c.target().Restore(nil, func(yield func(connector.Outcome, error) bool) { yield(connector.Outcome{}, broken) }); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What was spent when a run is planned is spent for its later processes.
func TestASnapshotHoldsTheAgentIDsOfTheRun(t *testing.T) {
	c := newCentre(t)
	target := c.target("    generate_agent_ids: true\n")
	_, policy, err := targettest.Look(t, target, "ann")
	if err != nil {
		t.Fatal(err)
	}
	if target.planned != policy {
		t.Fatal("the run is planned on another policy")
	}
	target.planned.IDs().Name("0044")
	id := target.planned.IDs().Draw()
	text, err := target.Snapshot()
	var s struct {
		Foundation struct{ Username string }
		Notes      struct {
			IDs []string `json:"agent_ids"`
		}
	}
	if err != nil || json.Unmarshal(text, &s) != nil || s.Foundation.Username != "template@acme.example" {
		t.Fatalf("%s, %v", text, err)
	}
	if diff := cmp.Diff([]string{id, "44"}, s.Notes.IDs); diff != "" {
		t.Error(diff)
	}
}

func TestAPlainSupervisorIsMadeWithoutAnAgentID(t *testing.T) {
	c := newCentre(t)
	c.vcc[0].role = "Supervisor"
	all, err := submit(t, c.ready(), transform.Upserts, ann+",(supervisor),")
	if diff := cmp.Diff([]string{ann + "|step|VCC_STEP_CREATING", ann + "|step|VCC_STEP_CREATED|v-3", ann + "|accepted||v-3"}, all.lines()); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if posts := c.writes("POST", "PATCH composite"); len(posts) != 1 || strings.Contains(posts[0], "agentDisplayId") || strings.Contains(posts[0], "supervisor)") {
		t.Errorf("%q", posts)
	}
}
