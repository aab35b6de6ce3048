package front

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// addPages adds what every pretend org tells of itself.
func (f *Front[F]) addPages() {
	f.Pages.HandleFunc("GET /_sim/users.csv", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv; charset=UTF-8")
		_ = f.org.Save(w)
	})
	f.Pages.HandleFunc("GET /_sim/requests", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, f.Requests()) })
	f.Pages.HandleFunc("GET /_sim/violations", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, f.Violations()) })
	f.Pages.HandleFunc("GET /_sim/faults", f.showFaults)
	f.Pages.HandleFunc("PUT /_sim/faults", f.takeFaults)
}

// showFaults shows the faults in force as they were written.
func (f *Front[F]) showFaults(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Content-Type", "text/yaml; charset=UTF-8")
	_, _ = w.Write(f.source)
}

func (f *Front[F]) takeFaults(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	if err == nil {
		err = f.SetFaults(data)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_ = json.NewEncoder(w).Encode(v)
}

// keep writes an org into its file, whole or not at all: after a crash the file of the last start is still there.
func keep(file string, save func(io.Writer) error) error {
	if file == "" {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".org-*")
	if err != nil {
		return err
	}
	if err := save(f); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

const (
	shownUsers    = 200
	shownRequests = 25
)

// Show draws the page for people.
type Show func(w http.ResponseWriter, title, intro string, header []string, users iter.Seq[[]string])

// Page is an org for people: plain HTML that works without script.
func (f *Front[F]) Page(w http.ResponseWriter, title, intro string, header []string, users iter.Seq[[]string]) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	asked, broken := f.Requests(), f.Violations()
	fmt.Fprintf(w, "<!doctype html><title>%[1]s</title><h1>%[1]s</h1><p>%[2]s</p><p>broken promises: %[3]d</p><ul>",
		title, html.EscapeString(intro), len(broken))
	for _, b := range broken {
		fmt.Fprintf(w, "<li>%s</li>", html.EscapeString(b))
	}
	fmt.Fprint(w, "</ul><h2>Last requests</h2><table>")
	for i := len(asked) - 1; i >= max(0, len(asked)-shownRequests); i-- {
		a := asked[i]
		fmt.Fprintf(w, "<tr><td>%s<td>%s<td>%s<td>%d</tr>",
			a.At.Format("15:04:05"), a.Method, html.EscapeString(a.Path), a.Status)
	}
	fmt.Fprintf(w, "</table><h2>The first %d users</h2><table><tr><th>%s</tr>", shownUsers, strings.Join(header, "<th>"))
	shown := 0
	for user := range users {
		if shown++; shown > shownUsers {
			break
		}
		fmt.Fprint(w, "<tr>")
		for _, cell := range user {
			fmt.Fprintf(w, "<td>%s", html.EscapeString(cell))
		}
		fmt.Fprint(w, "</tr>")
	}
	fmt.Fprint(w, "</table>")
}
