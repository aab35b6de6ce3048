package sforce

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestResultsInEveryShape(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   []string
	}{
		"no content":        {status: 204},
		"an empty answer":   {status: 200},
		"a header alone":    {200, "\"sf__Id\",\"sf__Error\",Id,Engage_Group_Request_vod__c\n", nil},
		"rows with a story": {200, "\"sf__Id\",\"sf__Error\",Id,X\n\"0055f000001AbcdAAA\",\"CODE:says \"\"no\"\", twice\nand again:--\",\"0055f000001AbceAAA\",\"#N/A\"\n", []string{"0055f000001AbcdAAA|CODE:says \"no\", twice\nand again:--"}},
		"columns otherwise": {200, "\"sf__Error\",\"sf__Id\",Id\n\"E:x:--\",\"0055f000001AbcdAAA\",\"0055f000001AbceAAA\"\n", []string{"0055f000001AbcdAAA|E:x:--"}},
		"no id of the org":  {200, "\"sf__Id\",\"sf__Error\",Id\n\"\",\"E:x:--\",\"0055f000001AbceAAA\"\n", []string{"0055f000001AbceAAA|E:x:--"}},
		"below v53":         {200, "\"sf__Error\",Id\n\"E:x:--\",\"0055f000001AbceAAA\"\n", []string{"0055f000001AbceAAA|E:x:--"}},
		"never attempted":   {200, "Id,X\r\n\"0055f000001AbceAAA\",\"Group B\"\r\n", []string{"0055f000001AbceAAA|"}},
	} {
		t.Run(name, func(t *testing.T) {
			which := FailedRows
			if name == "never attempted" {
				which = Unprocessed
			}
			o := newOrg(t, map[string]http.HandlerFunc{"GET " + theJob + "/" + which + "/": says(c.status, c.body)})
			var got []string
			err := o.wire().Results(t.Context(), Job{ID: "7505fEXAMPLE4C2AAM", State: "Failed"}, which, func(r RowResult) error {
				got = append(got, r.ID+"|"+r.Error)
				return nil
			})
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestAnAnswerThatBreaksOffIsNoEndOfResults(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET " + theJob + "/successfulResults/": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, "\"sf__Id\",Id\n\"0055f000001AbcdAAA\",\"0055f000001AbceAAA\"\n")
	}})
	err := o.wire(impatient).Results(t.Context(), Job{ID: "7505fEXAMPLE4C2AAM"}, Successful, func(RowResult) error { return nil })
	if err == nil {
		t.Error("half an answer was taken for a whole one")
	}
}

func TestRowErrorsAreTakenApart(t *testing.T) {
	for text, want := range map[string]RowError{
		"UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record:--":                      {"UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", ""},
		"STRING_TOO_LONG:Group: data value too large: a:b (max length=80):Engage_Group__c --":         {"STRING_TOO_LONG", "Group: data value too large: a:b (max length=80)", "Engage_Group__c"},
		"REQUIRED_FIELD_MISSING:Required fields are missing: [A, B]:A,B --":                           {"REQUIRED_FIELD_MISSING", "Required fields are missing: [A, B]", "A;B"},
		"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY:T: execution of BeforeUpdate\n\ncaused by: System.X:--": {"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "T: execution of BeforeUpdate\n\ncaused by: System.X", ""},
		"FIELD_CUSTOM_VALIDATION_EXCEPTION:ask: \"who, and why\":--":                                  {"FIELD_CUSTOM_VALIDATION_EXCEPTION", `ask: "who, and why"`, ""},
		"something went wrong: nobody knows":                                                          {"", "something went wrong: nobody knows", ""},
		"no colon at all":                                                                             {"", "no colon at all", ""},
		"CODE:cut off":                                                                                {"CODE", "cut off", ""},
		"":                                                                                            {},
	} {
		if got := ParseRowError(text); got != want {
			t.Errorf("%q became %+v", text, got)
		}
	}
}

func TestNoMessageIsEverShortened(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.StringMatching(`[A-Z][A-Z_]{2,30}`).Draw(t, "code")
		message := rapid.String().Draw(t, "message")
		fields := rapid.SliceOfN(rapid.StringMatching(`[A-Za-z][A-Za-z0-9_]{0,20}__c`), 0, 3).Draw(t, "fields")
		text := code + ":" + message + ":" + strings.Join(fields, ",") + " --"
		if len(fields) == 0 {
			text = code + ":" + message + ":--"
		}
		if got, want := ParseRowError(text), (RowError{code, message, strings.Join(fields, ";")}); got != want {
			t.Fatalf("%q became %+v, want %+v", text, got, want)
		}
	})
}
