package results

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestSummaryHasTheKeysOfTheContract(t *testing.T) {
	data, err := json.Marshal(Summary{})
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(data, &keys); err != nil {
		t.Fatal(err)
	}
	for _, key := range strings.Fields("run revision final target kind pretend org as by version options roster jobs started_at ended_at success failed pending skipped results reasons files exit next") {
		if _, there := keys[key]; !there {
			t.Errorf("no key %s", key)
		}
	}
}

func TestWhatIsNotGivenIsNotInTheSummary(t *testing.T) {
	optional := []string{"results_sha256", "mends", "reason", "ticket"}
	bare, err := json.Marshal(Summary{})
	if err != nil {
		t.Fatal(err)
	}
	full, err := json.Marshal(Summary{ResultsSHA256: "ab", Mends: "20261123T021500Z-4f7c", Reason: "new season", Ticket: "HR-7"})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range optional {
		if strings.Contains(string(bare), `"`+key+`":`) || !strings.Contains(string(full), `"`+key+`":"`) {
			t.Errorf("%s: %s, and with a value %s", key, bare, full)
		}
	}
}
