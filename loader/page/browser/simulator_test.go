package browser

import (
	"os/exec"
	"testing"
)

// The page of each pretend org at both widths: another admin buys licences and moves a user.
func TestThePageOfAPretendOrg(t *testing.T) {
	theBrowser(t)
	for kind, moves := range map[string]string{"salesforce": "Beta", "vault": "Beta", "groove": "core", "vonage": "archived"} {
		t.Run(kind, func(t *testing.T) {
			p := &place{t: t, folder: t.TempDir()}
			address := p.serve(exec.Command(program(t), "simulate", kind, "--listen", "127.0.0.1:0", "--count", "70", "--licences",
				"9", "--strict"), "serving on ")
			b := open(t, address, address, wide)
			for _, l := range []look{wide, {1280, "dark", "screen"}, {390, "light", "screen"}, narrow} {
				b.lookAs(l)
				b.fits()
				b.axe()
			}
			b.lookAs(wide)
			b.click(`form[action="/_sim/licences"] button`, "main")
			b.until(`document.querySelector("#licences").textContent.includes("used of 19")`)
			b.is(`(() => { const move = [...document.querySelectorAll("#people select")].pop(); move.value = "` + moves +
				`"; move.form.querySelector("button").click(); return move.value === "` + moves + `" })()`)
			b.until(`document.querySelector("#line") && document.querySelector("#line").textContent.includes("by hand")`)
			b.enter(`input[type=search]`, "nowhere")
			b.until(`document.querySelector("#found").textContent.startsWith("0 of ")`)
			b.picture("org " + kind)
		})
	}
}

// A load is followed on the page of the org without a reload.
func TestALoadIsFollowedOnThePageOfTheOrg(t *testing.T) {
	p := newPlace(t, "--count", "60", "--delay", "10ms")
	b := open(t, p.org, p.org, wide)
	b.is(`(window.same = true) && document.querySelector("#line").textContent.includes("Nothing has happened yet")`)
	p.write("nightly.csv", hostile())
	p.run(4, "load", "nightly.csv")
	b.until(`/removals.*upserts/s.test(document.querySelector("#line").textContent)`)
	b.until(`document.querySelectorAll("#requests tbody tr").length > 5`)
	b.is(`window.same && ![...document.querySelectorAll("#requests td")].some((cell) => cell.textContent.includes("_sim"))`)
	b.picture("org after a load")
}
