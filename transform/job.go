package transform

import (
	"fmt"
	"strconv"
	"strings"
)

// Job says in which of the two jobs of a load, or of a retry, a change travels. Removals and upserts are never mixed,
// and removals are over before the first upsert leaves. Jobs compare with ==; the zero Job is None.
type Job struct {
	part  part
	retry int // 0: of the load; else the number of the retry, from 1
}

type part uint8

const (
	removals part = iota + 1
	upserts
)

// The jobs of a load.
var (
	None     = Job{}
	Removals = Job{part: removals}
	Upserts  = Job{part: upserts}
)

// LoadJobs are the jobs of a load in the order in which they run.
func LoadJobs() []Job { return []Job{Removals, Upserts} }

// RetryJobs are the jobs of a run's retry in the order in which they run: users whose request is blank, whose removal
// is asked again, and when that is over the others.
func RetryJobs(retry int) []Job {
	return []Job{{part: removals, retry: retry}, {part: upserts, retry: retry}}
}

// Removes tells whether the job takes something away.
func (j Job) Removes() bool { return j.part == removals }

// IsRetry tells whether the job sets the status field to the org's retry word instead of writing a request.
func (j Job) IsRetry() bool { return j.retry > 0 }

// Next is the job that may begin when this one is over; None behind upserts.
func (j Job) Next() Job {
	if j.part == removals {
		return Job{part: upserts, retry: j.retry}
	}
	return None
}

// String is how files, the journal and messages call the job: "removals", "retry-1-upserts".
func (j Job) String() string {
	name := map[part]string{removals: "removals", upserts: "upserts"}[j.part]
	if j.retry > 0 {
		return fmt.Sprintf("retry-%d-%s", j.retry, name)
	}
	return name
}

// ParseJob reads what String wrote.
func ParseJob(text string) (Job, error) {
	name, j := text, Job{}
	if rest, isRetry := strings.CutPrefix(text, "retry-"); isRetry {
		number, of, _ := strings.Cut(rest, "-")
		j.retry, _ = strconv.Atoi(number)
		name = of
	}
	switch name {
	case "removals":
		j.part = removals
	case "upserts":
		j.part = upserts
	}
	if j.part == 0 && text == "" {
		return None, nil
	}
	if j.part == 0 || j.String() != text { // a retry has a number and a job
		return None, fmt.Errorf("%q names no job", text)
	}
	return j, nil
}

// MarshalText spells the job in the journal.
func (j Job) MarshalText() ([]byte, error) { return []byte(j.String()), nil }

// UnmarshalText reads it.
func (j *Job) UnmarshalText(text []byte) (err error) {
	*j, err = ParseJob(string(text))
	return err
}
