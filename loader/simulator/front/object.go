package front

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Object is a JSON object whose members keep their order: programs by other people read the order of the real org.
type Object struct{ members []member }

type member struct {
	name  string
	value any
}

// NewObject makes an object of names and values in turn.
func NewObject(pairs ...any) *Object { return new(Object).Add(pairs...) }

// Add puts further members behind those that are there.
func (o *Object) Add(pairs ...any) *Object {
	for i := 0; i+1 < len(pairs); i += 2 {
		o.members = append(o.members, member{fmt.Sprint(pairs[i]), pairs[i+1]})
	}
	return o
}

// AddIf adds members when that is so.
func (o *Object) AddIf(so bool, pairs ...any) *Object {
	if so {
		o.Add(pairs...)
	}
	return o
}

// Get is a member's value, nil where there is none of that name.
func (o *Object) Get(name string) any {
	for _, m := range o.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// MarshalJSON writes the members in their order.
func (o *Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o.members {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
