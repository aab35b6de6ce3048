package browser

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var (
	theContext   context.Context
	startBrowser sync.Once
	stopBrowser  = func() {}
)

func TestMain(m *testing.M) {
	code := m.Run()
	stopBrowser()
	os.Exit(code)
}

// theBrowser starts the browser once. Each test has a page of its own in it.
func theBrowser(t *testing.T) context.Context {
	t.Helper()
	if os.Getenv("ROSTERLOAD_BROWSER") == "" {
		t.Skip("make test-browser runs this: it needs chromium, and axe-core from npm")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is not on this machine")
	}
	startBrowser.Do(func() {
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)
		for _, quiet := range []string{"disable-background-networking", "disable-component-update", "disable-sync"} {
			options = append(options, chromedp.Flag(quiet, true))
		}
		allocated, stopAll := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, stop := chromedp.NewContext(allocated)
		stopBrowser = func() { stop(); stopAll() }
		if err := chromedp.Do(ctx); err != nil {
			t.Fatal(err)
		}
		theContext = ctx
	})
	return theContext
}

var axeOnce = sync.OnceValues(func() (string, error) {
	if out, err := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund").CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	return string(text), err
})

func axeSource(t *testing.T) string {
	t.Helper()
	text, err := axeOnce()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// program is the built binary.
func program(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "..", "bin", "rosterload"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal("make build comes first: ", err)
	}
	return path
}

// place is a folder with a config, a home, and a pretend org that is served beside it.
type place struct {
	t      *testing.T
	folder string
	org    string // its address
}

// newPlace serves a pretend org of kind salesforce until the test ends.
func newPlace(t *testing.T, flags ...string) *place {
	t.Helper()
	theBrowser(t) // without one nothing is begun
	p := &place{t: t, folder: t.TempDir()}
	serve := exec.Command(program(t), append([]string{"simulate", "salesforce", "--listen", "127.0.0.1:0", "--strict"}, flags...)...)
	p.org = p.serve(serve, "serving on ")
	p.write("rosterload.yaml", `targets:
  org:
    kind: salesforce
    url: `+p.org+`
    auth: {client_id: env:SF_ID, client_secret: env:SF_SECRET}
    poll: {job: 20ms, status: 20ms}
    max_removals: 100%
`)
	return p
}

// stoppedByUs is the exit code of a program that a signal ended and that found nothing wrong.
const stoppedByUs = 130

// serve starts a program that serves until the test ends, and answers the address that it says on stderr.
func (p *place) serve(c *exec.Cmd, before string) string {
	p.t.Helper()
	c.Dir = p.folder
	said, err := c.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	lines := bufio.NewScanner(said)
	p.t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		for lines.Scan() { // until it ends
			p.t.Log(lines.Text())
		}
		if err := c.Wait(); c.ProcessState.ExitCode() != stoppedByUs {
			p.t.Errorf("%s: %v", strings.Join(c.Args[1:], " "), err)
		}
	})
	for lines.Scan() {
		if _, address, ok := strings.Cut(lines.Text(), before); ok {
			return strings.TrimSpace(address)
		}
	}
	p.t.Fatalf("%v has not said %q", c.Args, before)
	return ""
}

func (p *place) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.folder, name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// run runs the program and wants one exit code.
func (p *place) run(want int, args ...string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 5*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, program(p.t), args...)
	c.Dir = p.folder
	c.Env = append(os.Environ(), "SF_ID=me", "SF_SECRET=mine", "ROSTERLOAD_HOME="+filepath.Join(p.folder, "home"))
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); c.ProcessState.ExitCode() != want {
		p.t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, &out, &errs)
	}
	return out.String()
}

// one is the one file that matches a pattern.
func (p *place) one(pattern string) string {
	p.t.Helper()
	found, err := filepath.Glob(filepath.Join(p.folder, pattern))
	if err != nil || len(found) != 1 {
		p.t.Fatalf("%s: %v, %v", pattern, found, err)
	}
	return found[0]
}
