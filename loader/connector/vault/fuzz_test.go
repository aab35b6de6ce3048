package vault

import (
	"encoding/json"
	"testing"

	"rosterload/transform"
)

// FuzzPage: whatever a Vault answers, only users with a number for an id and a key that was asked for are reported.
func FuzzPage(f *testing.F) {
	f.Add([]byte(rows(2, "/api/v26.2/query/next", ann, ben)))
	f.Add([]byte(`{"data":[{"id":1.5e3,"username__sys":["ann@acme.example"],"status__v":true}]}`))
	f.Add([]byte(`{"data":[null,{"id":null}],"responseDetails":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var p page
		if json.Unmarshal(body, &p) != nil {
			return
		}
		l := &looker{by: "Username", column: "username__sys", spell: Connector.Spelling.KeyOf("Username"), wanted: map[string]bool{"ann@acme.example": true}}
		l.found = func(s transform.Standing) error {
			if !isUserID(s.ID) || s.User != (transform.User{By: "Username", Key: "ann@acme.example"}) {
				t.Errorf("reported %+v", s)
			}
			return nil
		}
		for _, r := range p.Data {
			_ = l.report(r)
		}
		if c, err := nextPage(p.Details.Next); err == nil && (c.path == "" || c.path[0] != '/') {
			t.Errorf("the next page is %q", c.path)
		}
	})
}

// FuzzAnswers: whatever a Vault answers, each row that was sent has one outcome, or none has.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"responseStatus":"SUCCESS","data":[{"responseStatus":"SUCCESS","data":{"id":"11"}},{"responseStatus":"FAILURE","errors":[{"type":"X"}]}]}`))
	f.Add([]byte(`{"responseStatus":"WARNING","data":[{"responseStatus":"WARNING","data":null,"warnings":[{"type":"NO_DATA_CHANGES"}]},{}]}`))
	f.Add([]byte(`{"data":[[],null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var a answered
		if json.Unmarshal(body, &a) != nil {
			return
		}
		sent := []row{{id: "11", field: requestField}, {id: "12", field: requestField}}
		outcomes, err := outcomesOf(sent, a)
		if err != nil && len(outcomes) > 0 || err == nil && len(outcomes) != len(sent) {
			t.Fatalf("%d outcomes, %v", len(outcomes), err)
		}
		for i, o := range outcomes {
			if o.User != sent[i].id || o.State == "" {
				t.Errorf("outcome %d: %+v", i, o)
			}
		}
	})
}
