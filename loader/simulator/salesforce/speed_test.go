package salesforce

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rosterload/loader/simulator"
)

// BenchmarkIngest is a job of a million updates from its upload to its results, without the wire.
func BenchmarkIngest(b *testing.B) {
	const rows = 1_000_000
	s, err := New(simulator.Options{Count: rows})
	if err != nil {
		b.Fatal(err)
	}
	var data strings.Builder
	data.WriteString("Id,Engage_Group_Request_vod__c\n")
	for i := range s.org.Count() {
		data.WriteString(s.org.At(i).ID)
		data.WriteString(",Beta\n")
	}
	token := "00D!bench"
	s.tokens[token] = true
	ask := func(method, path, body string) string {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		w := &counted{header: http.Header{}}
		s.ServeHTTP(w, r)
		return w.head.String()
	}
	for b.Loop() {
		job := ask("POST", ingest, update)
		id := job[strings.Index(job, "750"):][:18]
		ask("PUT", ingest+"/"+id+"/batches", data.String())
		ask("PATCH", ingest+"/"+id, `{"state":"UploadComplete"}`)
		if state := ask("GET", ingest+"/"+id, ""); !strings.Contains(state, "JobComplete") {
			b.Fatal(state)
		}
		ask("GET", ingest+"/"+id+"/successfulResults", "")
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// counted keeps the beginning of an answer.
type counted struct {
	header http.Header
	head   bytes.Buffer
}

func (c *counted) Header() http.Header { return c.header }
func (c *counted) WriteHeader(int)     {}
func (c *counted) Write(p []byte) (int, error) {
	if c.head.Len() < 4096 {
		c.head.Write(p[:min(len(p), 4096)])
	}
	return len(p), nil
}
