package console

import (
	"html/template"

	"rosterload/loader/run"
)

// content is what the run's report says of it.
func (c *Console) content(r *run.Run) (template.HTML, error) {
	return "", nil
}
