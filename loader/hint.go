package loader

import (
	"context"

	"rosterload/loader/connector"
	"rosterload/transform"
)

// hintSuffix spares an hour: when nobody at all is found by username, a sandbox may have added its name to each. Nothing is guessed into
// the load; the summary says what would find them.
func (w *work) hintSuffix(ctx context.Context, p *Planned, roll *roll) error {
	asker, ok := w.Target.(connector.Suffixer)
	if !ok || len(roll.held) > 0 || w.roster.By != "Username" {
		return nil
	}
	var some []transform.User
	u := w.users(roll.screening)
	for user := range u.all {
		if some = append(some, user); len(some) == 20 {
			break
		}
	}
	if len(some) == 0 {
		return u.err
	}
	suffix, err := asker.Suffix(ctx, some)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil: // a hint that the org does not let us give is none; the load goes on
		w.Log.Info("no hint about a sandbox", "run", w.run.ID, "err", err)
		return nil
	case suffix == "":
		return nil
	}
	p.Suffix = suffix
	w.warn("nobody was found, but each username with %q behind it would be (a sandbox?): username_suffix: %s in the config adds it", suffix, suffix)
	return nil
}
