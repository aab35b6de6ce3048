package trouble

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestWhichRequestsACallConcerns(t *testing.T) {
	always := func(float64) bool { return true }
	for _, x := range []struct {
		call Call
		want string // of six requests, those that fit
	}{
		{Call{On: "PUT */batches"}, "..x..x"},
		{Call{On: "*/batches"}, "..xx.x"},
		{Call{On: "* /jobs/?/batches"}, "..xx.x"},
		{Call{On: "GET /jobs"}, "x....."},
		{Call{On: "*", Calls: []int{2, 5}}, ".x..x."},
		{Call{On: "*", Every: 3}, "..x..x"},
		{Call{On: "PUT *", Every: 2}, ".....x"},
		{Call{On: "["}, "......"},
	} {
		is := ""
		for _, r := range [][2]string{{"GET", "/jobs"}, {"POST", "/jobs"}, {"PUT", "/jobs/1/batches"}, {"GET", "/jobs/1/batches"}, {"PATCH", "/jobs/1"}, {"PUT", "/jobs/2/batches"}} {
			mark := "."
			if (Calls{&x.call}).Next(r[0], r[1], always) != nil {
				mark = "x"
			}
			is += mark
		}
		if is != x.want {
			t.Errorf("%+v: %s, want %s", x.call, is, x.want)
		}
	}
}

func TestTheFirstCallThatIsDueHappens(t *testing.T) {
	first, second := &Call{On: "*", Calls: []int{2}}, &Call{On: "*"}
	plan := Calls{first, second}
	for n, want := range []*Call{second, first, second} {
		if is := plan.Next("GET", "/", nil); is != want {
			t.Errorf("request %d: %+v", n+1, is)
		}
	}
	third, fourth := &Call{On: "*", Calls: []int{1}}, &Call{On: "*", Calls: []int{2}}
	plan = Calls{third, fourth}
	for n, want := range []*Call{third, fourth, nil} {
		if is := plan.Next("GET", "/", nil); is != want {
			t.Errorf("request %d, which both count: %+v", n+1, is)
		}
	}
	if (Calls{{On: "*", Rate: 0.5}}).Next("GET", "/", func(share float64) bool { return share > 0.9 }) != nil {
		t.Error("chance says no, and it happens")
	}
}

func TestRowsOfEachFormat(t *testing.T) {
	for body, want := range map[string][]string{
		"a,b\n1,\"x\ny\"\n2,z":                  {"1,\"x\ny\"\n", "2,z"},
		"a,b\r\n1,2\r\n":                        {"1,2\r\n"},
		"a,b\n":                                 nil,
		"":                                      nil,
		`[{"a":1}, {"b":[2]}]`:                  {`{"a":1}`, `{"b":[2]}`},
		`{"n":{"x":1},"data":[1,2],"more":[3]}`: {"1", "2"},
		`{"n":1}`:                               nil,
		`{"data":[1,`:                           nil,
		`{"responseStatus":"SUCCESS","data":[{"id":1}]}`: {`{"id":1}`},
	} {
		s := split([]byte(body))
		if is := bytes.Join(s.rows, []byte("|")); string(is) != string(bytes.Join(rowsOf(want), []byte("|"))) {
			t.Errorf("%q: %q", body, is)
		}
	}
}

func rowsOf(texts []string) (rows [][]byte) {
	for _, text := range texts {
		rows = append(rows, []byte(text))
	}
	return rows
}

func TestWhatIsMissingIsMissingEverywhere(t *testing.T) {
	for body, want := range map[string]string{
		`{"a":1,"b":[{"a":2,"c":3.10}]}`:      `{"b":[{"c":3.10}]}`,
		"a,b\n1,\"say \"\"x\"\"\"\n":          "\"b\"\n\"say \"\"x\"\"\"\n",
		"b,c\n1,2\n":                          "b,c\n1,2\n",
		"a,b\n1\n":                            "a,b\n1\n",
		`{"a":`:                               `{"a":`,
		"plain text":                          "plain text",
		"a\n1\n":                              "\n\n",
		`[{"a":{"a":1}},{"b":{"a":1,"c":2}}]`: `[{},{"b":{"c":2}}]`,
	} {
		if is := without([]byte(body), "a"); string(is) != want {
			t.Errorf("%q: %q, want %q", body, is, want)
		}
	}
}

// FuzzRows: a body that is taken apart and joined again is the same body, and JSON stays JSON with any of its rows.
func FuzzRows(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":[2]}],"c":3}`), 1)
	f.Add([]byte("a,b\n1,\"x\ny\"\n2,z"), 1)
	f.Fuzz(func(t *testing.T, body []byte, n int) {
		s := split(body)
		isDocument := json.Valid(body)
		if joined := s.join(s.rows); !isDocument && !isJSON(body) && !bytes.Equal(joined, body) {
			t.Errorf("%q becomes %q", body, joined)
		}
		some := s.join(s.rows[:max(0, min(n, len(s.rows)))])
		if isDocument && isJSON(body) && !json.Valid(some) {
			t.Errorf("%q becomes %q", body, some)
		}
	})
}
