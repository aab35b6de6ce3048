package browser

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// console serves the pages of the place's home until the test ends, and answers the address that it prints.
func (p *place) console() *url.URL {
	p.t.Helper()
	c := exec.Command(program(p.t), "console", "--listen", "127.0.0.1:0")
	c.Dir = p.folder
	c.Env = append(os.Environ(), "SF_ID=me", "SF_SECRET=mine", "ROSTERLOAD_HOME="+filepath.Join(p.folder, "home"))
	var errs bytes.Buffer
	out, err := c.StdoutPipe()
	if err == nil {
		c.Stderr = &errs
		err = c.Start()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		if err := c.Wait(); err != nil || errs.Len() > 0 {
			p.t.Errorf("the console ends with %v: %s", err, &errs)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.t.Fatal(err, errs.String())
	}
	address, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		p.t.Fatal(err)
	}
	return address
}

// week is a home with runs that went well, that have failed rows, and that wait for a person.
func week(t *testing.T) *place {
	t.Helper()
	p := newPlace(t, "--count", "60", "--licences", "8", "--delay", "10ms")
	p.write("nightly.csv", hostile())
	p.run(4, "load", "nightly.csv", "--reason", "leavers of November", "--ticket", "HR-17")
	p.write("joiners.csv", "Username,Group\n"+many(30, "user%07d@acme.example,Beta\n"))
	p.run(4, "load", "joiners.csv", "--reason", "joiners")
	p.write("leavers.csv", "Username,Group\nuser0000030@acme.example,#N/A\nuser0000040@acme.example,#N/A\n")
	p.run(6, "load", "leavers.csv", "--max-removals", "1")
	return p
}

func many(n int, line string) string {
	var all strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&all, line, i)
	}
	return all.String()
}

// at is the address of a page of the console, with the token: each test has a jar of cookies of its own, or not.
func at(address *url.URL, page string) string {
	to, _ := address.Parse(page)
	q := to.Query()
	q.Set("token", address.Query().Get("token"))
	to.RawQuery = q.Encode()
	return to.String()
}

func (b *tab) openConsole(address *url.URL, page string) {
	b.t.Helper()
	b.do(chromedp.Navigate(at(address, page)), chromedp.WaitReady("main"))
}

func openConsole(t *testing.T, address *url.URL, page string, l look) *tab {
	t.Helper()
	return open(t, at(address, page), address.Scheme+"://"+address.Host+"/", l)
}

const runOf = `[...document.querySelectorAll("#runs tbody tr")].find((row) => row.textContent.includes("%s"))`

// pageOf is the path of the page of a roster's run.
func (b *tab) pageOf(roster string) string {
	b.t.Helper()
	return b.text(fmt.Sprintf(runOf, roster) + `.querySelector("a").getAttribute("href")`)
}

// The auditor finds a run, its failures, one of the people, and what became of this person in other runs.
func TestAnAuditorFindsTheWay(t *testing.T) {
	address := week(t).console()
	b := openConsole(t, address, "/", wide)
	b.is(`!location.href.includes("token") && document.querySelectorAll("#runs tbody tr").length === 3`)
	b.enter(`input[type=search]`, "NIGHTLY hr-17")
	b.until(`document.querySelectorAll("#runs tbody tr").length === 1 && document.querySelector("#found").textContent === "1 of 3 runs"`)
	b.is(`document.activeElement.type === "search" && location.search === "?q=NIGHTLY+hr-17"`)
	b.enter(`input[type=search]`, strings.Repeat(kb.Backspace, 20))
	b.choose("state", "held")
	b.until(`document.querySelector("#runs tbody").textContent.includes("leavers.csv") && document.querySelectorAll("#runs tbody tr").length === 1`)
	b.choose("state", "")
	b.until(`document.querySelectorAll("#runs tbody tr").length === 3`)

	b.click(`a[href="`+b.pageOf("joiners.csv")+`"]`, "#rows")
	b.is(`document.querySelector("h1").textContent.includes("joiners.csv") && document.querySelector("#evidence .note.good") !== null`)
	b.choose("result", "Failed")
	b.until(`[...document.querySelectorAll("#rows tbody tr td:nth-child(4)")].every((cell) => cell.textContent === "Failed")`)
	b.is(`/^\d+ of 30 rows$/.test(document.querySelector("#found").textContent) && location.hash === "#rows"`)
	b.enter(`input[type=search]`, "user0000011")
	b.until(`document.querySelectorAll("#rows tbody tr").length === 1`)
	b.click(`#rows tbody a`, `input[name=key]`)
	b.is(`document.querySelector("h1").textContent === "user0000011@acme.example" && document.querySelectorAll("tbody tr").length === 1`)
	b.is(`document.querySelector("tbody").textContent.includes("joiners")`)

	b.click(`nav a[href="/feeds"]`, "h1")
	b.is(`document.body.textContent.includes("rosterload approve ")`)
	b.click(`nav a[href="/ledger"]`, "h1")
	b.click(`button[name=check]`, ".note")
	b.is(`document.querySelector(".note.good").textContent.includes("All holds.")`)
}

// A reason of the report leads to its rows.
func TestAReasonLeadsToItsRows(t *testing.T) {
	address := week(t).console()
	b := openConsole(t, address, "/", wide)
	b.openConsole(address, b.pageOf("nightly.csv"))
	b.click(`#report a[href*="reason=USER_NOT_FOUND"]`, "#rows")
	b.until(`document.querySelectorAll("#rows tbody tr").length === 1`)
	b.is(`document.querySelector("select[name=reason]").value === "USER_NOT_FOUND"`)
}

// What was changed since it was written turns red on the page of its run, and in the check of the ledger.
func TestAChangedResultsFileTurnsRed(t *testing.T) {
	p := week(t)
	address := p.console()
	b := openConsole(t, address, "/", wide)
	run := b.pageOf("joiners.csv")
	b.openConsole(address, run)
	b.is(`document.querySelector(".note.bad, #evidence .badge.bad") === null`)
	isRed := `((c) => c[0] > c[1] + 15 && c[0] > c[2] + 15)(getComputedStyle(document.querySelector(".note.bad")).backgroundColor.match(/\d+/g).map(Number))`
	for _, path := range []string{p.one("joiners.*.results.csv"), p.one("home/runs/" + filepath.Base(run) + "/results-1.csv")} {
		was, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		spoilt := bytes.Replace(was, []byte("user0000011@acme.example,assign,Failed"), []byte("user0000011@acme.example,assign,Updated"), 1)
		if bytes.Equal(was, spoilt) {
			t.Fatal("nothing was changed")
		}
		p.write(path[len(p.folder)+1:], string(spoilt))
		b.openConsole(address, run)
		b.is(isRed)
		b.is(`document.querySelector(".note.bad").textContent.includes("row 11 was changed") && document.querySelector("#evidence .badge.bad").textContent === "changed"`)
		b.fits()
		b.axe()
		b.picture("changed " + filepath.Base(path))
	}
	b.openConsole(address, "/ledger?check=now")
	b.is(isRed)
}

func TestTheConsoleAtEveryWidthAndInEveryLight(t *testing.T) {
	p := week(t)
	address := p.console()
	b := openConsole(t, address, "/", wide)
	pages := map[string]string{
		"runs": "/", "none": "/?q=nowhere", "run": b.pageOf("nightly.csv"),
		"failed": b.pageOf("joiners.csv") + "?result=Failed", "held": b.pageOf("leavers.csv"),
		"person": "/person?key=user0000010@acme.example",
		"feeds":  "/feeds", "ledger": "/ledger?check=now", "missing": "/run/none", "signed out": "/?token=wrong",
	}
	for _, l := range []look{wide, {1280, "dark", "screen"}, {390, "light", "screen"}, narrow} {
		b.lookAs(l)
		for name, page := range pages {
			if name == "missing" || name == "signed out" {
				continue // the browser complains about the status; see below
			}
			b.openConsole(address, page)
			b.fits()
			b.axe()
			b.picture(fmt.Sprint("console ", name, " ", l.width, " ", l.scheme))
			if t.Failed() {
				t.Fatalf("%s at %+v", name, l)
			}
		}
	}
	b.is(`document.querySelectorAll("img, iframe, object").length === 0`)
}

// By keyboard alone: the skip link, the search, the first run, its rows.
func TestTheConsoleIsWorkedByKeyboardAlone(t *testing.T) {
	address := week(t).console()
	b := openConsole(t, address, "/", wide)
	b.press(kb.Tab)
	b.is(`document.activeElement.className === "skip" && getComputedStyle(document.activeElement).outlineStyle === "solid"`)
	b.tabTo(`document.activeElement.type === "search"`)
	b.press("joiners")
	b.until(`document.querySelectorAll("#runs tbody tr").length === 1`)
	b.tabTo(`document.activeElement.closest("#runs tbody") !== null`)
	b.press(kb.Enter)
	b.until(`document.querySelector("#rows") !== null`)
	b.tabTo(`document.activeElement.name === "result"`)
	b.press("Fail")
	b.until(`document.querySelector("#found").textContent.endsWith(" of 30 rows")`)
	b.tabTo(`document.activeElement.closest("#rows tbody") !== null`)
	b.press(kb.Enter)
	b.until(`document.querySelector("input[name=key]") !== null`)
}

// tabTo goes on by the Tab key until it is so.
func (b *tab) tabTo(so string) {
	b.t.Helper()
	for range 80 {
		if value[bool](b, so) {
			b.is(`getComputedStyle(document.activeElement).outlineStyle !== "none"`)
			return
		}
		b.press(kb.Tab)
	}
	b.t.Fatalf("no way by Tab to: %s", so)
}

// A run that is under way is followed to its end without a reload.
func TestARunIsFollowedWhileItRuns(t *testing.T) {
	p := newPlace(t, "--count", "60", "--delay", "5s")
	p.write("slow.csv", "Username,Group\n"+many(20, "user%07d@acme.example,Beta\n"))
	address := p.console()
	load := exec.Command(program(t), "load", "slow.csv", "--quiet")
	load.Dir = p.folder
	load.Env = append(os.Environ(), "SF_ID=me", "SF_SECRET=mine", "ROSTERLOAD_HOME="+filepath.Join(p.folder, "home"))
	if err := load.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- load.Wait() }()
	b := openConsole(t, address, "/", wide)
	for value[int](b, `document.querySelectorAll("#runs tbody tr").length`) == 0 {
		b.openConsole(address, "/")
	}
	b.openConsole(address, b.pageOf("slow.csv"))
	b.is(`(window.same = true) && document.querySelector("#state .badge").textContent !== "over"`)
	b.until(`document.querySelector("#state .badge").textContent === "running" && document.querySelector("#state .bar") !== null`)
	b.until(`document.querySelector("#state .badge").textContent === "over" && document.querySelector("h1").textContent.includes("slow.csv")`)
	b.is(`window.same && document.querySelector("[data-moves]") === null && document.querySelectorAll("#report .local").length > 0`)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestWithoutATokenThereIsAWayIn(t *testing.T) {
	address := week(t).console()
	elsewhere := *address
	elsewhere.RawQuery = ""
	elsewhere.Host = "localhost:" + address.Port() // a name without a cookie
	b := open(t, elsewhere.String(), elsewhere.Scheme+"://"+elsewhere.Host+"/", narrow)
	b.expect("401")
	b.fits()
	b.axe()
	b.enter(`input[name=token]`, address.Query().Get("token")+kb.Enter)
	b.until(`document.querySelector("#runs") !== null`)
	b.is(`!location.href.includes("token") && document.querySelectorAll("#runs tbody tr").length === 3 && document.cookie === ""`)
}

// expect takes a complaint of the browser that a page was asked for on purpose: one that is refused, or is not there.
func (b *tab) expect(status string) {
	b.t.Helper()
	b.text("document.title") // it has come by now
	b.mu.Lock()
	defer b.mu.Unlock()
	var left []string
	for _, c := range b.complaint {
		if !strings.Contains(c, status) {
			left = append(left, c)
		}
	}
	b.complaint = left
}

// click presses a link or a button, and waits for what is then there.
func (b *tab) click(selector, then string) {
	b.t.Helper()
	b.is(fmt.Sprintf(`(() => { const it = document.querySelector(%q); window.before = true; it.focus(); it.click(); return true })()`, selector))
	b.until(fmt.Sprintf(`!window.before && document.readyState === "complete" && document.querySelector(%q) !== null`, then))
}

// enter types into a field.
func (b *tab) enter(selector, text string) {
	b.t.Helper()
	b.is(fmt.Sprintf(`(() => { const it = document.querySelector(%q); it.focus(); return document.activeElement === it })()`, selector))
	b.press(text)
}

// until waits until an expression is true, also while one page takes the place of another.
func (b *tab) until(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	for {
		so, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(() => { try { return Boolean(`+expression+`) } catch { return false } })()`))
		if so && err == nil {
			return
		}
		select {
		case <-ctx.Done():
			b.t.Fatalf("it does not come to be so: %s; the page says %.2000s", expression, b.text("document.body.innerText"))
		case <-time.After(20 * time.Millisecond):
		}
	}
}
