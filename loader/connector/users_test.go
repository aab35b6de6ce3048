package connector_test

import (
	"errors"
	"slices"
	"testing"

	"rosterload/loader/connector"
	"rosterload/transform"
)

func TestTheFirstKeysAreTakenAndNoMoreAreRead(t *testing.T) {
	read := 0
	users := func(yield func(transform.User) bool) {
		for _, key := range []string{"a", "b", "c", "d"} {
			if read++; !yield(transform.User{By: "Username", Key: key}) {
				return
			}
		}
	}
	keys, by := connector.First(users, 2)
	if !slices.Equal(keys, []string{"a", "b"}) || by != "Username" || read != 2 {
		t.Errorf("%v by %s, %d read", keys, by, read)
	}
	if keys, _ := connector.First(users, 9); len(keys) != 4 {
		t.Errorf("%v", keys)
	}
	if keys, by := connector.First(func(func(transform.User) bool) {}, 2); len(keys) != 0 || by != "Id" {
		t.Errorf("%v by %s", keys, by)
	}
}

func TestAUserIsFoundOnce(t *testing.T) {
	var ids []string
	full := errors.New("full")
	found := connector.Once(func(s transform.Standing) error {
		if ids = append(ids, s.ID); len(ids) > 2 {
			return full
		}
		return nil
	})
	for _, id := range []string{"1", "2", "1", "2"} {
		if err := found(transform.Standing{ID: id}); err != nil {
			t.Error(err)
		}
	}
	if err := found(transform.Standing{ID: "3"}); !errors.Is(err, full) || !slices.Equal(ids, []string{"1", "2", "3"}) {
		t.Errorf("%v, %v", ids, err)
	}
}
