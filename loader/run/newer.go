package run

// Newer are the runs of the same org, younger than r, that have sent something. org is its id, which r may not have
// learned yet.
func Newer(r *Run, org string, runs []*Run) []*Run {
	var newer []*Run
	for _, other := range runs {
		if other.ID > r.ID && other.Org.ID == org && other.SentAnything() {
			newer = append(newer, other)
		}
	}
	return newer
}
