package run

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rosterload/loader/journal"
	"rosterload/transform"
)

const testID = "20261123T021500Z-4f7c"

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// story spells events as a journal has them, one a line: "submitting removals 1". Data stand behind them as JSON.
func story(t testing.TB, lines ...string) []journal.Event {
	t.Helper()
	var events []journal.Event
	for i, line := range lines {
		words, data, _ := strings.Cut(line, " {")
		f := strings.Fields(words)
		e := journal.Event{At: noon.Add(time.Duration(i) * time.Second), What: f[0]}
		if data != "" {
			e.Data = json.RawMessage("{" + data)
		}
		if len(f) > 1 {
			e.Job = f[1]
		}
		if len(f) > 2 {
			if err := json.Unmarshal([]byte(f[2]), &e.Batch); err != nil {
				t.Fatal(err)
			}
			e.File, e.Rows, e.SHA256 = e.Job+"-"+f[2]+".csv", 2, "abc"
		}
		switch e.What {
		case journal.Begun:
			e.Version, e.Run, e.Target, e.Kind, e.OrgID = journal.Version, testID, "prod", "salesforce", "org1"
		case journal.Receipt:
			e.Receipt = "job-" + f[2]
		case journal.Results:
			e.Job, e.Revision, e.Final, e.Exit = "", len(f[1]), f[2] == "0", 4 // "results ii 0": revision 2, final
			e.Batch, e.File, e.Rows = 0, "results.csv", 0
		}
		events = append(events, e)
	}
	return events
}

const (
	begun   = `begun {"verb":"load","roster":"nightly.csv","place":"/in"}`
	planned = `planned {"rows":9,"removals":2,"upserts":2,"org":{"id":"org1","name":"Acme"},"as":"admin","batches":[` +
		`{"job":"removals","number":1,"file":"removals-0001.csv","rows":2},{"job":"upserts","number":1,"file":"upserts-0001.csv","rows":2}]}`
	retrying = `retrying {"number":1,"wait":60,"batches":[{"job":"retry-1-upserts","number":1,"file":"retry-1-upserts-0001.csv","rows":1}]}`
)

func folded(t testing.TB, lines ...string) *Run {
	t.Helper()
	r, err := fold(testID, "/runs/"+testID, story(t, lines...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func upTo(last ...string) []string { return append([]string{begun, planned}, last...) }

func TestWhatABatchIsFollowsFromItsEvents(t *testing.T) {
	for _, c := range []struct {
		name    string
		events  []string
		state   string // of removals-0001
		sent    bool   // SentAnything
		waiting int    // batches of the removals
		resend  bool
	}{
		{"planned", nil, "sealed", false, 1, false},
		{"on its way", []string{"submitting removals 1"}, "on its way", true, 1, false},
		{"with a job", []string{"submitting removals 1", "receipt removals 1"}, "has a job", true, 1, false},
		{"arrived", []string{"submitting removals 1", "receipt removals 1", "sent removals 1"}, "sent", true, 1, false},
		{"missed: it was handed over once", []string{"submitting removals 1", "receipt removals 1", "missed removals 1"}, "sealed", true, 1, true},
		{"unsent: nothing of it can have arrived", []string{"submitting removals 1", "unsent removals 1"}, "sealed", false, 1, false},
		{"answered", []string{"submitting removals 1", "sent removals 1", "outcomes removals 1"}, "answered", true, 0, false},
		{"dropped", []string{"dropped removals 1"}, "replaced by a later batch", false, 0, false},
		{"replaced before it was sent", []string{`sealed removals 2 {"replaces":1}`}, "replaced by a later batch", false, 1, false},
		{"replaced behind its sending", []string{"submitting removals 1", `sealed removals 2 {"replaces":1,"sent":true}`}, "answered", true, 1, false},
		{"stopped: what was not sent is not sent any more", []string{"stopped removals"}, "sealed", false, 0, false},
		{"stopped: what was sent is waited for", []string{"submitting removals 1", "stopped removals"}, "on its way", true, 1, false},
		{"superseded", []string{"superseded"}, "sealed", false, 0, false},
		{"stale", []string{"stale"}, "sealed", false, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := folded(t, upTo(c.events...)...)
			b := r.Batch(transform.Removals, 1)
			if b.state() != c.state || r.SentAnything() != c.sent || len(r.Waiting(transform.Removals)) != c.waiting || b.Resend != c.resend {
				t.Errorf("state %q, sent %v, waiting %d, resend %v", b.state(), r.SentAnything(), len(r.Waiting(transform.Removals)), b.Resend)
			}
		})
	}
}

func TestAStopHoldsForItsJobsAndNotForARetry(t *testing.T) {
	r := folded(t, upTo("submitting removals 1", "outcomes removals 1", "stopped removals", "results i 0", retrying)...)
	retry := transform.RetryJobs(1)
	if r.MaySend(transform.Upserts) || !r.MaySend(retry[1]) || r.Answered() {
		t.Error("a retry of a run that was stopped sends its own jobs and nothing else")
	}
	if r.Stopped != "it gave no reason" {
		t.Errorf("a stop without a word is a stop: %q", r.Stopped)
	}
	r = folded(t, upTo("superseded", "results i 0", retrying, "stopped retry-1-removals")...)
	if r.MaySend(retry[1]) || !r.Answered() {
		t.Error("a retry's second job follows the first that was given up")
	}
}

func TestTheLastRevisionKnowsWhatItSpokeOf(t *testing.T) {
	r := folded(t, upTo("submitting removals 1", "results i 1")...)
	if r.SentSince() || r.Over || r.Last.Number != 1 {
		t.Errorf("%+v", r.Last)
	}
	r = folded(t, upTo("submitting removals 1", "results i 1", "submitting upserts 1")...)
	if !r.SentSince() {
		t.Error("the upserts were sent behind the results")
	}
	r = folded(t, upTo("submitting removals 1", "results i 1", "missed removals 1", "submitting removals 1")...)
	if !r.SentSince() {
		t.Error("the removals were sent once more behind the results")
	}
}

func TestARetryIsUnderWayUntilItsResultsAreFinal(t *testing.T) {
	r := folded(t, upTo("results i 0", retrying, "results ii 1")...)
	if r.Retry == nil || r.Over {
		t.Error("an open revision ends no retry")
	}
	r = folded(t, upTo("results i 0", retrying, "results ii 0")...)
	if r.Retry != nil || !r.Over || r.Retries != 1 {
		t.Error("a final one does")
	}
}

// Runs that abb42c2 wrote: several goroutines noted events, so their order proves less.
func TestAJournalOfVersionOneIsReadAsItStands(t *testing.T) {
	events := story(t, upTo("outcomes removals 1", "results iii 1", "missed upserts 1")...)
	events[0].Version = 1
	r, err := fold(testID, "", events)
	if err != nil || r.Version != 1 || r.Last.Number != 3 || !r.Batch(transform.Removals, 1).Done {
		t.Fatal(r, err)
	}
	events[0].Version = 2
	if _, err := fold(testID, "", events); err == nil {
		t.Error("version 2 allows it too")
	}
}

func TestAnEventOutOfPlaceIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		events []string
		says   string
	}{
		"nothing begun":                           {[]string{planned}, "begins once"},
		"begun twice":                             {[]string{begun, begun}, "begins once"},
		"planned twice":                           {upTo(planned), "planned before"},
		"begun without a word":                    {[]string{"begun"}, "no data"},
		"begun with something else":               {[]string{`begun {"mode":"x"}`}, "mode"},
		"planned without data":                    {[]string{begun, "planned"}, "no data"},
		"a batch of a retry in a plan":            {[]string{begun, `planned {"batches":[{"job":"retry-1-upserts","number":1,"file":"x"}]}`}, "may be sealed here"},
		"a batch of no job in a plan":             {[]string{begun, `planned {"batches":[{"number":1,"file":"x"}]}`}, "may be sealed here"},
		"a batch without a number":                {[]string{begun, `planned {"batches":[{"job":"upserts","file":"x"}]}`}, "may be sealed here"},
		"a batch twice in a plan":                 {[]string{begun, `planned {"batches":[{"job":"upserts","number":1,"file":"x"},{"job":"upserts","number":1,"file":"x"}]}`}, "sealed twice"},
		"a batch outside the folder":              {[]string{begun, `planned {"batches":[{"job":"upserts","number":1,"file":"../x"}]}`}, "../x"},
		"a batch that was not sealed":             {upTo("submitting upserts 7"), "never sealed"},
		"a batch before the plan":                 {[]string{begun, "submitting upserts 1"}, "never sealed"},
		"a batch that is sealed twice":            {upTo(`sealed upserts 1 {}`), "sealed twice"},
		"a further batch before the plan":         {[]string{begun, `sealed upserts 1 {}`}, "not planned"},
		"a further batch of a retry to come":      {upTo(`sealed retry-2-upserts 1 {}`), "may be sealed here"},
		"a further batch for one that is unknown": {upTo(`sealed upserts 2 {"replaces":9}`), "not open"},
		"a further batch for one that is over":    {upTo("dropped upserts 1", `sealed upserts 2 {"replaces":1}`), "not open"},
		"sent twice":                              {upTo("submitting upserts 1", "submitting upserts 1"), "on its way"},
		"a receipt of nothing":                    {upTo("receipt upserts 1"), "sealed"},
		"outcomes of nothing":                     {upTo("outcomes upserts 1"), "sealed"},
		"missed and never sent":                   {upTo("missed upserts 1"), "sealed"},
		"dropped while it is on its way":          {upTo("submitting upserts 1", "dropped upserts 1"), "on its way"},
		"sent when it was dropped":                {upTo("dropped upserts 1", "submitting upserts 1"), "replaced"},
		"outcomes twice":                          {upTo("submitting upserts 1", "outcomes upserts 1", "outcomes upserts 1"), "answered"},
		"a retry before the plan":                 {[]string{begun, retrying}, "not planned"},
		"a retry without data":                    {upTo("retrying"), "no data"},
		"a retry without a number":                {upTo(`retrying {}`), "retry 0"},
		"a second retry first":                    {upTo(`retrying {"number":2}`), "retry 2"},
		"a retry in a retry":                      {upTo(retrying, strings.ReplaceAll(retrying, "1", "2")), "under way"},
		"a retry of the load's job":               {upTo(`retrying {"number":1,"batches":[{"job":"upserts","number":2,"file":"x"}]}`), "may be sealed here"},
		"the end of no job":                       {upTo("ended"), "no job"},
		"the stop of no job":                      {upTo("stopped"), "no job"},
		"a revision that is left out":             {upTo("results ii 1"), "follows revision 0"},
		"a revision twice":                        {upTo("results i 1", "results i 1"), "follows revision 1"},
		"a word that is no job":                   {upTo("ended sideways"), "names no job"},
		"a word that is no event":                 {upTo("exploded"), "no such event"},
	} {
		if _, err := fold(testID, "", story(t, c.events...)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want it to say %q", name, err, c.says)
		}
	}
}

func TestACopyOfARunsFolderIsNoSecondRun(t *testing.T) {
	if _, err := fold("20261123T021500Z-4f7c.bak", "", story(t, begun)); err == nil || !strings.Contains(err.Error(), testID) {
		t.Error(err)
	}
}

func TestAJournalOfANewerVersionSaysSo(t *testing.T) {
	events := story(t, begun)
	events[0].Version = journal.Version + 1
	if _, err := fold(testID, "", events); !errors.As(err, new(*journal.VersionError)) {
		t.Error(err)
	}
	events[0].Version = 0
	if _, err := fold(testID, "", events); err == nil {
		t.Error("a journal of no version is read")
	}
}

// Whatever events come, the fold answers a run that stands or an error; it never panics, and a batch is never two
// things.
func TestAFoldOfAnyEventsIsARunOrAnError(t *testing.T) {
	lines := append(upTo(), retrying, "retrying", "planned", "superseded", "stale", "silent removals", "ended removals", "settled upserts", "stopped upserts",
		"results i 1", "results ii 0", "results i 0", `sealed upserts 2 {"replaces":1,"sent":true}`, `sealed removals 2 {"replaces":1}`, "aborted", "exploded")
	for _, what := range []string{"submitting", "receipt", "sent", "missed", "unsent", "outcomes", "dropped"} {
		lines = append(lines, what+" removals 1", what+" upserts 1", what+" upserts 2", what+" retry-1-upserts 1")
	}
	rapid.Check(t, func(rt *rapid.T) {
		r := newRun(testID, "")
		r.Version = rapid.IntRange(1, 2).Draw(rt, "version")
		if rapid.Bool().Draw(rt, "planned") {
			happen, _ := r.step(story(t, begun, planned)[1])
			happen()
		}
		for _, line := range rapid.SliceOfN(rapid.SampledFrom(lines), 0, 30).Draw(rt, "events") {
			happen, err := r.step(story(t, line)[0])
			if err != nil {
				continue // refused: nothing has happened
			}
			happen()
			r.Status()
			for _, b := range r.Batches {
				if r.strict() && (b.Done && b.Dropped || b.Done && !b.Submitted || b.Receipt != "" && !b.Submitted) {
					rt.Fatalf("behind %s: %+v", line, b)
				}
			}
			if r.Answered() != (len(r.Waiting(transform.Removals))+len(r.Waiting(transform.Upserts))+len(r.Waiting(transform.RetryJobs(1)[1])) == 0) {
				rt.Fatalf("behind %s the run is answered and waits", line)
			}
		}
	})
}

func FuzzFold(f *testing.F) {
	f.Add([]byte(`{"event":"begun","version":2,"data":{}}` + "\n" + `{"event":"planned","data":{"batches":[{"job":"upserts","number":1,"file":"a"}]}}` + "\n" + `{"event":"sent","job":"upserts","batch":1}`))
	f.Add([]byte(`{"event":"begun","version":1,"data":null}`))
	f.Fuzz(func(_ *testing.T, text []byte) {
		var events []journal.Event
		for line := range strings.Lines(string(text)) {
			var e journal.Event
			if json.Unmarshal([]byte(line), &e) == nil {
				events = append(events, e)
			}
		}
		if r, err := fold(testID, "", events); err == nil {
			r.Status()
			r.Answered()
		}
	})
}
