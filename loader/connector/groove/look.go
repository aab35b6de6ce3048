package groove

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"rosterload/loader/sforce"
	"rosterload/transform"
	"rosterload/validate"
)

// ground is which carriers a run goes by: chosen once, sealed with it.
type ground struct {
	Field   string `json:"field"`   // API name of the field that Groove reads; "" without one
	Package string `json:"package"` // namespace
	Why     string `json:"why"`     // why there is no field
}

// Foundation chooses the carriers.
func (t *Target) Foundation(ctx context.Context) ([]byte, error) {
	g, err := t.choose(ctx)
	if err != nil {
		return nil, err
	}
	t.ground = g
	return json.MarshalIndent(g, "", "  ")
}

// Rest takes the carriers that the run was planned on.
func (t *Target) Rest(foundation []byte) error {
	t.ground = &ground{}
	return json.Unmarshal(foundation, t.ground)
}

func (t *Target) choose(ctx context.Context) (*ground, error) {
	g := &ground{Package: orElse(t.settings.Package, usualPackage)}
	name := usualField
	switch t.settings.Field {
	case "off":
		g.Why = "field: off"
		return g, nil
	case "", "auto":
	default:
		name = t.settings.Field
	}
	fields, err := t.org.Describe(ctx, "User")
	if err != nil {
		return nil, fmt.Errorf("describe User: %w", err)
	}
	f, there := fields[name]
	var values []string
	for _, v := range f.Values {
		values = append(values, v.Value)
	}
	switch {
	case !there:
		g.Why = name + " is not there for us"
	case !f.Updateable:
		g.Why = name + " is read-only for us"
	case len(values) > 0 && !licences(order).within(values):
		g.Why = name + " lacks some of the five values"
	default:
		g.Field = name
	}
	return g, nil
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// person is a Salesforce user.
type person struct {
	ID, Username, Name, Email string
	Active                    bool
	Field                     licences
}

// seats is what the package says: who has one, and how many are left.
type seats struct {
	packageID string
	status    string
	allowed   int // -1: no limit that is told
	used      int
	holders   map[string]seat // by Salesforce id
}

// seat is one row of UserPackageLicense.
type seat struct {
	id, username string
	active       bool
}

// free is how many seats are left; known is false where the package tells no limit.
func (s *seats) free() (n int, known bool) { return s.allowed - s.used, s.allowed > 0 }

func (t *Target) fields() []string {
	fields := []string{"Id", "Username", "Email", "Name", "IsActive"}
	if t.ground.Field != "" {
		fields = append(fields, t.ground.Field)
	}
	return fields
}

func (t *Target) personOf(row []string) person {
	p := person{ID: validate.UserID(row[0]), Username: row[1], Email: row[2], Name: row[3], Active: row[4] == "true"}
	if t.ground.Field != "" {
		p.Field = setOf(row[5])
	}
	return p
}

// Look reports how users stand by both carriers. All seats are read first.
func (t *Target) Look(ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error) error {
	var keys []string
	by := "Id"
	for u := range users {
		by = u.By
		keys = append(keys, u.Key)
	}
	if len(keys) == 0 {
		return nil
	}
	if err := t.survey(ctx); err != nil {
		return err
	}
	fields := t.fields()
	at, spell := slices.Index(fields, by), rules.KeyOf(by)
	return t.org.QueryIn(ctx, fields, "User", by, keys, func(row []string) error {
		key, fault := spell(nil, []byte(row[at]))
		if fault != nil || len(key) == 0 {
			return nil // somebody without this key is nobody's
		}
		p := t.personOf(row)
		t.people[p.ID], t.ids[string(key)] = p, p.ID
		return found(t.standing(transform.User{By: by, Key: string(key)}, p))
	})
}

// survey reads the package and its seats.
func (t *Target) survey(ctx context.Context) error {
	if t.ground == nil {
		g, err := t.choose(ctx)
		if err != nil {
			return err
		}
		t.ground = g
	}
	s := &seats{holders: map[string]seat{}, allowed: -1}
	where := " WHERE NamespacePrefix = " + sforce.Literal(t.ground.Package)
	err := t.org.Query(ctx, []string{"Id", "AllowedLicenses", "UsedLicenses", "Status"}, "SELECT Id, AllowedLicenses, UsedLicenses, Status FROM PackageLicense"+where, func(row []string) error {
		s.packageID, s.status = row[0], row[3]
		if n, err := strconv.Atoi(row[1]); err == nil {
			s.allowed = n
		}
		s.used, _ = strconv.Atoi(row[2])
		return nil
	})
	if err != nil {
		return fmt.Errorf("package %s: %w", t.ground.Package, err)
	}
	err = t.org.Query(ctx, []string{"Id", "UserId", "User.Username", "User.IsActive"},
		"SELECT Id, UserId, User.Username, User.IsActive FROM UserPackageLicense WHERE PackageLicense.NamespacePrefix = "+sforce.Literal(t.ground.Package), func(row []string) error {
			held := seat{id: row[0], username: row[2], active: row[3] == "true"}
			s.holders[validate.UserID(row[1])], t.known[validate.UserID(row[1])] = held, held
			return nil
		})
	if err != nil {
		return fmt.Errorf("seats of %s: %w", t.ground.Package, err)
	}
	t.seats = s
	return nil
}

// What a standing's status says.
const (
	statusSeat       = "seat"
	statusUnverified = "unverified"
	statusManual     = "manual"
	statusWaiting    = "waiting for seat"
	statusNone       = "none"
)

// byField tells whether a user is carried by the field: active users, where the org has it.
func (t *Target) byField(active bool) bool { return t.ground.Field != "" && active }

// held is the set that a user has, as far as it can be known.
func (t *Target) held(p person) licences {
	_, seated := t.seats.holders[p.ID]
	switch {
	case t.byField(p.Active):
		return p.Field
	case seated:
		return licences{core}
	}
	return nil
}

// standing: the request is what is asked of Groove now, the group what can be seen of it, the status how far it can be believed.
func (t *Target) standing(u transform.User, p person) transform.Standing {
	_, seated := t.seats.holders[p.ID]
	held := t.held(p)
	s := transform.Standing{User: u, ID: p.ID, Active: p.Active, Request: held.String(), Group: held.String()}
	switch {
	case seated && len(held) <= 1:
		s.Status = statusSeat
	case seated:
		s.Status = statusUnverified
	case len(held) > 0:
		s.Status = statusWaiting
	default:
		s.Status = statusNone
	}
	if t.ground.Field != "" && !p.Active && len(p.Field) > 0 { // to be cleared before the seat goes
		s.Request = strings.Trim(s.Request+" field "+p.Field.String(), " ")
	}
	if seated && t.byField(p.Active) && len(p.Field) == 0 { // a seat that was given by hand
		s.Request, s.Group = "seat", core
	}
	return s
}
