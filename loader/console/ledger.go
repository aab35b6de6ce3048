package console

import (
	"fmt"
	"html/template"
	"net/http"
	"slices"

	"rosterload/loader/evidence"
	"rosterload/loader/page"
)

const (
	entriesShown = 100
	faultsShown  = 100
)

// ledger shows the entries of the home's ledger, the newest first, and checks the whole home when it is asked to. A
// check reads all and mends nothing.
func (c *Console) ledger(r *http.Request) (view, error) {
	l, err := evidence.ReadLedger(c.Home)
	if err != nil {
		return view{}, err
	}
	parts := []template.HTML{head("Ledger", "One line for each revision of each run, approval, rejection, prune "+
		"and forget; each holds the digest of the line before.")}
	if l.Sound() {
		parts = append(parts, headOf(l))
	} else {
		parts = append(parts, faults("The ledger does not hold.", l.Faults))
	}
	parts = append(parts, drawn("check", r.FormValue("head")))
	if r.FormValue("check") != "" {
		checked, err := c.check(r)
		if err != nil {
			return view{}, err
		}
		parts = append(parts, checked)
	}
	entries := slices.Clone(l.Entries)
	slices.Reverse(entries)
	part, number, last := cut(entries, pageOf(r), entriesShown)
	query := r.URL.Query()
	query.Del("check") // a further page of the list is no further check
	parts = append(parts, section("Entries"), entriesTable(part),
		page.Pager("Pages of entries", "/ledger", query, number, last))
	return view{title: "Ledger", here: "/ledger", body: page.Join(parts...)}, nil
}

func headOf(l *evidence.Ledger) template.HTML {
	if len(l.Entries) == 0 {
		return quiet("The ledger has no entries yet.")
	}
	facts := []page.Fact{{Name: "Entries", Value: len(l.Entries)}, {Name: "Head", Value: page.Code(l.Head().String())}}
	if l.Key.Type != "" {
		facts = append(facts, page.Fact{Name: "Key", Value: page.Code(l.Key.Fingerprint())},
			page.Fact{Name: "Allowed signer", Value: page.Code(evidence.SignersLine(l.Key))})
	}
	return page.Facts(facts...)
}

func faults(first string, all []string) template.HTML {
	lines := append([]string{first}, all[:min(len(all), faultsShown)]...)
	if more := len(all) - faultsShown; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more; rosterload ledger check names all", more))
	}
	return wrong(lines...)
}

func (c *Console) check(r *http.Request) (template.HTML, error) {
	var o evidence.CheckOptions
	if text := r.FormValue("head"); text != "" {
		var err error
		if o.Head, err = evidence.ParseHead(text); err != nil {
			return wrong(err.Error()), nil
		}
	}
	done, err := c.much(r.Context())
	if err != nil {
		return "", err
	}
	defer done()
	checked, err := evidence.Check(c.Home, o)
	if err != nil {
		return "", err
	}
	if len(checked.Faults) > 0 {
		return faults(fmt.Sprintf("Not so: %s things.", page.Count(len(checked.Faults))), checked.Faults), nil
	}
	return note("good", fmt.Sprintf("All holds. Read were %s entries, %s manifests and %s files.",
		page.Count(checked.Entries), page.Count(checked.Manifests), page.Count(checked.Files))), nil
}

func entriesTable(part []evidence.Entry) template.HTML {
	t := page.Table{
		Caption: "The newest first", Head: []string{"Entry", "At", "What", "Run", "Revision", "SHA-256"},
		Numbers: []int{0, 4},
	}
	for _, e := range part {
		run, revision := any("–"), any("–")
		if e.Run != "" {
			run = runLink(e.Run)
		}
		if e.Revision > 0 {
			revision = e.Revision
		}
		t.Rows = append(t.Rows, []any{e.Seq, stamp(e.At), e.What, run, revision, page.Code(e.SHA256)})
	}
	if len(part) == 0 {
		return quiet("There are no entries.")
	}
	return t.HTML()
}
