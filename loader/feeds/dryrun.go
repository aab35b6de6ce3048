package feeds

import (
	"context"
	"os"
	"path/filepath"

	"rosterload/loader"
	"rosterload/loader/results"
)

// DryRun says of each waiting file what a plan says of it. It moves and sends nothing; each plan is a run of the home,
// as those of `plan` are. The results are thrown away.
func (w *Watch) DryRun(ctx context.Context, f *Feed, each func(name string, s *results.Summary, err error)) error {
	w.fill()
	k := w.worker(f)
	at, err := look(f.Folder)
	if err != nil {
		return err
	}
	defer at.Close()
	files, err := at.Files(Incoming)
	if err != nil {
		return err
	}
	for _, file := range files {
		if !k.counts(file.Name) {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		o, err := k.open()
		if err != nil {
			return err
		}
		s, err := dryRun(ctx, f, o, file.Name)
		each(file.Name, s, err)
	}
	return nil
}

func dryRun(ctx context.Context, f *Feed, o loader.Options, name string) (*results.Summary, error) {
	folder, err := os.MkdirTemp("", "rosterload-plan-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	o.Flags = f.Flags(o.Flags)
	o.Flags.Results = folder
	return loader.Plan(ctx, o, filepath.Join(f.Folder, name))
}
