package feeds

import (
	"context"
	"slices"
	"testing"

	"rosterload/loader"
	"rosterload/loader/results"
	"rosterload/validate"
)

// Users who were removed because they are in no line of a whole file get their group back like those of its lines, in one undo.
func TestAnUndoBringsBackWhoWasInNoLine(t *testing.T) {
	d := newFull(t, "")
	d.write("a.csv", roster(0, 4, "Alpha")+userName(5)+",Beta\n")
	if code := d.once(); code != 0 || d.holds(6) != "" || d.holds(5) != "Beta" {
		t.Fatalf("exit %d, told %v", code, d.told)
	}
	o, err := d.watch.Options(d.watch.Feeds[0])
	if err != nil {
		t.Fatal(err)
	}
	o.Home, o.Reason, o.Flags.Results = d.home, "wrong file", t.TempDir()
	o.Connector.Spelling.Users = append(slices.Clone(o.Connector.Spelling.Users), validate.UserColumn{By: "Id", Headings: []string{"User Id"}, Key: validate.TextKey})
	s, err := loader.Undo(context.Background(), o, d.latest("a").Run, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{5, 6, 7, 8} {
		if d.holds(n) != "Alpha" {
			t.Errorf("u%d holds %q", n, d.holds(n))
		}
	}
	said := map[string]string{}
	for row, err := range results.Read(s.Files.Results) {
		if err != nil {
			t.Fatal(err)
		}
		said[row.RecordID] = row.Result + " " + row.ReasonCode
	}
	if len(said) != 6 || said["id0006"] != "Updated " || said["id0012"] != "Failed USER_INACTIVE" {
		t.Errorf("%v", said)
	}
}
