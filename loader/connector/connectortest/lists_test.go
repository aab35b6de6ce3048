package connectortest

import "testing"

func TestAListLosesItsFirstEntry(t *testing.T) {
	for body, want := range map[string]string{
		`[1,2,3]`: `[2,3]`,
		`{"total": 2, "few": ["x"], "users": [{"id": "a"}, {"id": "b"}]}`: `{"few":["x"],"total":2,"users":[{"id":"b"}]}`,
		"id,name\na,ann\nb,bob\n":    "id,name\nb,bob\n",
		"id,name\na,ann\n":           "id,name\n",
		`[]`:                         "",
		`{"id": "a", "groups": []}`:  "",
		"id,name\n":                  "",
		"":                           "",
		`{"id": "a", "name": "ann"}`: "",
	} {
		short, ok := withoutFirst([]byte(body))
		if string(short) != want || ok != (want != "") {
			t.Errorf("%q becomes %q, %v", body, short, ok)
		}
	}
}
