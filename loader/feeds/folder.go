package feeds

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"time"

	"rosterload/loader/run"
)

// State is where a delivery stands: a folder inside the feed's folder.
type State string

// The states of a delivery. Incoming is the feed's folder itself.
const (
	Incoming   State = "."
	Processing State = "processing"
	Held       State = "held"
	Done       State = "done"
	Failed     State = "failed"
)

var states = []State{Processing, Held, Done, Failed}

// File is a file of a feed as it was looked at.
type File struct {
	Name     string
	Size     int64
	Modified time.Time
	Owner    string
	info     fs.FileInfo
}

// same tells whether two looks saw one file, unchanged.
func (f File) same(g File) bool {
	return os.SameFile(f.info, g.info) && f.Size == g.Size && f.Modified.Equal(g.Modified)
}

// Folder is a feed's folder while one turn works on it. Steps between states are renames; every path is resolved inside
// the folder, so that a link in their place leads nowhere else.
type Folder interface {
	// Files lists the regular files of a state by name. Links, folders and pipes are not listed.
	Files(s State) ([]File, error)
	// Look is one file; fs.ErrNotExist when it is gone or is no regular file.
	Look(s State, name string) (File, error)
	// Open opens a file for reading, without following a link, and tells what was opened.
	Open(s State, name string) (io.ReadCloser, File, error)
	// Move renames a file. It fails with fs.ErrNotExist when another process was faster, and with fs.ErrExist when the
	// new name is taken.
	Move(from State, name string, to State, as string) error
	Close()
}

// dir is a folder of this machine, or one that is mounted.
type dir struct{ root *os.Root }

// openFolder opens a feed's folder and makes the folders of its states.
func openFolder(at string) (Folder, error) {
	root, err := os.OpenRoot(at)
	if err != nil {
		return nil, run.Stopf(run.ExitUsage, run.Say("make the folder, or correct folder: in the config"),
			"the folder cannot be opened: %v", err)
	}
	d := &dir{root}
	for _, s := range states {
		if err := d.state(string(s)); err != nil {
			d.Close()
			return nil, err
		}
	}
	return d, nil
}

// look opens a feed's folder and makes nothing.
func look(at string) (Folder, error) {
	root, err := os.OpenRoot(at)
	if err != nil {
		return nil, err
	}
	return &dir{root}, nil
}

// state makes the folder of a state, with the rights of the feed's folder, and refuses one that is a link.
func (d *dir) state(name string) error {
	info, err := d.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		mode := fs.FileMode(0o750)
		if whole, bad := d.root.Stat("."); bad == nil {
			mode = whole.Mode().Perm()
		}
		if err = d.root.Mkdir(name, mode); err == nil || errors.Is(err, fs.ErrExist) {
			info, err = d.root.Lstat(name)
		}
	}
	switch {
	case err != nil:
		return run.Stopf(run.ExitUsage, run.Say("give the right to write to it"), "the folder cannot be worked in: %v",
			err)
	case !info.IsDir():
		return run.Stopf(run.ExitUsage, run.Say("remove it: a real folder is made in its place"),
			"%s is a link or a file, not a folder", path.Join(d.root.Name(), name))
	}
	return nil
}

func (d *dir) Files(s State) ([]File, error) {
	folder, err := d.root.Open(string(s))
	if err != nil {
		return nil, err
	}
	names, err := folder.Readdirnames(-1)
	_ = folder.Close()
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var files []File
	for _, name := range names {
		if f, err := d.Look(s, name); err == nil {
			files = append(files, f)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return files, nil
}

func (d *dir) Look(s State, name string) (File, error) {
	info, err := d.root.Lstat(path.Join(string(s), name))
	if err != nil {
		return File{}, err
	}
	if !info.Mode().IsRegular() {
		return File{}, fmt.Errorf("%s is no regular file: %w", name, fs.ErrNotExist)
	}
	return fileOf(info), nil
}

func fileOf(info fs.FileInfo) File {
	return File{Name: info.Name(), Size: info.Size(), Modified: info.ModTime(), Owner: run.Owner(info), info: info}
}

// Open looks before and after: what was opened is the file that stands there, and no link to it.
func (d *dir) Open(s State, name string) (io.ReadCloser, File, error) {
	looked, err := d.Look(s, name)
	if err != nil {
		return nil, File{}, err
	}
	f, err := d.root.OpenFile(path.Join(string(s), name), os.O_RDONLY|noFollow, 0)
	if err != nil {
		return nil, File{}, err
	}
	info, err := f.Stat()
	if err == nil && !os.SameFile(info, looked.info) {
		err = fmt.Errorf("%s was replaced while it was opened: %w", name, fs.ErrNotExist)
	}
	if err != nil {
		_ = f.Close()
		return nil, File{}, err
	}
	opened := fileOf(info)
	opened.Name = name
	return f, opened, nil
}

// Move asks for the new name first: a rename would replace what stands there. Between the two a file of that name may
// still arrive; for all names but those that go back to incoming this cannot be, since they begin with the id of the
// run.
func (d *dir) Move(from State, name string, to State, as string) error {
	if _, err := d.root.Lstat(path.Join(string(to), as)); err == nil {
		return fmt.Errorf("%s: %w", as, fs.ErrExist)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := d.root.Rename(path.Join(string(from), name), path.Join(string(to), as)); err != nil {
		return err
	}
	return errors.Join(d.sync(from), d.sync(to))
}

// sync makes a rename last. Windows has no such call and needs none; a network folder may not have it.
func (d *dir) sync(s State) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := d.root.Open(string(s))
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	_ = folder.Sync()
	return nil
}

func (d *dir) Close() { _ = d.root.Close() }

// claimedName is the name of a delivery in the folder of a state.
func claimedName(id, name string) string { return id + "." + name }

// idLength is that of a run's id: 20261123T021500Z-4f7c.
const idLength = 21

// splitClaimed takes such a name apart; ok is false for a name that is none.
func splitClaimed(claimed string) (id, name string, ok bool) {
	if len(claimed) <= idLength+1 || claimed[idLength] != '.' || claimed[15] != 'Z' || claimed[16] != '-' {
		return "", "", false
	}
	return claimed[:idLength], claimed[idLength+1:], true
}

// unfinished are endings and beginnings of files that their writers have not finished.
func unfinished(name string) bool {
	for _, ending := range []string{".part", ".tmp", ".filepart", ".crdownload", ".swp"} {
		if strings.HasSuffix(strings.ToLower(name), ending) {
			return true
		}
	}
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$")
}
