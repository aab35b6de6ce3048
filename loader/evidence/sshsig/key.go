package sshsig

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// Ed25519 is the type of the keys that sign for us.
const Ed25519 = "ssh-ed25519"

// PrivateKey is an ed25519 key. The zero value is none.
type PrivateKey struct{ key ed25519.PrivateKey }

// NewKey draws one.
func NewKey() (PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return PrivateKey{key}, err
}

// Public is its public half.
func (k PrivateKey) Public() PublicKey {
	var p packer
	p.text(Ed25519)
	p.bytes(k.key.Public().(ed25519.PublicKey))
	return PublicKey{Type: Ed25519, blob: p.buf}
}

const (
	opensshMagic = "openssh-key-v1\x00"
	pemType      = "OPENSSH PRIVATE KEY"
	blockSize    = 8 // of a key without a passphrase
)

// Marshal spells the key as OpenSSH keeps it, without a passphrase: runs of the night have no person who could type
// one.
func (k PrivateKey) Marshal(comment string) ([]byte, error) {
	var check [4]byte
	if _, err := rand.Read(check[:]); err != nil {
		return nil, err
	}
	var p, inner packer
	inner.raw(check[:])
	inner.raw(check[:])
	inner.text(Ed25519)
	inner.bytes(k.key.Public().(ed25519.PublicKey))
	inner.bytes(k.key)
	inner.text(comment)
	for n := byte(1); len(inner.buf)%blockSize != 0; n++ {
		inner.raw([]byte{n})
	}
	p.raw([]byte(opensshMagic))
	p.text("none")
	p.text("none")
	p.text("")
	p.number(1)
	p.bytes(k.Public().blob)
	p.bytes(inner.buf)
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: p.buf}), nil
}

// ParsePrivateKey reads an ed25519 key in OpenSSH's format. A key with a passphrase is refused.
func ParsePrivateKey(text []byte) (PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return PrivateKey{}, errors.New("no private key in OpenSSH's format")
	}
	rest, ok := bytes.CutPrefix(block.Bytes, []byte(opensshMagic))
	if !ok {
		return PrivateKey{}, errors.New("no private key in OpenSSH's format")
	}
	u := unpacker{buf: rest}
	cipher := string(u.bytes())
	_, _ = u.bytes(), u.bytes() // how the passphrase is stretched
	keys := u.number()
	_ = u.bytes() // the public half, which stands in the private one again
	inner := u.bytes()
	switch {
	case u.failed || keys != 1:
		return PrivateKey{}, errors.New("the private key is cut short")
	case cipher != "none":
		return PrivateKey{}, errors.New("the private key has a passphrase")
	}
	return privateKey(inner)
}

func privateKey(inner []byte) (PrivateKey, error) {
	u := unpacker{buf: inner}
	if a, b := u.number(), u.number(); a != b {
		return PrivateKey{}, errors.New("the private key is damaged")
	}
	if kind := string(u.bytes()); kind != Ed25519 {
		return PrivateKey{}, fmt.Errorf("the private key is of type %q; an ed25519 key is needed (ssh-keygen -t ed25519)", kind)
	}
	public, key := u.bytes(), u.bytes()
	if u.failed || len(key) != ed25519.PrivateKeySize || !bytes.Equal(key[ed25519.SeedSize:], public) {
		return PrivateKey{}, errors.New("the private key is damaged")
	}
	made := ed25519.NewKeyFromSeed(key[:ed25519.SeedSize])
	if !bytes.Equal(made, key) {
		return PrivateKey{}, errors.New("the private key is damaged")
	}
	return PrivateKey{made}, nil
}

// PublicKey is a key as it stands in signatures and in files of signers.
type PublicKey struct {
	Type string
	blob []byte
}

// Line is the key as a file of public keys has it, without a comment: "ssh-ed25519 AAAA…".
func (p PublicKey) Line() string { return p.Type + " " + base64.StdEncoding.EncodeToString(p.blob) }

// Fingerprint is what `ssh-keygen -lf` prints: "SHA256:…".
func (p PublicKey) Fingerprint() string {
	sum := sha256.Sum256(p.blob)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// Equal tells whether both are the same key.
func (p PublicKey) Equal(other PublicKey) bool { return bytes.Equal(p.blob, other.blob) }

// ParsePublicKey reads "ssh-ed25519 AAAA… comment".
func ParsePublicKey(line string) (PublicKey, error) {
	words := strings.Fields(line)
	if len(words) < 2 {
		return PublicKey{}, errors.New("no public key")
	}
	blob, err := base64.StdEncoding.DecodeString(words[1])
	if err != nil {
		return PublicKey{}, errors.New("the public key is no base64")
	}
	key, err := publicKey(blob)
	if err == nil && key.Type != words[0] {
		err = fmt.Errorf("the public key says %s and is %s", words[0], key.Type)
	}
	return key, err
}

func publicKey(blob []byte) (PublicKey, error) {
	u := unpacker{buf: blob}
	kind := string(u.bytes())
	if u.failed || kind == "" {
		return PublicKey{}, errors.New("the public key is cut short")
	}
	return PublicKey{Type: kind, blob: bytes.Clone(blob)}, nil
}
