package report

import (
	"bytes"
	"maps"
	"os"

	"rosterload/loader/journal"
	"rosterload/loader/results"
	"rosterload/loader/run"
	"rosterload/loader/spool"
)

// unchanged is the summary of the last revision when this one would say the same: the same bytes, the same end, and
// nothing has been sent or given as a reason since. Nil: there is something to say.
func (r *Report) unchanged(s *results.Summary) *results.Summary {
	last := r.run().Last
	switch {
	case last.Number == 0 || last.Manifest == "" || last.SHA256 != s.ResultsSHA256 || last.Final != s.Final:
		return nil
	case last.Given != len(r.run().Given) || r.run().SentSince():
		return nil
	case !r.Again && last.Exit != s.Exit && r.Ended != run.ExitNothing: // a retry that had nothing to do has nothing to say of the run
		return nil
	}
	said, err := r.run().Summary()
	if err != nil || said == nil || said.AbsentSHA256 != s.AbsentSHA256 || !sameFiles(said.Files, s.Files) {
		return nil
	}
	return said
}

func sameFiles(a, b results.Files) bool {
	return a.Results == b.Results && a.Failed == b.Failed && a.Success == b.Success && a.Summary == b.Summary &&
		a.Run == b.Run &&
		maps.Equal(a.Attachments, b.Attachments)
}

// republish lays the last revision beside the roster again, where its files are missing or differ.
func (r *Report) republish(last *results.Summary, files *files) (*results.Summary, error) {
	if r.Changes != nil {
		r.Changes.DropAfter(last.Revision + 1)
	}
	if err := verifyKept(r.run(), last); err != nil {
		return nil, err
	}
	files.rendered = r.run().Last.Renderings
	for _, made := range files.rendered {
		if err := r.run().Verify(made.Sealed); err != nil {
			return nil, err
		}
	}
	if err := r.publish(last, files); err != nil {
		return nil, err
	}
	return last, r.renderLater(last)
}

// settle lets the revision count.
func (r *Report) settle(s *results.Summary, files *files, after run.Sealed) (err error) {
	if files.rendered, err = render(r.run(), s, r.Renderings, r.Codes); err != nil {
		return err
	}
	data, err := spell(s)
	if err != nil {
		return err
	}
	if err := spool.WriteFile(r.run().SummaryPath(s.Revision), 0o600, data); err != nil {
		return err
	}
	pieces, err := files.pieces(s)
	if err != nil {
		return err
	}
	if after.File != "" {
		piece, err := standing(r.run(), after)
		if err != nil {
			return err
		}
		pieces = append(pieces, piece)
	}
	manifest, err := r.Evidence.Seal(s, pieces)
	if err != nil {
		return err
	}
	return r.note(s, run.Written{Sealed: after, Manifest: manifest, Summary: digest(data), Renderings: files.rendered})
}

// standing is the last look as the manifest lists it.
func standing(r *run.Run, after run.Sealed) (run.Piece, error) {
	info, err := os.Stat(r.Path(after.File))
	if err != nil {
		return run.Piece{}, err
	}
	return run.Piece{Name: after.File, SHA256: after.SHA256, Bytes: info.Size(), Rows: after.Rows}, nil
}

// publish lays a revision beside the roster, the summary last: a reader who finds the summary finds all files.
func (r *Report) publish(s *results.Summary, files *files) error {
	if err := files.publish(r.run(), s.Revision); err != nil {
		return err
	}
	if err := r.Evidence.Publish(s); err != nil {
		return err
	}
	data, err := spell(s)
	if err != nil {
		return err
	}
	if is, err := os.ReadFile(s.Files.Summary); err != nil || !bytes.Equal(is, data) {
		if err := spool.Owner(r.run().ID).WriteFile(s.Files.Summary, os.FileMode(r.run().Seal.Mode), data); err != nil {
			return err
		}
	}
	if r.run().Last.Published {
		return nil
	}
	return r.Writer.Note(journal.Event{What: journal.Published, Revision: s.Revision})
}

// note lets the revision count. The last look of the revision before is not needed any more.
func (r *Report) note(s *results.Summary, written run.Written) error {
	last := r.run().Last.Number
	err := r.Writer.NoteData(journal.Event{
		What: journal.Results, File: run.FileName(r.run().RevisionPath(s.Revision)), SHA256: s.ResultsSHA256,
		Revision: s.Revision, Exit: s.Exit, Final: s.Final, Code: r.Code,
	}, written)
	if err == nil && r.Changes != nil && last > 0 {
		r.Changes.DropAfter(last)
	}
	return err
}
