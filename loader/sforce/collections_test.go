package sforce

import (
	"net/http"
	"testing"
)

func TestRecordsAreUpdatedOneByOneInOneCall(t *testing.T) {
	group := "Cardio East"
	sent := []Update{{"0055f000001AbcdAAA", "Engage_Group_Request_vod__c", &group}, {"0055f000001AbceAAA", "Engage_Group_Request_vod__c", nil}}
	o := newOrg(t, map[string]http.HandlerFunc{"PATCH /composite/sobjects": asks(t,
		`{"allOrNone":false,"records":[{"Engage_Group_Request_vod__c":"Cardio East","attributes":{"type":"User"},"id":"0055f000001AbcdAAA"},{"Engage_Group_Request_vod__c":null,"attributes":{"type":"User"},"id":"0055f000001AbceAAA"}]}`,
		says(200, `[{"id":"0055f000001AbcdAAA","success":true,"errors":[]},{"success":false,"errors":[{"statusCode":"STRING_TOO_LONG","message":"too long","fields":["X"]}]}]`))})
	got, err := o.wire().UpdateAll(t.Context(), "User", sent)
	if err != nil || !got[0].Success || got[1].Success || got[1].ID != sent[1].ID || got[1].Errors[0].Code != "STRING_TOO_LONG" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAnswersThatFitNoRecordAreNotTaken(t *testing.T) {
	for name, body := range map[string]string{"one too few": `[]`, "of another user": `[{"id":"0055f000001XXXXAAA","success":true}]`} {
		o := newOrg(t, map[string]http.HandlerFunc{"PATCH /composite/sobjects": says(200, body)})
		if got, err := o.wire(impatient).UpdateAll(t.Context(), "User", []Update{{ID: "0055f000001AbcdAAA", Field: "F"}}); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
