package feeds

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestAFileThatArrivesEndsARest(t *testing.T) {
	f := &Feed{Name: "hr", Folder: t.TempDir()}
	e, err := NewEvents([]*Feed{f})
	if err != nil {
		t.Skipf("no watcher: %v", err)
	}
	defer e.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := e.Rest(ctx, f, time.Nanosecond); err != nil { // the folder is watched from here on
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.Folder, "a.csv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := e.Rest(ctx, f, time.Hour); err != nil {
		t.Errorf("it was not woken: %v", err)
	}
}
