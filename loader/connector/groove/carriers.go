package groove

import (
	"context"
	"fmt"

	"rosterload/loader/sforce"
	policy "rosterload/transform/groove"
)

// carriers are what a run goes by: chosen once, sealed with it.
type carriers struct {
	Field   string `json:"field"`   // API name of the field that Groove reads; "" without one
	Package string `json:"package"` // namespace
	Why     string `json:"why"`     // why there is no field
}

// needCarriers chooses them unless they were restored with the run, or chosen before.
func (t *Target) needCarriers(ctx context.Context) error {
	if t.carriers != nil {
		return nil
	}
	field, why, err := t.chooseField(ctx)
	if err != nil {
		return fmt.Errorf("describe User: %w", err)
	}
	t.carriers = &carriers{Field: field, Package: t.settings.namespace(), Why: why}
	return nil
}

// chooseField answers the field that Groove reads, or why there is none.
func (t *Target) chooseField(ctx context.Context) (name, why string, err error) {
	switch name = t.settings.Field; name {
	case "off":
		return "", "field: off", nil
	case "", "auto":
		name = policy.UsualField
	}
	fields, err := t.org.Describe(ctx, "User")
	if err != nil {
		return "", "", err
	}
	f, there := fields[name]
	switch {
	case !there:
		return "", name + " is not there for us", nil
	case !f.Updateable:
		return "", name + " is read-only for us", nil
	case len(f.Values) > 0 && !policy.All.Within(values(f)):
		return "", name + " lacks some of the five values", nil
	}
	return name, "", nil
}

func values(f sforce.Field) (all policy.Licences) {
	for _, v := range f.Values {
		all = append(all, v.Value)
	}
	return all
}
