package report

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rosterload/loader/run"
)

// page is a rendering that copies the results behind a line of the summary.
var page = Rendering{Name: "page", Ending: "page.html", Write: func(to io.Writer, v *Revision) error {
	rows, err := os.ReadFile(v.Results)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(to, "revision %d of %s, %v\n%s", v.Summary.Revision, v.Run.ID, v.Summary.Options, rows)
	return err
}}

func (r *rig) read(path string) string {
	r.t.Helper()
	text, err := os.ReadFile(path)
	r.ok(err)
	return string(text)
}

func TestARenderingIsPartOfItsRevision(t *testing.T) {
	r := newRig(t, false)
	r.report.Renderings = []Rendering{page}
	r.all()
	s := r.write()
	beside := r.w.Run.Stem() + ".page.html"
	if s.Files.Renderings["page"] != beside {
		t.Errorf("the summary names %q", s.Files.Renderings)
	}
	text := r.read(beside)
	if !strings.HasPrefix(text, "revision 1 of "+s.Run) || !strings.HasSuffix(text, r.read(s.Files.Results)) || text != r.read(r.w.Run.Path("page-1.html")) {
		t.Errorf("beside the roster lies %q", text)
	}
	var listed []run.Piece
	for _, p := range r.pieces {
		if p.Beside == filepath.Base(beside) {
			listed = append(listed, p)
		}
	}
	if len(listed) != 1 || listed[0].Name != "page-1.html" || listed[0].Bytes != int64(len(text)) || listed[0].Rows != run.NoRows {
		t.Errorf("the manifest lists %+v", listed)
	}
	if made := r.w.Run.Last.Renderings; len(made) != 1 || made[0].SHA256 != listed[0].SHA256 || made[0].Name != "page" {
		t.Errorf("the journal names %+v", made)
	}
}

func TestTheSameResultsPublishTheirRenderingAgain(t *testing.T) {
	r := newRig(t, false)
	r.report.Renderings = []Rendering{page}
	r.all()
	s := r.write()
	first := r.read(s.Files.Renderings["page"])
	r.ok(os.Remove(s.Files.Renderings["page"]))
	r.report.Renderings = nil // of a process that knows of none
	again := r.write()
	if again.Revision != 1 || r.read(s.Files.Renderings["page"]) != first || r.sealed != 1 {
		t.Errorf("revision %d, sealed %d times", again.Revision, r.sealed)
	}
	r.ok(os.WriteFile(r.w.Run.Path("page-1.html"), []byte("another"), 0o600))
	if _, err := r.tryWrite(); exitCode(err) != run.ExitUnproved {
		t.Errorf("a kept rendering that was altered: %v", err)
	}
}

func TestARenderingThatIsAskedForLaterIsNoRevision(t *testing.T) {
	r := newRig(t, false)
	r.all()
	s := r.write()
	r.report.Renderings = []Rendering{page}
	r.report.Again = true
	again := r.write()
	beside := again.Files.Renderings["page"]
	later := r.read(beside)
	if again.Revision != 1 || r.sealed != 1 || !strings.HasPrefix(later, "revision 1 of "+s.Run) {
		t.Errorf("revision %d, sealed %d times: %q", again.Revision, r.sealed, later)
	}
	if strings.Contains(r.read(s.Files.Summary), "page") || len(r.w.Run.Last.Renderings) > 0 {
		t.Error("the revision speaks of it")
	}
	if left, _ := filepath.Glob(r.w.Run.Path("page*")); len(left) > 0 {
		t.Errorf("the run's folder has %q", left)
	}
	elsewhere := filepath.Join(t.TempDir(), "here.html")
	r.ok(Render(r.w.Run, page, nil, elsewhere))
	if r.read(elsewhere) != later {
		t.Error("the same revision gave other bytes")
	}
}

// The bytes do not tell whether a rendering was made with its revision.
func TestALaterRenderingHasTheBytesOfAnEarlierOne(t *testing.T) {
	r := newRig(t, false)
	r.report.Renderings = []Rendering{page}
	r.all()
	s := r.write()
	again := filepath.Join(t.TempDir(), "again.html")
	r.ok(Render(r.w.Run, page, nil, again))
	if r.read(again) != r.read(s.Files.Renderings["page"]) {
		t.Errorf("%q\n%q", r.read(again), r.read(s.Files.Renderings["page"]))
	}
}

func TestARunWithoutResultsHasNoRendering(t *testing.T) {
	r := newRig(t, true)
	if err := Render(r.w.Run, page, nil, filepath.Join(t.TempDir(), "page.html")); exitCode(err) != run.ExitUsage {
		t.Error(err)
	}
}

// A crash before the journal names a revision leaves its renderings in the run's folder; the next process writes them again.
func TestARenderingIsWrittenAgainAfterACrash(t *testing.T) {
	r := newRig(t, false)
	r.report.Renderings = []Rendering{page}
	r.all()
	r.fails = os.ErrDeadlineExceeded
	if _, err := r.tryWrite(); err == nil {
		t.Fatal("the manifest was to fail")
	}
	if left, _ := filepath.Glob(r.w.Run.Stem() + ".*"); len(left) > 0 {
		t.Errorf("beside the roster lies %q", left)
	}
	r.fails = nil
	s := r.write()
	if s.Revision != 1 || r.read(s.Files.Renderings["page"]) != r.read(r.w.Run.Path("page-1.html")) {
		t.Errorf("revision %d", s.Revision)
	}
}
