package sforce

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func anyRows(int) error { return nil }

func FuzzTable(f *testing.F) {
	f.Add("\"Id\",\"Name\"\n\"1\",\"a\"\n", "1", "a\nb")
	f.Fuzz(func(t *testing.T, text, id, name string) {
		fields := []string{"Id", "Name"}
		_ = newTable(fields, fields, 1000, nil, func([]string) error { return nil }).read(strings.NewReader(text), anyRows) // whatever comes, no panic
		var b strings.Builder
		w := csv.NewWriter(&b)
		_ = w.WriteAll([][]string{{"Name", "other", "Id"}, {name, "x", id}})
		var got []string
		err := newTable(fields, fields, 1000, nil, func(row []string) error {
			got = slices.Clone(row)
			return nil
		}).read(strings.NewReader(b.String()), anyRows)
		line := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") } // encoding/csv's own rule
		if err != nil || len(got) != 2 || got[0] != line(id) || got[1] != line(name) {
			t.Errorf("%q came back as %q, %v", []string{id, name}, got, err)
		}
	})
}

// BenchmarkTable reads what a look at a hundred thousand people answers; the wanted pace is a million in two seconds
// of CPU.
func BenchmarkTable(b *testing.B) {
	var rows strings.Builder
	rows.WriteString("\"Username\",\"Id\",\"IsActive\",\"Engage_Group_Request_vod__c\",\"Engage_Group_vod__c\",\"Engage_Group_Provisioning_Status_vod__c\"\n")
	for i := range 100_000 {
		fmt.Fprintf(&rows, "\"user%07d@acme.example\",\"0055f%010dAAA\",\"true\",\"Cardio East\",\"Cardio East\",\"Success_vod\"\n", i, i)
	}
	text := rows.String()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		fields := []string{"Username", "Id", "IsActive", "Engage_Group_Request_vod__c", "Engage_Group_vod__c", "Engage_Group_Provisioning_Status_vod__c"}
		_ = newTable(fields, fields, 1<<20, nil, func([]string) error { return nil }).read(strings.NewReader(text), anyRows)
	}
}
