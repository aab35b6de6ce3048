package spool

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

// Each file that is begun is ended, or its goroutine would stay.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func begun(t *testing.T, path string, text string) *File {
	t.Helper()
	f, err := Create(path, 0o640)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAFileAppearsWholeWithItsDigestAndItsRights(t *testing.T) {
	path := filepath.Join(t.TempDir(), "upserts-0001.csv")
	f := begun(t, path, "Id,Group\n")
	if _, err := os.Stat(path); err == nil {
		t.Fatal("it stands under its name before it is sealed")
	}
	if _, err := f.Write([]byte("1,A\n")); err != nil {
		t.Fatal(err)
	}
	sealed, err := f.Seal()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("Id,Group\n1,A\n"))
	if want := (Sealed{path, 13, hex.EncodeToString(sum[:])}); sealed != want {
		t.Errorf("sealed %v, want %v", sealed, want)
	}
	if info, _ := os.Stat(path); runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
		t.Errorf("its rights are %v", info.Mode())
	}
	if err := Verify(path, sealed.SHA256); err != nil {
		t.Error(err)
	}
	f.Discard()
	if len(names(t, filepath.Dir(path))) != 1 {
		t.Error("Discard after Seal took the file away, or something else was left behind")
	}
}

func TestWhatIsNotSealedLeavesTheOldFileAndNothingElse(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "results.csv")
	if _, err := begun(t, path, "old").Seal(); err != nil {
		t.Fatal(err)
	}
	begun(t, path, "new").Discard()
	broken := begun(t, path, "newer")
	_ = broken.file.Close() // the disk is gone
	if _, err := broken.Seal(); err == nil {
		t.Fatal("sealing without a disk went well")
	}
	if data, _ := os.ReadFile(path); string(data) != "old" {
		t.Errorf("the old file is now %q", data)
	}
	if left := names(t, folder); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAByteThatWasChangedIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "removals-0001.csv")
	sealed, err := begun(t, path, "Id,Group\n1,#N/A\n").Seal()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("Id,Group\n2,#N/A\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if Verify(path, sealed.SHA256) == nil {
		t.Error("a changed file passes")
	}
	if Verify(path+".gone", sealed.SHA256) == nil {
		t.Error("a file that is gone passes")
	}
}

func TestACopyIsWholeOrNotThere(t *testing.T) {
	folder := t.TempDir()
	from, to := filepath.Join(folder, "roster.csv"), filepath.Join(folder, "copy.csv")
	if _, err := begun(t, from, "Username,Group\n").Seal(); err != nil {
		t.Fatal(err)
	}
	if err := Owner("").Copy(from, to, 0o600); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(to); string(data) != "Username,Group\n" {
		t.Errorf("the copy is %q", data)
	}
	if Owner("").Copy(from, filepath.Join(folder, "no", "such", "folder.csv"), 0o600) == nil {
		t.Error("a copy into nowhere went well")
	}
	if Owner("").Copy(filepath.Join(folder, "nothing"), to, 0o600) == nil {
		t.Error("a copy of nothing went well")
	}
}

func TestAFileIsWhatWasWrittenPieceByPiece(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		pieces := rapid.SliceOf(rapid.SliceOf(rapid.Byte())).Draw(rt, "pieces")
		path := filepath.Join(folder, "outcomes.csv")
		f, err := Create(path, 0o600)
		if err != nil {
			rt.Fatal(err)
		}
		var all []byte
		for _, p := range pieces {
			if n, err := f.Write(p); err != nil || n != len(p) {
				rt.Fatal(n, err)
			}
			all = append(all, p...)
		}
		sealed, err := f.Seal()
		if err != nil {
			rt.Fatal(err)
		}
		data, _ := os.ReadFile(path)
		if string(data) != string(all) || sealed.Size != int64(len(all)) || Verify(path, sealed.SHA256) != nil {
			rt.Fatalf("%d bytes were written, %d stand there, sealed is %+v", len(all), len(data), sealed)
		}
	})
}

// The longest name that a file may have is one that it can be written under.
func TestAFileMayHaveTheLongestName(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("r", 251)+".csv")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Skip("this disk has no names of that length: ", err)
	}
	if _, err := begun(t, path, "new").Seal(); err != nil {
		t.Error(err)
	}
}

func TestPagesOnTheirWayAreWaitedForWhereAFileIsGivenUp(t *testing.T) {
	folder := t.TempDir()
	f := begun(t, filepath.Join(folder, "results.csv"), strings.Repeat("a", 5*pageSize+1))
	f.Discard()
	f.Discard()
	if left := names(t, folder); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	path := filepath.Join(folder, "large.csv")
	sealed, err := begun(t, path, strings.Repeat("a", 7*pageSize)).Seal()
	if err != nil || sealed.Size != 7*pageSize || Verify(path, sealed.SHA256) != nil {
		t.Errorf("%+v, %v", sealed, err)
	}
	broken := begun(t, filepath.Join(folder, "broken.csv"), strings.Repeat("a", 2*pageSize))
	_ = broken.file.Close()
	if _, err := broken.Seal(); err == nil {
		t.Error("sealing without a disk went well")
	}
}

// flaky loses its first page only.
type flaky struct{ pages int }

func (f *flaky) Write(p []byte) (int, error) {
	if f.pages++; f.pages == 1 {
		return 0, syscall.ENOSPC
	}
	return len(p), nil
}

// A page that was lost is told, also where all that came behind it went well.
func TestALostPageIsNotSealed(t *testing.T) {
	f := begun(t, filepath.Join(t.TempDir(), "results.csv"), "")
	f.behind = newBehind(&flaky{}, f.sum)
	_, _ = f.Write([]byte(strings.Repeat("a", pageSize+1)))
	if _, err := f.Seal(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v", err)
	}
}

func TestTheFirstErrorIsTold(t *testing.T) {
	f := begun(t, filepath.Join(t.TempDir(), "results.csv"), strings.Repeat("a", 1<<17))
	_ = f.file.Close() // the disk is gone
	var first error
	for pages := 0; first == nil; pages++ {
		if pages > 4 { // three of them are on their way
			t.Fatal("writing without a disk went well")
		}
		_, first = f.Write([]byte(strings.Repeat("b", pageSize)))
	}
	if n, err := f.Write([]byte("c")); n != 0 || err == nil {
		t.Errorf("behind an error %d bytes were taken, %v", n, err)
	}
	if _, err := f.Seal(); err == nil || err.Error() != first.Error() {
		t.Errorf("sealing says %v, writing said %v", err, first)
	}
	if _, err := f.Seal(); err == nil {
		t.Error("it was sealed twice")
	}
}

func TestWhatAKilledProcessLeftIsSweptByItsOwnerOnly(t *testing.T) {
	folder := t.TempDir()
	for _, o := range []Owner{"", "run-1", "run-2"} {
		if _, err := o.Create(filepath.Join(folder, "results.csv"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteFile(filepath.Join(folder, ".tmp-run-1.csv"), 0o600, nil); err != nil { // a file of the user's own
		t.Fatal(err)
	}
	if err := Owner("run-1").Sweep(folder); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 3 {
		t.Fatalf("%v, %v", left, err)
	}
	for _, e := range left {
		if strings.HasPrefix(e.Name(), ".tmp-run-1-") {
			t.Error(e.Name(), "was not swept")
		}
	}
}
