package all

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader/simulator"
	"rosterload/loader/simulator/groove"
	"rosterload/loader/simulator/salesforce"
	"rosterload/loader/simulator/trouble"
	"rosterload/loader/simulator/vault"
	"rosterload/loader/simulator/vonage"
)

var update = flag.Bool("update", false, "write faults.schema.json again")

const schemaFile = "../faults.schema.json"

// file is what every kind knows.
type file struct {
	Calls trouble.Calls `yaml:"calls"`
}

// schema is what the Go types say a faults file may hold, all kinds together.
func schema() map[string]any {
	merged := map[string]any{}
	for _, faults := range []any{file{}, salesforce.Faults{}, vault.Faults{}, vonage.Faults{}, groove.Faults{}} {
		merge(merged, properties(reflect.TypeOf(faults)))
	}
	return map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Trouble on demand for rosterload simulate", "type": "object", "additionalProperties": false, "properties": merged,
	}
}

func properties(t reflect.Type) map[string]any {
	all := map[string]any{}
	for i := range t.NumField() {
		field := t.Field(i)
		switch name := field.Tag.Get("yaml"); name {
		case "":
		case ",inline":
			maps.Copy(all, properties(field.Type))
		case "retry_after": // a number of seconds, a date, or nonsense
			all[name] = map[string]any{"type": []string{"string", "number"}}
		default:
			all[name] = typeOf(field.Type)
		}
	}
	return all
}

func typeOf(t reflect.Type) map[string]any {
	switch t.Kind() {
	case reflect.Pointer:
		return typeOf(t.Elem())
	case reflect.Struct:
		return map[string]any{"type": "object", "additionalProperties": false, "properties": properties(t)}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": typeOf(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": typeOf(t.Elem())}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return map[string]any{"type": "string"}
}

// merge adds what one kind knows to what others do.
func merge(into, from map[string]any) {
	for name, v := range from {
		inner, isMap := v.(map[string]any)
		if was, there := into[name].(map[string]any); there && isMap {
			merge(was, inner)
			continue
		}
		into[name] = v
	}
}

func TestTheSchemaIsWhatTheTypesSay(t *testing.T) {
	text, err := json.MarshalIndent(schema(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *update {
		if err := os.WriteFile(schemaFile, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	is, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), string(is)); diff != "" {
		t.Errorf("go test ./loader/simulator/all -update writes it again:\n%s", diff)
	}
}

func TestTheManualNamesEverySettingAndItsExamplesLoad(t *testing.T) {
	manual, err := os.ReadFile("../FAULTS.md")
	if err != nil {
		t.Fatal(err)
	}
	var names func(of map[string]any)
	names = func(of map[string]any) {
		for name, v := range of {
			if inner, ok := v.(map[string]any); ok {
				if !strings.Contains(string(manual), name+":") && !strings.Contains(string(manual), "`"+name+"`") && name != "items" && name != "properties" {
					t.Errorf("FAULTS.md says nothing of %s", name)
				}
				for _, key := range []string{"properties", "items"} {
					if deeper, ok := inner[key].(map[string]any); ok {
						if key == "items" {
							deeper, _ = deeper["properties"].(map[string]any)
						}
						names(deeper)
					}
				}
			}
		}
	}
	names(schema()["properties"].(map[string]any))
	org, err := salesforce.New(simulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(manual), -1)
	if len(examples) < 4 {
		t.Fatalf("%d examples", len(examples))
	}
	for _, e := range examples {
		if err := org.SetFaults([]byte(e[1])); err != nil {
			t.Errorf("an example does not load: %v\n%s", err, e[1])
		}
	}
}
