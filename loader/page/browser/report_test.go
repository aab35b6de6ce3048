package browser

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const markup = `</script><script>document.title="run"</script><img src=x onerror='document.title="run"'>`

// hostile is a roster whose cells want to be more than text.
func hostile() string {
	return "Username,Group,Note\n" +
		"user0000010@acme.example,,leaves\n" +
		"user0000001@acme.example,Beta,\"" + strings.ReplaceAll(markup, `"`, `""`) + "\"\n" +
		"\"" + strings.ReplaceAll(markup, `"`, `""`) + "\",Beta,x\n" +
		"user0000002@acme.example,Beta,=HYPERLINK(1)\n" +
		"user0000003@acme.example,Beta,\u202etxt.exe\n" +
		"user0000004@acme.example,Beta," + strings.Repeat("W", 10_000) + "\n" +
		"user0000020@acme.example,Beta,\"two\nlines\\n\"\n"
}

// nightly loads the hostile roster and answers the address of its report.
func nightly(t *testing.T) string {
	t.Helper()
	p := newPlace(t, "--count", "40", "--delay", "10ms")
	p.write("nightly.csv", hostile())
	p.run(4, "load", "nightly.csv", "--report", "--reason", "leavers of November", "--ticket", "HR-17")
	return "file://" + p.one("nightly.*.report.html")
}

func openReport(t *testing.T, address string, l look) *tab {
	t.Helper()
	b := open(t, address, address, l)
	b.await(`performance.getEntriesByName("rows").length === 1`)
	return b
}

func TestAReportIsReadAtEveryWidthAndInEveryLight(t *testing.T) {
	address := nightly(t)
	for name, l := range map[string]look{
		"wide and light": wide, "wide and dark": {1280, "dark", "screen"},
		"narrow and light": {390, "light", "screen"}, "narrow and dark": narrow,
	} {
		t.Run(name, func(t *testing.T) {
			b := openReport(t, address, l)
			b.fits()
			b.axe()
			b.is(`document.querySelector("h1").textContent.includes("nightly.csv")`)
			b.is(`[...document.querySelectorAll(".local")].some((time) => time.textContent.includes("here"))`)
			b.picture("report " + name)
			b.is(`(show => { show.click(); return document.querySelector("#whole").open })(document.querySelector("#drawn [role=row]"))`)
			b.axe()
			b.picture("row " + name)
		})
	}
}

func TestCellsOfAHostileRosterStayText(t *testing.T) {
	b := openReport(t, nightly(t), wide)
	b.is(`document.querySelectorAll("img").length === 0 && document.title.startsWith("nightly.csv")`)
	show := func(row int) string {
		return b.text(fmt.Sprintf(`(() => { location.hash = "";
			document.querySelectorAll("#drawn [role=row]")[%d].click();
			const note = [...document.querySelectorAll("#whole dt")].find((dt) => dt.textContent === "Note");
			const text = note.nextElementSibling.textContent; document.querySelector("#close").click(); return text })()`, row-1))
	}
	for row, want := range map[int]string{2: markup, 4: "=HYPERLINK(1)", 5: `\u202etxt.exe`, 6: strings.Repeat("W", 10_000), 7: "two\nlines\\n"} {
		if got := show(row); got != want {
			t.Errorf("row %d shows %.200q", row, got)
		}
	}
}

func TestAReportIsWorkedByKeyboardAlone(t *testing.T) {
	b := openReport(t, nightly(t), wide)
	b.press(kb.Tab)
	b.is(`document.activeElement.className === "skip" && getComputedStyle(document.activeElement).outlineStyle === "solid"`)
	for range 60 {
		if b.text("document.activeElement.id") == "search" {
			break
		}
		b.press(kb.Tab)
	}
	b.press("user000000")
	b.is(`document.querySelector("#count").textContent === "4 of 7 rows"`)
	for range 5 { // the filters and the button
		b.press(kb.Tab)
	}
	b.is(`document.activeElement.id === "grid"`)
	b.press(kb.ArrowDown)
	b.is(`document.getElementById(document.querySelector("#grid").getAttribute("aria-activedescendant")).textContent.includes("user0000002")`)
	b.press(kb.Enter)
	b.is(`document.querySelector("#whole").open && document.querySelector("#whole-title").textContent === "Row 4"`)
	b.press(kb.Escape)
	b.is(`!document.querySelector("#whole").open && document.activeElement.id === "grid"`)
	b.press(kb.End)
	b.press(" ")
	b.is(`document.querySelector("#whole-title").textContent === "Row 6"`)
}

func TestAReportIsFilteredByItsReasons(t *testing.T) {
	b := openReport(t, nightly(t), wide)
	b.choose("result", "Failed")
	b.is(`document.querySelector("#count").textContent === "1 of 7 rows"`)
	b.do(chromedp.Click("#clear"))
	b.is(`document.querySelector("#count").textContent === "7 rows"`)
	b.choose("action", "remove")
	b.is(`document.querySelector("#drawn").textContent.includes("user0000010")`)
	b.do(chromedp.Click(`a[href="#reason=USER_NOT_FOUND"]`))
	b.await(`document.querySelector("select[name=reason]").value === "USER_NOT_FOUND"`)
	b.is(`document.querySelector("#count").textContent === "1 of 7 rows" && document.querySelector("select[name=action]").value === ""`)
	b.do(chromedp.Click(`a[href="#row=3"]`))
	b.await(`document.querySelector("#whole").open && document.querySelector("#whole-title").textContent === "Row 3"`)
}

var pdfPage = regexp.MustCompile(`/Type\s*/Page\b`)

func TestAReportPrintsWhatItsFilterShows(t *testing.T) {
	b := openReport(t, nightly(t), wide)
	b.is(`document.querySelectorAll("#print tbody tr").length === 7`) // also for those who print it before its script has run
	b.choose("result", "Updated")
	b.is(`(addEventListener("beforeprint", () => window.printed = document.querySelector("#print").innerText), true)`)
	pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize(), chromedp.PDFPrintBackground()))
	if err != nil {
		t.Fatal(err)
	}
	if pages := len(pdfPage.FindAll(pdf, -1)); !bytes.HasPrefix(pdf, []byte("%PDF-")) || pages < 1 || pages > 6 {
		t.Errorf("%d pages on paper", pages)
	}
	b.is(`window.printed.includes("5 rows") && window.printed.includes("user0000004@acme.example") && !window.printed.includes("Failed")`)
	b.lookAs(look{794, "light", "print"})
	b.is(`(dispatchEvent(new Event("beforeprint")), getComputedStyle(document.querySelector("#grid")).display === "none")`)
	b.picture("report on paper")
}

func TestAReportOfAHundredThousandRowsIsFast(t *testing.T) {
	const rows = 100_000
	p := newPlace(t, "--count", fmt.Sprint(rows))
	roster := strings.Builder{}
	roster.WriteString("Username,Engage Group,Personnel Number,Cost Centre\n")
	for i := range rows {
		group := "Beta"
		if i%10 == 9 {
			group = ""
		}
		fmt.Fprintf(&roster, "user%07d@acme.example,%s,%08d,%d\n", i+1, group, 4711+i, i%97)
	}
	p.write("all.csv", roster.String())
	p.run(0, "plan", "all.csv", "--report")
	address, opened, worked := "file://"+p.one("all.*.report.html"), 1e9, 0.0
	var b *tab
	for try := 0; try < 3 && opened > 2000; try++ {
		b = openReport(t, address, wide)
		opened, worked = value[float64](b, `performance.getEntriesByName("rows")[0].startTime`), b.worked()
	}
	t.Logf("opened in %.0f ms, of which the page has worked %.0f ms", opened, worked)
	if opened > 2000 && worked > 1000 { // other work of the machine stretches the one and not the other
		t.Errorf("%.0f ms until the rows can be used", opened)
	}
	b.is(`document.querySelector("#count").textContent === "100,000 rows"`)
	for what, set := range map[string]string{
		"a search": `search.value = search.value ? "" : "user00999"; search.dispatchEvent(new Event("input"))`,
		"a filter": `action.value = action.value ? "" : "remove"; action.dispatchEvent(new Event("change"))`,
	} {
		before := b.worked()
		took := value[float64](b, `Math.min(...Array.from({length: 10}, () => {
			const search = document.querySelector("#search"), action = document.querySelector("select[name=action]"), began = performance.now();
			`+set+`; return performance.now() - began }))`)
		worked := (b.worked() - before) / 10
		t.Logf("%s in %.1f ms, of which the page has worked %.1f ms", what, took, worked)
		if took > 100 && worked > 100 {
			t.Errorf("%s takes %.0f ms", what, took)
		}
	}
	b.is(`(document.querySelector("#clear").click(), document.querySelectorAll("#drawn [role=row]").length < 100)`)
	b.is(`(document.querySelector("#grid").focus(), true)`)
	b.press(kb.End)
	b.press(kb.Enter)
	b.is(`document.querySelector("#whole-title").textContent === "Row 100,000"`)
}
