package page

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func rendered(t *testing.T, p Page) string {
	t.Helper()
	out := strings.Builder{}
	if err := p.Render(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var inline = regexp.MustCompile(`(?s)<(script|style)>(.*?)</(?:script|style)>`)

// The policy is worth something only when it names exactly what the page holds: a browser refuses the rest.
func TestThePolicyNamesEachStyleAndScriptOfThePage(t *testing.T) {
	p := Page{Title: "Run", Styles: []template.CSS{"b > i { color: red }"}, OnDisk: true}
	p.Scripts = []template.JS{`document.title = "a < b && c > '+'";`}
	text, policy := rendered(t, p), p.Meta()
	found := inline.FindAllStringSubmatch(text, -1)
	if len(found) != 4 {
		t.Fatalf("%d styles and scripts, want 4", len(found))
	}
	for _, f := range found {
		sum := sha256.Sum256([]byte(f[2]))
		if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("the policy does not name a %s as the page holds it: %.60q", f[1], f[2])
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %s", policy)
	}
	if !strings.Contains(text, `http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;`) {
		t.Error("a page on disk does not carry its policy")
	}
}

// Where a policy forbids style attributes and handlers of events, a piece that uses one is broken without a word.
func TestNoPieceHasAStyleAttributeOrAHandler(t *testing.T) {
	refused := regexp.MustCompile(`(?i)\s(style|on[a-z]+)=|src=|url\(|@import`)
	if found := refused.FindString(source + style); found != "" {
		t.Errorf("%q", found)
	}
}

const hostile = "<script>alert(1)</script>\u202etxt.exe\"'&\x00\xff"

func TestATextIsTextWhateverItHolds(t *testing.T) {
	at := time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC)
	for name, drawn := range map[string]template.HTML{
		"badge": Badge(hostile), "code": Code(hostile), "facts": Facts(Fact{"x", hostile}), "bar": Bar(hostile, Part{hostile, 3}),
		"table":     Table{Caption: hostile, Head: []string{hostile}, Rows: [][]any{{hostile}}}.HTML(),
		"time line": TimeLine(at, at.Add(time.Second), []Span{{Name: hostile, Text: hostile, Began: at}}, Mark{hostile, at}),
		"page":      template.HTML(rendered(t, Page{Title: hostile, Nav: []Link{{Name: hostile, Path: "/"}}})),
	} {
		if strings.Contains(string(drawn), "<script>alert") {
			t.Errorf("%s: a text became markup: %s", name, drawn)
		}
	}
}

func TestPlainSpellsOutWhatCannotBeSeen(t *testing.T) {
	for text, want := range map[string]string{
		"Zoë Müller 👩‍💻":    "Zoë Müller 👩‍💻",
		"a\u202etxt.exe":    `a\u202etxt.exe`,
		"\x1b[31m\x00\x7f":  `\x1b[31m\x00\x7f`,
		"\xff\xfe":          `\xff\xfe`,
		"two\nlines\tand":   "two\nlines\tand",
		"two\r\nlines":      "two\nlines",
		"carriage\rreturn":  `carriage\x0dreturn`,
		"\u200bwidth\ufeff": `\u200bwidth\ufeff`,
		"�":                 "�",
	} {
		if got := Plain(text); got != want {
			t.Errorf("Plain(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestPlainOfPlainIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := Plain(rapid.String().Draw(t, "text"))
		if again := Plain(text); again != text {
			t.Errorf("%q becomes %q", text, again)
		}
	})
}

func TestABarLeavesOutWhatIsNotThere(t *testing.T) {
	bar := string(Bar("Results", Part{"Updated", 9999}, Part{"Failed", 1}, Part{"Pending", 0}))
	if strings.Contains(bar, "Pending") || strings.Count(bar, "<rect") != 2 || !strings.Contains(bar, "under 0.1 %") {
		t.Errorf("%s", bar)
	}
	if empty := string(Bar("Results")); strings.Contains(empty, "<rect") || strings.Contains(empty, "NaN") {
		t.Errorf("an empty bar: %s", empty)
	}
}

func TestATimeLinePutsTheBarrierBetween(t *testing.T) {
	at := func(seconds int) time.Time { return time.Date(2026, 11, 23, 2, 15, seconds, 0, time.UTC) }
	line := string(TimeLine(at(0), at(10), []Span{
		{Name: "removals", Began: at(0), Ended: at(2), Settled: at(4)},
		{Name: "upserts", Began: at(5), Ended: at(10)},
	}, Mark{"barrier", at(5)}))
	for _, want := range []string{
		`class="work" x="0.00%" y="2" width="20.00%"`, `class="wait" x="20.00%" y="6" width="20.00%"`,
		`class="work" x="50.00%" y="2" width="50.00%"`, `x1="50.00%"`, "2026-11-23 02:15:05 UTC",
	} {
		if !strings.Contains(line, want) {
			t.Errorf("%s is missing in %s", want, line)
		}
	}
	if unbegun := string(TimeLine(at(0), at(0), []Span{{Name: "upserts"}})); strings.Contains(unbegun, `class="work"`) {
		t.Error("a job that has not begun has a stroke")
	}
}

func TestFactsWithoutAValueAreLeftOut(t *testing.T) {
	got := string(Facts(Fact{"Ticket", ""}, Fact{"Reason", "leavers"}, Fact{"Rows", 0}))
	if strings.Contains(got, "Ticket") || !strings.Contains(got, "Rows") {
		t.Error(got)
	}
}

func TestCountsAreReadInThrees(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := Count(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}
