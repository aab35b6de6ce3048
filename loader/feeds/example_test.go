package feeds

import (
	"regexp"
	"strings"
	"testing"
)

var commented = regexp.MustCompile(`(?m)^    # (\s*[-a-z].*)$`)

// The example can be used as it is, and with its comments taken away.
func TestTheExampleIsAConfig(t *testing.T) {
	text := strings.TrimPrefix(Example, "feeds:\n")
	if _, err := readYAML(t, text); err != nil {
		t.Error(err)
	}
	bare := commented.ReplaceAllString(text, "    $1")
	bare = strings.ReplaceAll(bare, "values: departments.csv", "values: "+file(t, "value,group\n"))
	for _, one := range []string{"values", "rules"} { // one of the two decides
		mine := bare
		if one == "values" {
			mine = regexp.MustCompile(`(?m)^    rules:.*\n(      - .*\n)+`).ReplaceAllString(mine, "")
		} else {
			mine = regexp.MustCompile(`(?m)^    values: .*\n`).ReplaceAllString(mine, "")
		}
		mine = strings.Replace(mine, "unknown: send", "# unknown", 1)
		if _, err := readYAML(t, mine); err != nil {
			t.Errorf("with %s: %v\n%s", one, err, mine)
		}
	}
}
