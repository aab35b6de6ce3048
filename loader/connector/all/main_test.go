package all_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain lets many nights go on side by side: most of their time they wait, as a client does after a failure.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "32"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
