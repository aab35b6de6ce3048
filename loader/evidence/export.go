package evidence

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rosterload/loader/evidence/sshsig"
	"rosterload/loader/run"
	"rosterload/loader/spool"
)

// exportFile lists every member of an export with its digest; exportFile.sig signs it by the home's key.
const exportFile = "export.json"

// Exported is that list.
type Exported struct {
	Version int      `json:"version"`
	Run     string   `json:"run"`
	At      string   `json:"at"`
	Members []Member `json:"members"`
}

// Member is one file of an export: RUN/… from the run's folder, beside/… from beside the roster.
type Member struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// Export writes everything of a run, and what lies beside its roster, into one zip.
func (h *Home) Export(ctx context.Context, r *run.Run, to string) (*Exported, error) {
	if _, err := os.Stat(to); err == nil {
		return nil, run.Stopf(run.ExitUsage, run.Say("name a file that is not there yet"), "%s is there already", to)
	}
	file, err := spool.Create(to, 0o600)
	if err != nil {
		return nil, run.Stopf(run.ExitUsage, run.Hint{}, "cannot write %s: %v", to, err)
	}
	defer file.Discard()
	x := &exporter{Exported: Exported{
		Version: Version, Run: r.ID, At: h.Now().UTC().Format(time.RFC3339),
		Members: []Member{},
	}}
	err = h.with(ctx, func(w *hand) error { return x.write(r, file, w.key) })
	if err != nil {
		return nil, err
	}
	_, err = file.Seal()
	return &x.Exported, err
}

func (x *exporter) write(r *run.Run, to io.Writer, key sshsig.PrivateKey) error {
	room := len(key.SignDigest(Namespace, [sha512.Size]byte{}))
	signed := &signedZip{to: to, sum: sha512.New(), room: room}
	x.zip = zip.NewWriter(signed)
	if err := x.zip.SetComment(strings.Repeat(" ", room)); err != nil {
		return err
	}
	if err := x.folder(r); err != nil {
		return err
	}
	if err := x.besides(r); err != nil {
		return err
	}
	if err := x.end(key); err != nil {
		return err
	}
	return signed.seal(key)
}

type exporter struct {
	zip *zip.Writer
	Exported
}

// folder takes what an auditor reads; locks and indexes are made again where they are needed.
func (x *exporter) folder(r *run.Run) error {
	entries, err := os.ReadDir(r.Folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || e.Name() == "lock" || strings.HasPrefix(e.Name(), ".") ||
			strings.HasSuffix(e.Name(), ".index") {
			continue
		}
		if err := x.add(r.Path(e.Name()), r.ID+"/"+e.Name()); err != nil {
			return err
		}
	}
	return nil
}

// besides takes the files beside the roster that the newest manifest names, as they are there now.
func (x *exporter) besides(r *run.Run) error {
	m, _, _, err := ReadManifest(r.ManifestPath(r.Last.Number))
	if err != nil {
		return run.Stopf(run.ExitUnproved, run.Type("ledger", "check"), "run %s has no evidence that holds: %v", r.ID,
			err)
	}
	names := []string{
		m.Stem() + ".summary.json", m.Stem() + evidenceEnding, m.Stem() + evidenceEnding + ".sig",
		m.Blocks.Beside,
	}
	for _, f := range m.Files {
		if f.Beside != "" {
			names = append(names, f.Beside)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if err := x.add(filepath.Join(r.Seal.Place, name), "beside/"+name); err != nil &&
			!errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (x *exporter) add(from, name string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	to, err := x.zip.Create(name)
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, sum), f)
	x.Members = append(x.Members, Member{name, hex.EncodeToString(sum.Sum(nil)), n})
	return err
}

func (x *exporter) end(key sshsig.PrivateKey) error {
	text, err := canonical(x.Exported)
	if err != nil {
		return err
	}
	for _, list := range []struct {
		name string
		data []byte
	}{{exportFile, text}, {exportFile + ".sig", key.Sign(Namespace, text)}} {
		to, err := x.zip.Create(list.name)
		if err != nil {
			return err
		}
		if _, err := to.Write(list.data); err != nil {
			return err
		}
	}
	return x.zip.Close()
}

// isExport tells a zip from a workbook, which is one as well.
func isExport(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 4)
	_, err = io.ReadFull(f, head)
	isZip := err == nil && string(head) == "PK\x03\x04"
	return strings.HasSuffix(path, ".zip") || isZip && !strings.EqualFold(filepath.Ext(path), ".xlsx")
}

// archive verifies an export: its list is signed, and its members are those of the list, byte for byte, no more and no
// fewer.
func (p *Proof) archive(file string, o VerifyOptions) (*Proof, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return p.no("this is no whole zip: %v", err), nil
	}
	defer func() { _ = z.Close() }()
	members := map[string]*zip.File{}
	for _, f := range z.File {
		if members[f.Name] != nil {
			return p.no("%s is in it twice", f.Name), nil
		}
		members[f.Name] = f
	}
	text, bad := readMember(members[exportFile])
	signature, bad2 := readMember(members[exportFile+".sig"])
	if err := errors.Join(bad, bad2); err != nil {
		return p.no("the list of its members cannot be read: %v", err), nil
	}
	key, err := sshsig.Verify(signature, Namespace, text)
	if err != nil {
		return p.no("the list of its members does not hold: %v", err), nil
	}
	list := &Exported{}
	if err := json.Unmarshal(text, list); err != nil {
		return p.no("the list of its members cannot be read: %v", err), nil
	}
	delete(members, exportFile)
	delete(members, exportFile+".sig")
	p.members(list, members)
	if err := p.whole(file, z.Comment); err != nil {
		return nil, err
	}
	if p.Exit != 0 {
		return p, nil
	}
	p.say("this is an export of run %s, made on %s; its %d members are what was put in", list.Run, list.At,
		len(list.Members))
	return p.exported(list, z, key, o)
}

// members holds each against the list.
func (p *Proof) members(list *Exported, members map[string]*zip.File) {
	for _, m := range list.Members {
		f := members[m.Name]
		delete(members, m.Name)
		if f == nil {
			p.no("%s is missing", m.Name)
			continue
		}
		if sha, n, err := digestMember(f); err != nil || sha != m.SHA256 || n != m.Bytes {
			p.no("%s was changed", m.Name)
		}
	}
	for name := range members {
		p.no("%s was added", name)
	}
}

// whole holds the zip itself against the signature in its comment. One that was packed again has no comment; its
// members speak for it.
func (p *Proof) whole(file, comment string) error {
	if comment == "" {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	sum := sha512.New()
	if _, err := io.CopyN(sum, f, info.Size()-int64(len(comment))); err != nil {
		return err
	}
	if _, err := sshsig.VerifyDigest([]byte(comment), Namespace, [sha512.Size]byte(sum.Sum(nil))); err != nil {
		p.no("the zip was changed outside of its members: %v", err)
	}
	return nil
}

// signedZip passes on what a zip writer writes, but holds the end back: the room for the comment, where the signature
// over all the rest goes.
type signedZip struct {
	to   io.Writer
	sum  hash.Hash
	room int
	held []byte
}

func (z *signedZip) Write(data []byte) (int, error) {
	z.held = append(z.held, data...)
	if pass := len(z.held) - z.room; pass > 0 {
		z.sum.Write(z.held[:pass])
		if _, err := z.to.Write(z.held[:pass]); err != nil {
			return 0, err
		}
		z.held = append(z.held[:0], z.held[pass:]...)
	}
	return len(data), nil
}

// seal writes the signature into the room.
func (z *signedZip) seal(key sshsig.PrivateKey) error {
	_, err := z.to.Write(key.SignDigest(Namespace, [sha512.Size]byte(z.sum.Sum(nil))))
	return err
}

// exported reads the newest manifest inside and says what it says.
func (p *Proof) exported(list *Exported, z *zip.ReadCloser, key sshsig.PublicKey, o VerifyOptions) (*Proof, error) {
	newest, number := "", 0
	for _, f := range z.File {
		var n int
		if _, err := fmt.Sscanf(path.Base(f.Name), "manifest-%d.json", &n); err == nil && n > number &&
			!strings.HasSuffix(f.Name, ".sig") {
			newest, number = f.Name, n
		}
	}
	text, err := fs.ReadFile(z, newest)
	if err != nil {
		return p.no("there is no manifest of run %s in it", list.Run), nil
	}
	signature, err := fs.ReadFile(z, newest+".sig")
	if err != nil {
		return p.no("%s is missing", newest+".sig"), nil
	}
	m, signer, err := parseManifest(text, signature)
	if err != nil {
		return p.no("%s does not hold: %v", newest, err), nil
	}
	p.Run, p.Revision, p.Key = m.Run, m.Revision, signer.Fingerprint()
	p.introduce(m, signer)
	p.vouch(m, signer, o)
	if !signer.Equal(key) {
		p.say("the export itself is signed by another key: %s", key.Fingerprint())
	}
	return p, nil
}

// mostList bounds what is read of a list, whatever a zip says of its size.
const mostList = 64 << 20

func readMember(f *zip.File) ([]byte, error) {
	if f == nil {
		return nil, errors.New("it is missing")
	}
	from, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = from.Close() }()
	return io.ReadAll(io.LimitReader(from, mostList))
}

func digestMember(f *zip.File) (string, int64, error) {
	from, err := f.Open()
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = from.Close() }()
	sum := sha256.New()
	n, err := io.Copy(sum, from)
	return hex.EncodeToString(sum.Sum(nil)), n, err
}
