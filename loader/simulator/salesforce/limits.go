package salesforce

import (
	"fmt"
	"net/http"
	"strconv"

	"rosterload/loader/simulator/front"
)

func (s *Server) serveVersions(w http.ResponseWriter, _ *http.Request) {
	list := []any{}
	for v := oldest; v <= newest; v++ {
		n := strconv.Itoa(v) + ".0"
		list = append(list, front.NewObject("label", seasonOf(v), "url", "/services/data/v"+n, "version", n))
	}
	reply(w, 200, list)
}

// seasonOf counts back from Summer '26, version 67: three releases a year.
func seasonOf(v int) string {
	k := (v - 67) + 3*26 + 1 // Spring is 0, Summer 1, Winter (of the next year) 2
	return fmt.Sprintf("%s '%02d", []string{"Spring", "Summer", "Winter"}[k%3], (k/3+k%3/2)%100)
}

func (s *Server) serveResources(w http.ResponseWriter, r *http.Request) {
	base := "/services/data/" + r.PathValue("version")
	reply(w, 200, map[string]string{
		"sobjects": base + "/sobjects", "query": base + "/query", "queryAll": base + "/queryAll",
		"limits":    base + "/limits",
		"composite": base + "/composite", "jobs": base + "/jobs", "identity": s.identityURL(r),
	})
}

func (s *Server) dailyCalls() int {
	if n := s.switches().DailyCalls; n > 0 {
		return n
	}
	return 100_000
}

func (s *Server) serveLimits(w http.ResponseWriter, _ *http.Request) {
	used := s.Calls()
	limit := func(most, left int) *front.Object { return front.NewObject("Max", most, "Remaining", max(0, left)) }
	most := s.dailyCalls()
	reply(w, 200, map[string]any{
		"DailyApiRequests": limit(most, most-used), "DailyBulkApiBatches": limit(15000, 15000),
		"DailyBulkV2QueryJobs":          limit(10000, 10000),
		"DailyBulkV2QueryFileStorageMB": limit(976562, 976562), "DailyAsyncApexExecutions": limit(250000, 250000),
		"DataStorageMB": limit(1024, 1000),
		"FileStorageMB": limit(1024, 1000), "ConcurrentAsyncGetReportInstances": limit(200, 200),
		"HourlyTimeBasedWorkflow": limit(1000, 1000),
	})
}
