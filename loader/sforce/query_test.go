package sforce

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// collect keeps rows, which are valid only until the next.
func collect(rows *[]string) func([]string) error {
	return func(row []string) error {
		*rows = append(*rows, strings.Join(row, "|"))
		return nil
	}
}

func TestAQueryGoesThroughAllItsPages(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{
		"GET /query": func(w http.ResponseWriter, r *http.Request) {
			if got := r.URL.Query().Get("q"); got != "SELECT Id,Name,Profile.Name,IsActive FROM User" {
				t.Errorf("asked for %q", got)
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"totalSize":3,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/01g-2000","records":[
				{"attributes":{"type":"User"},"Id":"1","Name":"O'Neil \"x\" \u00fc","Profile":{"attributes":{},"Name":"Admin"},"IsActive":true},
				{"Id":"2","NAME":null,"Profile":null,"IsActive":false}]}`)
		},
		"GET /query/01g-2000": says(200, `{"totalSize":3,"done":true,"records":[{"id":"3","Name":"","profile":{"name":"Rep"},"IsActive":true}]}`),
	})
	var got []string
	err := o.wire().Query(t.Context(), []string{"Id", "Name", "Profile.Name", "IsActive"}, "SELECT Id,Name,Profile.Name,IsActive FROM User", collect(&got))
	if want := []string{`1|O'Neil "x" ü|Admin|true`, "2|||false", "3||Rep|true"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTheHoldersAreCounted(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET /query": says(200, `{"totalSize":213,"done":true,"records":[]}`)})
	if n, err := o.wire().Count(t.Context(), "SELECT COUNT() FROM User"); err != nil || n != 213 {
		t.Errorf("%d, %v", n, err)
	}
}

var inList = regexp.MustCompile(`^SELECT Id,Username FROM User WHERE Username IN \((.*)\)$`)

func TestALongListIsAskedInAddressesThatFit(t *testing.T) {
	var keys []string
	for i := range 2000 {
		keys = append(keys, fmt.Sprintf("üser%04d.o'neil\\%s@acme.example", i, strings.Repeat("x", i%60)))
	}
	var mu sync.Mutex
	var asked []string
	o := newOrg(t, map[string]http.HandlerFunc{"GET /query": func(w http.ResponseWriter, r *http.Request) {
		if n := len(r.RequestURI) + len(r.Host) + len("https://"); n >= 16000 {
			t.Errorf("an address has %d bytes", n)
		}
		m := inList.FindStringSubmatch(r.URL.Query().Get("q"))
		if m == nil {
			t.Errorf("asked %q", r.URL.Query().Get("q"))
			return
		}
		mu.Lock()
		asked = append(asked, unquoted(m[1])...)
		mu.Unlock()
		says(200, strings.Replace(oneUser, `"Id"`, `"Username":"a","Id"`, 1))(w, r)
	}})
	rows := 0
	err := o.wire().QueryIn(t.Context(), []string{"Id", "Username"}, "User", "Username", keys, func([]string) error { rows++; return nil })
	slices.Sort(asked)
	slices.Sort(keys)
	if err != nil || !slices.Equal(asked, keys) || rows != o.count("GET /query") || rows < 5 {
		t.Errorf("%d of %d keys were asked for in %d calls, %d rows came, %v", len(asked), len(keys), o.count("GET /query"), rows, err)
	}
}

// unquoted reads a list of SOQL literals as the guide says they are read.
func unquoted(list string) []string {
	var all []string
	var b strings.Builder
	inside := false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case inside && c == '\\':
			i++
			b.WriteByte(map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', '\\': '\\', '\'': '\''}[list[i]])
		case c == '\'':
			if inside = !inside; !inside {
				all = append(all, b.String())
				b.Reset()
			}
		case inside:
			b.WriteByte(c)
		}
	}
	return all
}

func TestALiteralCannotBeLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if got := unquoted(Literal(text)); len(got) != 1 || got[0] != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func TestABulkQueryStreamsItsPagesAndLeavesNoJobBehind(t *testing.T) {
	polls := 0
	o := newOrg(t, map[string]http.HandlerFunc{
		"POST /jobs/query": asks(t, `{"operation":"query","query":"SELECT Id FROM User"}`, says(200, `{"id":"7505fEXAMPLE4C2AAM","state":"UploadComplete"}`)),
		"GET " + query: func(w http.ResponseWriter, r *http.Request) {
			if polls++; polls == 1 {
				says(200, `{"id":"7505fEXAMPLE4C2AAM","state":"InProgress"}`)(w, r)
				return
			}
			says(200, `{"id":"7505fEXAMPLE4C2AAM","state":"JobComplete","numberRecordsProcessed":2}`)(w, r)
		},
		"GET " + query + "/results": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/csv")
			switch r.URL.Query().Get("locator") {
			case "":
				w.Header().Set("Sforce-Locator", "MTAw")
				_, _ = io.WriteString(w, "\"Username\",\"Id\",\"Extra\"\n\"a, \"\"b\"\"\nc\",\"1\",\"x\"\n")
			case "MTAw":
				w.Header().Set("Sforce-Locator", "null")
				_, _ = io.WriteString(w, "\"Username\",\"Id\"\n\"\",\"2\"\n")
			}
		},
		"DELETE " + query: says(204, ""),
	})
	var got []string
	err := o.wire().BulkQuery(t.Context(), []string{"Id", "Username"}, "SELECT Id FROM User", collect(&got))
	if want := []string{"1|a, \"b\"\nc", "2|"}; err != nil || !slices.Equal(got, want) || o.count("DELETE "+query) != 1 {
		t.Errorf("%q, %v, deleted %d times", got, err, o.count("DELETE "+query))
	}
}

func TestABulkQueryThatFailsSaysWhyAndIsDeleted(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{
		"POST /jobs/query": says(200, `{"id":"7505fEXAMPLE4C2AAM"}`),
		"GET " + query:     says(200, `{"id":"7505fEXAMPLE4C2AAM","state":"Failed","errorMessage":"ExceededQuota : too many"}`),
		"DELETE " + query:  says(204, ""),
	})
	err := bulkQuery(o.wire(), t)
	if err == nil || !strings.Contains(err.Error(), "ExceededQuota : too many") || o.count("DELETE "+query) != 1 {
		t.Errorf("%v", err)
	}
}

func TestAnErrorOfTheReaderEndsTheQuery(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET /query": says(200, oneUser)})
	if err := o.wire().Query(t.Context(), []string{"Id"}, "x", func([]string) error { return io.ErrShortWrite }); err != io.ErrShortWrite {
		t.Errorf("%v", err)
	}
}
