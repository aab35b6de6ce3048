// Package spool writes files that appear whole or not at all, and takes their digest on the way.
package spool

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// File is a file on its way: it stands under a name of its own (".tmp-…") until Seal gives it its real one. A crash
// leaves the former behind, and no reader looks for it.
type File struct {
	path   string
	file   *os.File
	page   []byte // not handed on yet
	sum    hash.Hash
	behind *behind // takes full pages; nil before the first
	size   int64
	mode   os.FileMode
	err    error

	complete bool // on disk and closed
}

// Sealed is a file that is on disk under its name and will not change.
type Sealed struct {
	Path   string
	Size   int64  // bytes
	SHA256 string // hex
}

// Create begins a file that will stand at path with the given mode. The name that it has meanwhile is short, so that
// no file fails for the length of a name that it does not keep.
func Create(path string, mode os.FileMode) (*File, error) { return Owner("").Create(path, mode) }

// Owner marks the temporary files of one run in a folder that others use too: a later process that holds the run can
// sweep what a killed one has left.
type Owner string

// prefix is what the names of the owner's temporary files begin with; those of no owner are anything that is temporary.
func (o Owner) prefix() string {
	if o == "" {
		return ".tmp-"
	}
	return ".tmp-" + string(o) + "-"
}

// Sweep removes what is left of files that were not sealed. The caller knows that no process is writing any.
func (o Owner) Sweep(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), o.prefix()) && e.Type().IsRegular() {
			err = errors.Join(err, os.Remove(filepath.Join(folder, e.Name())))
		}
	}
	return err
}

// Create begins a file of this owner.
func (o Owner) Create(path string, mode os.FileMode) (*File, error) {
	f, err := os.CreateTemp(filepath.Dir(path), o.prefix()+"*")
	if err != nil {
		return nil, err
	}
	return &File{path: path, file: f, sum: sha256.New(), mode: mode}, nil
}

// Write keeps the bytes and adds them to the digest. The first error stays; it may come later than its bytes.
func (f *File) Write(p []byte) (int, error) {
	for rest := p; f.err == nil; {
		n := min(len(rest), pageSize-len(f.page))
		f.page, rest = append(f.page, rest[:n]...), rest[n:]
		if len(rest) == 0 {
			f.size += int64(len(p))
			return len(p), nil
		}
		if f.behind == nil {
			f.behind = newBehind(f.file, f.sum)
		}
		f.page, f.err = f.behind.take(f.page)
	}
	return 0, f.err
}

// Path is where the file will stand, or stands.
func (f *File) Path() string { return f.path }

// SHA256 is the digest of a file that is complete, in hex.
func (f *File) SHA256() string { return hex.EncodeToString(f.sum.Sum(nil)) }

// Seal brings the file to disk and gives it its name. On an error nothing stands at path that did not stand there
// before, and the temporary file is gone. A crash between the rename and the folder's sync may undo the rename, which
// is why the caller journals after Seal.
func (f *File) Seal() (Sealed, error) {
	sealed, err := f.Complete()
	if err != nil {
		return Sealed{}, err
	}
	name := f.file.Name()
	f.file = nil
	if err := os.Rename(name, f.path); err != nil {
		_ = os.Remove(name)
		return Sealed{}, err
	}
	return sealed, syncFolder(filepath.Dir(f.path))
}

// Complete brings the file to disk and leaves it under the name that it has meanwhile: Seal gives it its real one,
// without a further write. It may be called again.
func (f *File) Complete() (Sealed, error) {
	switch {
	case f.file == nil:
		return Sealed{}, errors.New("spool: sealed twice")
	case f.complete:
	default:
		if err := f.toDisk(); err != nil {
			_ = os.Remove(f.file.Name())
			f.file = nil
			return Sealed{}, err
		}
		f.complete = true
	}
	return Sealed{Path: f.path, Size: f.size, SHA256: f.SHA256()}, nil
}

// toDisk closes the file, whole and with its rights, or answers the first error on the way.
func (f *File) toDisk() error {
	err := f.err
	for _, step := range []func() error{f.flush, func() error { return f.file.Chmod(f.mode) }, f.file.Sync} {
		if err == nil {
			err = step()
		}
	}
	_ = f.behind.end() // where an error has come before flush
	if closed := f.file.Close(); err == nil {
		err = closed
	}
	return err
}

// flush brings the last page behind the others.
func (f *File) flush() error {
	if err := f.behind.end(); err != nil {
		return err
	}
	f.sum.Write(f.page)
	_, err := f.file.Write(f.page)
	return err
}

// Discard lets go of a file that was not sealed. After Seal it does nothing.
func (f *File) Discard() {
	if f.file == nil {
		return
	}
	_ = f.behind.end()
	_ = f.file.Close()
	_ = os.Remove(f.file.Name())
	f.file = nil
}

// Copy makes a file of the same bytes under another name, whole or not at all. The system does the copying where it
// can.
func (o Owner) Copy(from, to string, mode os.FileMode) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }()
	dst, err := o.Create(to, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(dst.file, src); err != nil {
		dst.Discard()
		return err
	}
	_, err = dst.Seal()
	return err
}

// syncFolder makes a rename last. Windows has no such call and needs none.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return d.Sync()
}

// WriteFile writes a small file whole or not at all.
func WriteFile(path string, mode os.FileMode, data []byte) error {
	return Owner("").WriteFile(path, mode, data)
}

// WriteFile writes a small file of this owner whole or not at all.
func (o Owner) WriteFile(path string, mode os.FileMode, data []byte) error {
	f, err := o.Create(path, mode)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Discard()
		return err
	}
	_, err = f.Seal()
	return err
}
