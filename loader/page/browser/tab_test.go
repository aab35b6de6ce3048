package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// tab is one page in the browser. When its test ends, it fails where the page has complained, or has asked anything of the network that it
// was not to.
type tab struct {
	t     *testing.T
	ctx   context.Context
	local string // what addresses may begin with

	mu        sync.Mutex
	asked     []string
	complaint []string
}

// look says how a page is looked at.
type look struct {
	width  int
	scheme string // light or dark
	media  string // screen or print
}

var (
	wide   = look{1280, "light", "screen"}
	narrow = look{390, "dark", "screen"}
)

// open opens a page and waits until it is there. Local is what the addresses that it asks for may begin with.
func open(t *testing.T, address, local string, l look) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(theBrowser(t))
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, local: local}
	b.listen()
	t.Cleanup(b.settle)
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Europe/Berlin"})
		return err
	}))
	if _, err := chromedp.Call(b.ctx, performance.Enable, performance.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	b.lookAs(l)
	b.do(chromedp.Navigate(address), chromedp.WaitReady("body"))
	return b
}

func (b *tab) listen() {
	messages, requests := chromedp.Console(b.ctx), chromedp.Events(b.ctx, network.RequestWillBeSent)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if kind := string(m.Type); kind == "error" || kind == "warning" || kind == "assert" || m.Type == chromedp.ConsoleException {
				b.note(&b.complaint, kind+": "+m.Text)
			}
		}
	}()
	go func() {
		for r, err := range requests {
			if err != nil {
				return
			}
			b.note(&b.asked, r.Request.URL)
		}
	}()
}

func (b *tab) note(list *[]string, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*list = append(*list, text)
}

// settle is the end of every test of a page. The question comes after all that the page has done, and so does its answer.
func (b *tab) settle() {
	b.text("document.title")
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, complaint := range b.complaint {
		b.t.Errorf("the page complains: %s", complaint)
	}
	if len(b.asked) == 0 {
		b.t.Error("not even the page was asked for: requests are not seen")
	}
	for _, address := range b.asked {
		if !strings.HasPrefix(address, b.local) && !strings.HasPrefix(address, "blob:") {
			b.t.Errorf("the page asks for %s", address)
		}
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// value evaluates an expression in the page.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

func (b *tab) text(expression string) string {
	b.t.Helper()
	return value[string](b, expression)
}

// await waits until an expression is true in the page.
func (b *tab) await(expression string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(time.Minute))); err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
}

// is fails unless an expression is true in the page.
func (b *tab) is(expression string) {
	b.t.Helper()
	if !value[bool](b, expression) {
		b.t.Errorf("it is not so: %s", expression)
	}
}

func (b *tab) press(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// choose sets a filter as a person does.
func (b *tab) choose(name, option string) {
	b.t.Helper()
	value, _ := json.Marshal(option)
	b.is(`(() => { const s = document.querySelector('select[name=` + name + `]'); s.value = ` + string(value) + `;
		s.dispatchEvent(new Event("change", {bubbles: true})); return s.value === ` + string(value) + ` })()`)
}

func (b *tab) lookAs(l look) {
	b.t.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}}
	how := emulation.SetEmulatedMediaParams{Media: l.media, Features: features}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, how); err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.EmulateViewport(int64(l.width), 900))
}

// worked is the processor time of the page's own thread so far, in milliseconds.
func (b *tab) worked() float64 {
	b.t.Helper()
	all, err := chromedp.Call(b.ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, m := range all.Metrics {
		if m.Name == "ThreadTime" {
			return 1000 * m.Value
		}
	}
	b.t.Fatal("the browser does not tell how long a page has worked")
	return 0
}

// picture keeps a picture of the whole page, for those who want to see it: ROSTERLOAD_PICTURES names the folder.
func (b *tab) picture(name string) {
	b.t.Helper()
	folder := os.Getenv("ROSTERLOAD_PICTURES")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// fits fails when the page is wider than the screen.
func (b *tab) fits() {
	b.t.Helper()
	if wide := value[int](b, "document.documentElement.scrollWidth"); wide > value[int](b, "innerWidth") {
		b.t.Errorf("the page is %d pixels wide", wide)
	}
}

// axe fails when the checks of accessibility find anything serious.
func (b *tab) axe() {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[any](axeSource(b.t)+"; undefined"))
		return err
	}))
	found := b.text(`axe.run(document, {resultTypes: ["violations"]}).then((r) => JSON.stringify(r.violations
		.filter((v) => ["serious", "critical"].includes(v.impact)).map((v) => [v.id, v.help, v.nodes.map((n) => n.html.slice(0, 200))])))`)
	if found != "[]" {
		b.t.Errorf("axe finds %s", found)
	}
}
