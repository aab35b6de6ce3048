package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"rosterload/loader/config"
	"rosterload/loader/connector/all"
)

// leaf is one setting of a kind: its path in the config, and what it is read into.
type leaf struct {
	path []string
	t    reflect.Type
}

// leaves are all settings of a struct, inner ones included; a setting with settings of its own is one, too.
func leaves(t reflect.Type, below []string) (found []leaf) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		is := f.Type
		if is.Kind() == reflect.Pointer {
			is = is.Elem()
		}
		switch {
		case options == "inline":
			found = append(found, leaves(is, below)...)
		case name == "" || name == "kind" || !f.IsExported():
		default:
			path := append(append([]string{}, below...), name)
			found = append(found, leaf{path, is})
			_, reads := reflect.PointerTo(is).MethodByName("UnmarshalYAML")
			if is.Kind() == reflect.Struct && !reads {
				found = append(found, leaves(is, path)...)
			}
		}
	}
	return found
}

// refused are values that do not belong into a setting of a type, and what is then said to belong there.
func refused(t reflect.Type) map[string]string {
	const text, number, switched = "is one text", "is a whole number from 0", "is true or false"
	switch name := t.String(); {
	case name == "config.Duration":
		return map[string]string{"[1m]": "is one time such as 30m", "{a: b}": "is one time such as 30m", "soon": "is no duration such as 30m", "15": "15m are minutes"}
	case name == "config.Secret":
		return map[string]string{"[a]": "a secret is env:NAME", "{a: b}": "a secret is env:NAME"}
	case name == "config.Texts":
		return map[string]string{"{a: b}": "is a text, or a list of texts", "[[a]]": "each entry of"}
	case name == "config.At[int]" || t.Kind() == reflect.Int:
		return map[string]string{"[1]": number, "{a: b}": number, "many": number, "1.5": number, "true": number}
	case name == "config.At[string]" || t.Kind() == reflect.String:
		return map[string]string{"[a]": text, "{a: b}": text}
	case t.Kind() == reflect.Bool:
		return map[string]string{"[true]": switched, "1": switched, "maybe": switched}
	case t.Kind() == reflect.Slice:
		return map[string]string{"A": "is a list of texts", "{a: b}": "is a list of texts", "[[A]]": "each entry of"}
	case t.Kind() == reflect.Map:
		return map[string]string{"A": "holds one entry a name", "{a: [b]}": "each entry of"}
	}
	return map[string]string{"[a]": "holds settings of its own", "text": "holds settings of its own", "{nonesuch: b}": "unknown setting \"nonesuch\" under"}
}

// only is a config whose only setting has this value, and where the value stands.
func only(kind string, path []string, value string) (text, at string) {
	text = "targets:\n  x:\n    kind: " + kind
	column := 0
	for depth, name := range path {
		line := strings.Repeat("  ", depth+2) + name + ": "
		text, column = text+"\n"+strings.TrimRight(line, " "), len(line)+1
	}
	return text + " " + value + "\n", fmt.Sprintf("r.yaml:%d:%d: ", 3+len(path), column)
}

func TestEachSettingOfAWrongTypeIsRefusedAtItsPlace(t *testing.T) {
	tried := 0
	for _, kind := range all.Connectors {
		for _, l := range leaves(reflect.TypeOf(kind.Settings()).Elem(), nil) {
			for bad, want := range refused(l.t) {
				text, at := only(kind.Name, l.path, bad)
				cfg, err := config.Parse("r.yaml", []byte(text))
				if err == nil {
					err = cfg.Targets[0].Decode(kind.Settings())
				}
				said, _, _ := strings.Cut(fmt.Sprint(err), "\n")
				inside := strings.HasPrefix(bad, "{nonesuch") || strings.HasPrefix(bad, "[[") || strings.HasPrefix(bad, "{a: [") // the place is that of the entry
				if !inside && !strings.HasPrefix(said, at) || inside && !strings.HasPrefix(said, at[:len("r.yaml:4:")]) || !strings.Contains(said, want) {
					t.Errorf("%s: %s: %s\n    it says %s\n    want    %s… %s", kind.Name, strings.Join(l.path, "."), bad, said, at, want)
				}
				tried++
			}
		}
	}
	if tried < 300 {
		t.Errorf("only %d values were tried: the test looks in the wrong place", tried)
	}
}

// Values of the right type that a kind cannot use: each is refused at its place, with what may stand there.
func TestEachSettingOutOfRangeIsRefusedAtItsPlace(t *testing.T) {
	const (
		sf     = "targets:\n  x:\n    kind: salesforce\n    url: https://acme.my.salesforce.com\n    auth: {client_id: a, client_secret: b}\n"
		vault  = "targets:\n  x:\n    kind: vault\n    url: https://acme.veevavault.com\n    auth: {username: a, password: b}\n"
		vonage = "targets:\n  x:\n    kind: vonage\n    url: https://vcc.acme.example\n    auth: {client_id: a, client_secret: b}\n    token_url: https://vcc.acme.example/t\n    salesforce: y\n"
		groove = "targets:\n  x:\n    kind: groove\n    salesforce: y\n"
	)
	without := func(text, line string) string { return strings.Replace(text, line+"\n", "", 1) }
	for _, c := range []struct{ text, want string }{
		{without(sf, "    url: https://acme.my.salesforce.com"), "2:3: url is missing: the org's My Domain address"},
		{strings.Replace(sf, "https://acme.my.salesforce.com", "nonsense", 1), `4:10: "nonsense" is no address such as`},
		{strings.Replace(sf, "https://acme", "ftp://acme", 1), `4:10: "ftp://acme.my.salesforce.com" is neither http nor https`},
		{strings.Replace(sf, "https://acme", "http://acme", 1), "4:10: http://acme.my.salesforce.com is plain http to another machine"},
		{strings.Replace(sf, ".com", ".com/lightning", 1), "4:10: url is the org's address alone"},
		{sf + "    api: soap\n", `6:10: api "soap" is neither bulk nor collections`},
		{sf + "    api_version: newest\n", `6:18: api_version "newest" is none such as v`},
		{sf + "    ca_file: nowhere.pem\n", "6:14: ca_file: open nowhere.pem"},
		{without(sf, "    auth: {client_id: a, client_secret: b}"), "2:3: auth: needs one way to sign in: client_id and client_secret, or jwt, or access_token"},
		{strings.Replace(sf, "client_secret: b", "access_token: c, client_secret: b", 1), "5:11: auth: needs one way to sign in"},
		{strings.Replace(sf, "{client_id: a, client_secret: b}", "{jwt: {username: a}}", 1), "5:11: auth: jwt needs username, client_id and key"},
		{without(vault, "    url: https://acme.veevavault.com"), "2:3: url is missing: https://"},
		{strings.Replace(vault, ", password: b", "", 1), "5:11: auth needs username and password"},
		{vault + "    api_version: 26\n", `6:18: api_version "26" is none such as v26.2`},
		{vault + "    ca_file: nowhere.pem\n", "6:14: ca_file: open nowhere.pem"},
		{without(vonage, "    token_url: https://vcc.acme.example/t"), "2:3: token_url is missing: https://"},
		{strings.Replace(vonage, "token_url: https://vcc.acme.example/t", "token_url: t", 1), `6:16: "t" is no address such as`},
		{strings.Replace(vonage, ", client_secret: b", "", 1), "5:11: auth needs client_id and client_secret"},
		{without(vonage, "    salesforce: y"), "2:3: salesforce is missing: the target where"},
		{vonage + "    starting_id: 0\n", "8:18: starting_id 0 is less than 1"},
		{vonage + "    page_base: 2\n", `8:16: page_base "2" is none of auto, 0, 1`},
		{vonage + "    readiness: {task_fields: {WhoId: write}}\n", `8:38: task_fields: WhoId is "write", which is neither read nor edit`},
		{vonage, `7:17: no target "y"`},
		{without(groove, "    salesforce: y"), "2:3: salesforce is missing: the target where the users live"},
		{groove + "    reclaim: all\n", `5:14: "all" is neither inactive nor off`},
		{groove + "    unverified: maybe\n", `5:17: "maybe" is neither pending nor ok`},
		{groove + "    mail: post\n", `5:11: "post" is neither google nor microsoft`},
		{groove, `4:17: no target "y"`},
	} {
		if said, _, _ := strings.Cut(fmt.Sprint(openIn(t, c.text)), "\n"); !strings.HasPrefix(said, "r.yaml:"+c.want) {
			t.Errorf("%s\n    it says %s\n    want    r.yaml:%s", c.text, said, c.want)
		}
	}
}

func openIn(t *testing.T, text string) error {
	t.Helper()
	cfg, err := config.Parse("r.yaml", []byte(text))
	if err != nil {
		return err
	}
	o, err := decode(cfg, cfg.Targets[0], 0)
	if err != nil {
		return err
	}
	_, err = o.open(t.Context(), nil, nil)
	return err
}
