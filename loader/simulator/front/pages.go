package front

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
)

// addPages adds what every pretend org tells of itself.
func (f *Front[F]) addPages() {
	f.Pages.HandleFunc("GET /_sim/users.csv", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv; charset=UTF-8")
		_ = f.org.Save(w)
	})
	f.Pages.HandleFunc("GET /_sim/requests", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w,
			f.Requests())
	})
	f.Pages.HandleFunc("GET /_sim/violations",
		func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, f.Violations()) })
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
