package evidence

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files again")

// The formats are a contract: others read them years later. What differs from run to run is replaced by a word.
func TestTheFormatsStayAsTheyAre(t *testing.T) {
	g := newRig(t)
	r := g.load(t, "nightly.csv", people(3))
	host, _ := os.Hostname()
	stable := func(text []byte) []byte {
		text = bytes.ReplaceAll(text, []byte(r.ID), []byte("RUN"))
		text = bytes.ReplaceAll(text, []byte(`"host":"`+host+`"`), []byte(`"host":"HOST"`))
		text = regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAllFunc(text, func(sha []byte) []byte {
			if string(sha) == first {
				return sha
			}
			return []byte("SHA256")
		})
		text = regexp.MustCompile(`"bytes":\d+,"name":"journal`).ReplaceAll(text, []byte(`"bytes":N,"name":"journal`))
		return regexp.MustCompile(`"commit":"[0-9a-f]*"`).ReplaceAll(text, []byte(`"commit":"COMMIT"`))
	}
	for name, text := range map[string][]byte{
		"manifest.json": get(t, r.ManifestPath(1)), "blocks.json": get(t, r.BlocksPath(1)), "ledger.jsonl": get(t, filepath.Join(g.Folder, LedgerFile)),
	} {
		path := filepath.Join("testdata", name)
		is := stable(text)
		if *update {
			put(t, path, is)
			continue
		}
		if want := get(t, path); !bytes.Equal(want, is) {
			t.Errorf("%s: when it is right, go test -update writes it again\n%s\nwant\n%s", name, is, want)
		}
	}
}

func TestCanonicalSpelling(t *testing.T) {
	for _, c := range []struct {
		name  string
		value any
		want  string
		bad   bool
	}{
		{"members are sorted", map[string]any{"b": 1, "a": true, "": nil}, `{"":null,"a":true,"b":1}`, false},
		{"members are sorted as UTF-16", map[string]any{"\U0001F600": 1, "\uFB33": 2, "€": 3}, "{\"€\":3,\"\U0001F600\":1,\"\uFB33\":2}", false},
		{"nothing is escaped that need not be", "<b>&\u2028\u00fc\x7f/", "\"<b>&\u2028\u00fc\x7f/\"", false},
		{"what must be escaped is, the short way", "\"\\\b\f\n\r\t\x00\x1f", `"\"\\\b\f\n\r\t\u0000\u001f"`, false},
		{"lists keep their order", []int{3, -1, 0}, `[3,-1,0]`, false},
		{"a fraction has no place in a manifest", 1.5, "", true},
	} {
		got, err := canonical(c.value)
		if string(got) != c.want && !c.bad || (err != nil) != c.bad {
			t.Errorf("%s: %s, %v; want %s", c.name, got, err, c.want)
		}
	}
}

func TestAManifestNamesNoUserOfTheRoster(t *testing.T) {
	g := newRig(t)
	r := g.load(t, "nightly.csv", people(30))
	for _, path := range []string{r.ManifestPath(1), r.BlocksPath(1), r.Path("journal.jsonl"), filepath.Join(g.Folder, LedgerFile)} {
		if text := string(get(t, path)); strings.Contains(text, "user000") || strings.Contains(text, "0055f") {
			t.Errorf("%s names users: %s", path, text)
		}
	}
}
