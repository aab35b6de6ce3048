package liar_test

import (
	"encoding/csv"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rosterload/loader/simulator/liar"
)

const table = "Id,Group\n1,Alpha\n2,Beta\n3,\"Al\npha\"\n"

// org answers a table, and counts the calls that arrive.
func org(arrived *atomic.Int32) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Add(1)
		w.Header().Set("Content-Type", "text/csv")
		if r.URL.Path == "/json" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"size":2,"records":[{"Id":"1"},{"Id":"2"}],"done":true}`)
			return
		}
		_, _ = io.WriteString(w, table)
	})
}

// heard is what a caller gets: an answer, or an error of the connection.
type heard struct {
	status  int
	header  http.Header
	body    string
	err     error
	arrived int32
}

func ask(t *testing.T, path string, plan ...liar.Strike) heard {
	t.Helper()
	var arrived atomic.Int32
	l := liar.New(org(&arrived), plan...)
	l.Patience = time.Millisecond
	server := httptest.NewServer(l)
	defer server.Close()
	h := call(server.URL + path)
	h.arrived = arrived.Load()
	return h
}

func call(address string) (h heard) {
	resp, err := http.Post(address, "text/plain", strings.NewReader("please"))
	if h.err = err; err != nil {
		return h
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	h.status, h.header, h.body, h.err = resp.StatusCode, resp.Header, string(body), err
	return h
}

func TestWhatACallerHearsOfEachTrouble(t *testing.T) {
	whole := func(h heard) bool { return h.err == nil && h.status == 200 && h.body == table }
	for name, want := range map[string]struct {
		arrives bool
		is      func(h heard) bool
	}{
		"cut before":       {false, func(h heard) bool { return h.err != nil && h.status == 0 }},
		"cut after":        {true, func(h heard) bool { return h.err != nil && h.status == 0 }},
		"502 before":       {false, func(h heard) bool { return h.err == nil && h.status == 502 && strings.Contains(h.body, "<p>") }},
		"502 after":        {true, func(h heard) bool { return h.err == nil && h.status == 502 }},
		"503 before":       {false, func(h heard) bool { return h.err == nil && h.status == 503 }},
		"503 after":        {true, func(h heard) bool { return h.err == nil && h.status == 503 }},
		"html 200 before":  {false, func(h heard) bool { return h.status == 200 && h.header.Get("Content-Type") == "text/html" }},
		"html 200 after":   {true, func(h heard) bool { return h.status == 200 && strings.Contains(h.body, "<title>") }},
		"empty 200 before": {false, func(h heard) bool { return h.err == nil && h.status == 200 && h.body == "" }},
		"empty 200 after":  {true, func(h heard) bool { return h.err == nil && h.status == 200 && h.body == "" }},
		"cut in the middle": {true, func(h heard) bool {
			return h.err != nil && h.status == 200 && h.body == table[:len(table)/2]
		}},
		"half, length fits": {true, func(h heard) bool { return h.err == nil && h.body == table[:len(table)/2] }},
		"rows doubled":      {true, func(h heard) bool { return h.err == nil && strings.Count(h.body, "1,Alpha\n1,Alpha\n") == 1 }},
		"dripping":          {true, whole},
		"stall":             {true, func(h heard) bool { return h.err != nil && h.status == 200 && len(h.body) == len(table)/2 }},
		"wrong content type": {true, func(h heard) bool {
			return whole(h) && h.header.Get("Content-Type") == "application/octet-stream"
		}},
		"retry after nonsense": {false, func(h heard) bool { return h.status == 503 && h.header.Get("Retry-After") == "the day after tomorrow" }},
		"session ended":        {false, func(h heard) bool { return h.status == 401 && strings.Contains(h.body, "INVALID_SESSION_ID") }},
	} {
		h := ask(t, "/", liar.Strike{Call: 1, Trouble: name})
		if !want.is(h) || (h.arrived == 1) != want.arrives || h.arrived > 1 {
			t.Errorf("%s: arrived %d times, %d %v %q, %v", name, h.arrived, h.status, h.header, h.body, h.err)
		}
		if !slices.Contains(liar.Troubles(), name) {
			t.Errorf("%s is not in the list", name)
		}
	}
	if n := len(liar.Troubles()); n != 18 {
		t.Errorf("%d troubles are listed; each needs a line above", n)
	}
}

func TestDoubledRowsAreWholeRows(t *testing.T) {
	h := ask(t, "/", liar.Strike{Call: 1, Trouble: "rows doubled"})
	rows, err := csv.NewReader(strings.NewReader(h.body)).ReadAll()
	if err != nil || len(rows) != 7 || rows[0][0] != "Id" || rows[6][1] != "Al\npha" {
		t.Errorf("%v %v", rows, err)
	}
	h = ask(t, "/json", liar.Strike{Call: 1, Trouble: "rows doubled"})
	if h.body != `{"size":2,"records":[{"Id":"1"},{"Id":"1"},{"Id":"2"},{"Id":"2"}],"done":true}` {
		t.Error(h.body)
	}
}

func TestTwoStrikesAndNothingElse(t *testing.T) {
	var arrived atomic.Int32
	l := liar.New(org(&arrived), liar.Strike{Call: 2, Trouble: "503 before"}, liar.Strike{Call: 4, Trouble: "empty 200 after"})
	server := httptest.NewServer(l)
	defer server.Close()
	var statuses []int
	for range 5 {
		resp, err := http.Get(server.URL + "/roster")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if statuses = append(statuses, resp.StatusCode); err != nil || resp.StatusCode == 200 && (string(body) != table) != (len(statuses) == 4) {
			t.Errorf("call %d: %q %v", len(statuses), body, err)
		}
	}
	if !slices.Equal(statuses, []int{200, 503, 200, 200, 200}) || arrived.Load() != 4 || l.Calls() != 5 {
		t.Errorf("%v, %d arrived, %d calls", statuses, arrived.Load(), l.Calls())
	}
	want := []string{"2 GET /roster: 503 before", "4 GET /roster: empty 200 after"}
	if !slices.Equal(l.Struck(), want) {
		t.Errorf("%q", l.Struck())
	}
}

func TestAStrikeWithAnUnknownNameIsNoPlan(t *testing.T) {
	defer func() {
		if why, _ := recover().(string); !strings.Contains(why, `no trouble "thunder"`) {
			t.Errorf("%q", why)
		}
	}()
	liar.New(http.NotFoundHandler(), liar.Strike{Call: 1, Trouble: "thunder"})
}
