package all

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"rosterload/loader/simulator"
)

func TestEveryKindOpensAndShowsItself(t *testing.T) {
	for _, kind := range Kinds() {
		org, err := Open(kind, simulator.Options{Count: 12})
		if err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]string{"/": "<!doctype html>", "/_sim/users.csv": "user0000012@acme.example", "/_sim/violations": "[]", "/_sim/requests": "["} {
			w := httptest.NewRecorder()
			org.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s %s: %d %.200s", kind, path, w.Code, w.Body)
			}
		}
		if err := org.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := Open("oracle", simulator.Options{}); err == nil || !strings.Contains(err.Error(), strings.Join(Kinds(), ", ")) {
		t.Error(err)
	}
}

func TestTheUsageOfAFlagSaysWhichKindsHaveIt(t *testing.T) {
	var names []string
	for _, f := range Flags() {
		names = append(names, f.Name)
		having, usage, _ := strings.Cut(f.Usage, ": ")
		for _, kind := range Kinds() {
			own := slices.IndexFunc(kinds[kind].flags, func(k simulator.Flag) bool { return k.Name == f.Name })
			if said := slices.Contains(strings.Split(having, ", "), kind); said != (own >= 0) {
				t.Errorf("--%s says %q of %s", f.Name, having, kind)
			} else if said && usage != kinds[kind].flags[own].Usage {
				t.Errorf("--%s of %s: %q", f.Name, kind, usage)
			}
		}
	}
	if !slices.IsSorted(names) || !slices.Contains(names, "client-id") || !slices.Contains(names, "password") || len(slices.Compact(names)) < len(names) {
		t.Errorf("%q", names)
	}
}

func TestTheSettingsOfTheDemoNameItsKindAddressAndGroups(t *testing.T) {
	groups := []string{"Cardio East", "It's #1"}
	org, kind, settings, err := Demo(simulator.Options{Count: 3, Groups: groups})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = org.Close() }()
	var is struct {
		Kind, URL string
		Auth      struct {
			ID     string `yaml:"client_id"`
			Secret string `yaml:"client_secret"`
		}
		Groups []string
	}
	if err := yaml.UnmarshalWithOptions([]byte(settings("http://127.0.0.1:4711")), &is, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if is.Kind != kind || !slices.Contains(Kinds(), kind) || is.URL != "http://127.0.0.1:4711" || is.Auth.ID == "" || is.Auth.Secret == "" || !slices.Equal(is.Groups, groups) {
		t.Errorf("%+v", is)
	}
	if _, _, _, err := Demo(simulator.Options{UsersFrom: strings.NewReader("Username\na\na\n")}); err == nil {
		t.Error("a demo with one user twice opens")
	}
}
