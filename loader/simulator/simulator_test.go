package simulator

import "testing"

func TestOrgsAtTwoAddressesAreTwoOrgs(t *testing.T) {
	if n := (Options{}).Number(); n != 0 {
		t.Errorf("without an address and a seed: %d", n)
	}
	seen := map[uint64]Options{}
	for _, o := range []Options{
		{Address: "127.0.0.1:8080"}, {Address: "127.0.0.1:8081"}, {Seed: 1}, {Seed: 2}, {Address: "127.0.0.1:8080", Seed: 1},
	} {
		n := o.Number()
		if twin, twice := seen[n]; twice {
			t.Errorf("%+v and %+v are both %d", o, twin, n)
		}
		if seen[n] = o; n != o.Number() || n == 0 {
			t.Errorf("%+v: %d, then %d", o, n, o.Number())
		}
	}
}

func TestEachFlagSetsItsOption(t *testing.T) {
	var o Options
	for _, f := range append(ClientFlags, UserFlags...) {
		f.Set(&o, "planted "+f.Name)
	}
	for name, is := range map[string]string{"client-id": o.ClientID, "client-secret": o.ClientSecret, "username": o.Username, "password": o.Password} {
		if is != "planted "+name {
			t.Errorf("%s: %q", name, is)
		}
	}
}
