package front

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// What a person tells an org below /_sim: a program sends JSON, the page a form. curl calls both a form, so the first
// character decides.

// told is JSON, or a form and its fields.
type told struct {
	json []byte
	form url.Values
}

const mostTold = 1 << 20

func readTold(w http.ResponseWriter, r *http.Request) (told, error) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostTold))
	if err != nil {
		return told{}, err
	}
	if text := strings.TrimSpace(string(data)); !strings.HasPrefix(text, "{") && strings.Contains(text, "=") {
		form, err := url.ParseQuery(text)
		return told{form: form}, err
	}
	return told{json: data}, nil
}

// done answers a program with nothing, and leads a person back to the page, where it was.
func (t told) done(w http.ResponseWriter) {
	if t.form == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	to := url.URL{Path: "/"}
	if back, err := url.ParseQuery(t.form.Get("back")); err == nil {
		to.RawQuery = back.Encode()
	}
	w.Header().Set("Location", to.String())
	w.WriteHeader(http.StatusSeeOther)
}

// TakeLicences is POST /_sim/licences: so many there are, or so many more are bought. Limit is how many there are, -1
// without a limit; set is called with how many there are to be.
func TakeLicences(limit func() int, set func(n int)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t, err := readTold(w, r)
		n, ok := t.licences(limit)
		if err != nil || !ok {
			http.Error(w, `expected {"licences": N}, or a form with licences=N or buy=N`, http.StatusBadRequest)
			return
		}
		set(n)
		t.done(w)
	}
}

func (t told) licences(limit func() int) (int, bool) {
	if t.form == nil {
		var ask struct{ Licences *int }
		if json.Unmarshal(t.json, &ask) != nil || ask.Licences == nil {
			return 0, false
		}
		return *ask.Licences, true
	}
	if more, err := strconv.Atoi(t.form.Get("buy")); err == nil && more > 0 && more <= 1e9 {
		return max(0, limit()) + more, true
	}
	n, err := strconv.Atoi(t.form.Get("licences"))
	return n, err == nil && n >= 0 && n <= 1e9
}

// TakeMove is POST /_sim/users/{username}: another admin at work. JSON has the group, a form has it as to.
func TakeMove(move func(username, to string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t, err := readTold(w, r)
		ask := struct{ Group string }{t.form.Get("to")}
		if t.form == nil {
			err = json.Unmarshal(t.json, &ask)
		}
		if err != nil || t.form != nil && !t.form.Has("to") {
			http.Error(w, `expected {"group": "Alpha"}, or a form with to=Alpha`, http.StatusBadRequest)
			return
		}
		if err := move(r.PathValue("username"), ask.Group); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		t.done(w)
	}
}
