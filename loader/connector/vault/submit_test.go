package vault

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"rosterload/loader/connector"
	"rosterload/transform"
)

const update = "PUT /vobjects/user__sys"

func submit(t *testing.T, target *Target, rows ...string) (answers, error) {
	t.Helper()
	var a answers
	err := target.Submit(t.Context(), sealed(t, transform.Upserts, target.Limits(), rows...), nil, a.each)
	return a, err
}

func TestABatchIsOneCallOfIdsAndOneField(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{update: says(`{"responseStatus":"SUCCESS","data":[{"responseStatus":"SUCCESS","data":{"id":"11"}},{"responseStatus":"SUCCESS","data":{"id":12}}]}`)})
	got, err := submit(t, o.target(""), `11,"Cardio, ""East"""`, "12,#N/A")
	if err != nil || !slices.Equal(got, []string{"11|accepted", "12|accepted"}) {
		t.Errorf("%q, %v", got, err)
	}
	want := []string{update + ` [{"engage_group_request__v":"Cardio, \"East\"","id":"11"},{"engage_group_request__v":null,"id":"12"}]`}
	if sent := o.saw("PUT"); !slices.Equal(sent, want) {
		t.Errorf("%q", sent)
	}
}

func TestARetryWritesTheOneWordIntoTheStatusAndNothingElse(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{update: says(`{"responseStatus":"SUCCESS","data":[{"responseStatus":"SUCCESS","data":{"id":"11"}}]}`)})
	target := o.target("")
	limits := target.Limits()
	limits.Headings, limits.Nothing = target.RetrySpelling()
	var a answers
	retry := transform.RetryBatch{Batch: sealed(t, transform.RetryJobs(1)[1], limits, "11,retry_request__v")}
	if err := target.Retry(t.Context(), retry, nil, a.each); err != nil {
		t.Fatal(err)
	}
	if sent := o.saw("PUT"); !slices.Equal(sent, []string{update + ` [{"engage_group_provisioning_status__v":"retry_request__v","id":"11"}]`}) {
		t.Errorf("%q", sent)
	}
}

func TestWhatTheAnswerToARowMeans(t *testing.T) {
	for row, want := range map[string]string{
		`{"responseStatus":"SUCCESS","data":{"id":"11"}}`:                                                               "11|accepted",
		`{"responseStatus":"WARNING","data":{"id":"11"},"warnings":[{"warning_type":"NO_DATA_CHANGES","message":"x"}]}`: "11|same",
		`{"responseStatus":"WARNING","data":{"id":"11"},"warnings":[{"type":"NO_DATA_CHANGES"}]}`:                       "11|same",
		`{"responseStatus":"WARNING","data":{"id":"11"},"warnings":[{"warning_type":"OTHER"}]}`:                         "11|accepted",
		`{"responseStatus":"FAILURE","errors":[{"type":"INSUFFICIENT_ACCESS","message":"not you"}]}`:                    "11|refused|VAULT_INSUFFICIENT_ACCESS|not you|ask-admin",
		`{"responseStatus":"FAILURE","errors":[{"type":"USER_NOT_FOUND","message":"x"}]}`:                               "11|refused|VAULT_USER_NOT_FOUND|x|change-key",
		`{"responseStatus":"FAILURE","data":null,"errors":[{"type":"RACE_CONDITION","message":"busy"}]}`:                "11|refused|VAULT_RACE_CONDITION|busy|fix-and-load again",
		`{"responseStatus":"FAILURE","errors":[{"type":"INVALID_DATA","message":"The resource [11] does not exist"}]}`:  "11|refused|VAULT_INVALID_DATA|The resource [11] does not exist|fix-and-load",
		`{"responseStatus":"FAILURE"}`: "11|refused|VAULT_FAILURE|refused without a reason|fix-and-load",
		`{"responseStatus":"EXCEPTION","errors":[{"type":"UNEXPECTED_ERROR","message":"x"}]}`: "11|refused|VAULT_UNEXPECTED_ERROR|x|fix-and-load again",
	} {
		o := newOrg(t, map[string]http.HandlerFunc{update: says(`{"responseStatus":"SUCCESS","data":[` + row + `]}`)})
		if got, err := submit(t, o.target(""), "11,Cardio"); err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q, %v, want %s", row, got, err, want)
		}
	}
}

// An update that was answered by anything but a plain no may have been carried out: sent again, its rows would say that nothing changes.
func TestAnUnknownEndIsLostAndNeverRepeated(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"the line drops":           hangsUp,
		"a proxy answers":          status(502),
		"a web page":               says("<html>down</html>"),
		"half an answer":           says(`{"responseStatus":"SUCCESS","data":[{"resp`),
		"another envelope":         says(`{}`),
		"an exception":             says(`{"responseStatus":"EXCEPTION","errors":[{"type":"UNEXPECTED_ERROR","message":"x"}]}`),
		"no rows":                  says(`{"responseStatus":"SUCCESS"}`),
		"more rows than were sent": says(`{"responseStatus":"SUCCESS","data":[{"responseStatus":"SUCCESS"},{"responseStatus":"SUCCESS"}]}`),
		"another user":             says(`{"responseStatus":"SUCCESS","data":[{"responseStatus":"SUCCESS","data":{"id":"12"}}]}`),
		"an id of another shape":   says(`{"responseStatus":"SUCCESS","data":[{"responseStatus":"SUCCESS","data":{"id":{"x":1}}}]}`),
		"a row without a status":   says(`{"responseStatus":"SUCCESS","data":[{"data":{"id":"11"}}]}`),
		"a row in odd words":       says(`{"responseStatus":"SUCCESS","data":[{"responseStatus":"<b>","data":{"id":"11"}}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{update: answer})
			got, err := submit(t, o.target(""), "11,Cardio")
			if !errors.Is(err, connector.ErrLost) || connector.NothingDone(err) || len(got) != 0 || len(o.saw("PUT")) != 1 {
				t.Errorf("%q, %v, sent %d times", got, err, len(o.saw("PUT")))
			}
		})
	}
}

func TestAPlainNoOfTheWholeCallIsFinal(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		means  error
	}{
		"a refusal with the status 200": {fails("INVALID_DATA", "The file has 501 rows"), connector.ErrUnavailable},
		"no right":                      {fails("INSUFFICIENT_ACCESS", "not licensed"), connector.ErrDenied},
		"a redirect":                    {status(307), nil},
		"a status of a proxy":           {status(413), nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{update: c.answer})
			got, err := submit(t, o.target(""), "11,Cardio")
			if !connector.NothingDone(err) || c.means != nil && !errors.Is(err, c.means) || len(got) != 0 || len(o.saw("PUT")) != 1 {
				t.Errorf("%q, %v, sent %d times", got, err, len(o.saw("PUT")))
			}
		})
	}
}

func TestARefusalForTheMomentIsAskedAgain(t *testing.T) {
	done := says(`{"responseStatus":"SUCCESS","data":[{"responseStatus":"SUCCESS","data":{"id":"11"}}]}`)
	o := newOrg(t, map[string]http.HandlerFunc{update: inTurn(fails("OPERATION_IN_PROGRESS", "busy"), done)})
	if got, err := submit(t, o.target(""), "11,Cardio"); err != nil || !slices.Equal(got, []string{"11|accepted"}) || len(o.saw("PUT")) != 2 {
		t.Errorf("%q, %v, sent %d times", got, err, len(o.saw("PUT")))
	}
	o = newOrg(t, map[string]http.HandlerFunc{update: fails("API_LIMIT_EXCEEDED", "slower")})
	if _, err := submit(t, o.target("    retry_for: 1ms\n"), "11,Cardio"); !errors.Is(err, connector.ErrUnavailable) || !connector.NothingDone(err) {
		t.Errorf("%v", err)
	}
}

func TestMoreRowsThanACallTakesAreNotSent(t *testing.T) {
	o := newOrg(t, nil)
	all := slices.Repeat([]string{"11,Cardio"}, maxRows+1)
	if _, err := submit(t, o.target(""), all...); err == nil || len(o.saw("PUT")) != 0 || !strings.Contains(err.Error(), "500") {
		t.Errorf("%v", err)
	}
}
