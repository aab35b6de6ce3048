package html

import (
	"html/template"
	"path/filepath"
	"strings"

	"rosterload/loader/page"
	"rosterload/loader/run"
)

// mostFiles is how many sealed files are listed by digest; the manifest has all.
const mostFiles = 60

// digests are the files that this revision rests on.
func (r *Report) digests() template.HTML {
	t := page.Table{Head: []string{"File", "What it is", "SHA-256"}, Tall: true}
	add := func(name, what, sha string) {
		if sha != "" && len(t.Rows) < mostFiles {
			t.Rows = append(t.Rows, []any{page.Code(name), what, page.Code(sha)})
		}
	}
	s := r.Summary
	add(filepath.Base(s.Files.Results), "what became of each line", s.ResultsSHA256)
	add(filepath.Base(s.Files.Absent), "what became of users in no line", s.AbsentSHA256)
	if s.Delivery != nil {
		add(s.Delivery.Name, "the file as it was delivered", s.Delivery.SHA256)
	}
	add(run.RosterFile, "the roster as it was read", s.Roster.SHA256)
	if r.Run.Planned != nil {
		for _, f := range r.Run.Planned.Files {
			add(f.File, "sealed with the plan", f.SHA256)
		}
	}
	for _, b := range r.Run.Batches {
		if r.isKnown(b.Began) {
			add(run.FileName(b.Path), "a batch as it was sent", b.SHA256)
		}
		if r.isKnown(b.Began) && r.isKnown(b.Ended) {
			add(b.Outcomes.File, "what the org said of it", b.Outcomes.SHA256)
		}
	}
	return t.HTML()
}

// verify are the commands that check the files beside the results, with and without rosterload.
func (r *Report) verify() map[string]string {
	stem := filepath.Base(r.Run.Stem())
	evidence, results := quoted(stem+".evidence.json"), quoted(stem+".results.csv")
	return map[string]string{
		"With": "rosterload verify " + results,
		"Without": "sha256sum " + results + "\n" +
			"ssh-keygen -Y verify -f allowed_signers -I rosterload@HOST -n rosterload-evidence \\\n" +
			"  -s " + quoted(stem+".evidence.json.sig") + " < " + evidence,
		"Evidence": stem + ".evidence.json",
	}
}

// quoted is a name as a shell takes it.
func quoted(name string) string {
	isPlain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-+@%", c)
	}
	if strings.IndexFunc(name, func(c rune) bool { return !isPlain(c) }) < 0 && !strings.HasPrefix(name, "-") {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}
