// Package sshsig signs and verifies texts as `ssh-keygen -Y` does: SSHSIG by ed25519 keys in OpenSSH's formats.
// Signatures by ECDSA and RSA keys are verified as well, since people sign with the keys that they have.
//
// The format is PROTOCOL.sshsig of OpenSSH. What is signed is not the text but its digest together with the namespace,
// so that a signature for one purpose is none for another.
package sshsig

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
)

const (
	magic   = "SSHSIG"
	version = 1
	begins  = "-----BEGIN SSH SIGNATURE-----\n"
	ends    = "-----END SSH SIGNATURE-----\n"
	wide    = 70 // of a line of ssh-keygen's armour
)

// ErrSignature says that a signature does not fit the text.
var ErrSignature = errors.New("the signature does not fit")

// Sign makes an armoured signature of a text.
func (k PrivateKey) Sign(namespace string, text []byte) []byte {
	return k.SignDigest(namespace, sha512.Sum512(text))
}

// SignDigest makes the signature of a text that is too long to be held, of which this is the SHA-512.
func (k PrivateKey) SignDigest(namespace string, digest [sha512.Size]byte) []byte {
	raw := ed25519.Sign(k.key, signedBlob(namespace, "sha512", digest[:]))
	var blob, signature packer
	signature.text(Ed25519)
	signature.bytes(raw)
	blob.raw([]byte(magic))
	blob.number(version)
	blob.bytes(k.Public().blob)
	blob.text(namespace)
	blob.text("") // reserved
	blob.text("sha512")
	blob.bytes(signature.buf)
	return armour(blob.buf)
}

// Verify returns the key that has signed the text in this namespace. Who the key belongs to is for the caller to say.
func Verify(armoured []byte, namespace string, text []byte) (PublicKey, error) {
	s, err := parse(armoured)
	if err != nil {
		return PublicKey{}, err
	}
	if s.hash == "sha256" {
		sum := sha256.Sum256(text)
		return s.key, s.verify(namespace, "sha256", sum[:])
	}
	return s.key, s.verify(namespace, "sha512", sha512Sum(text))
}

// VerifyDigest is Verify of a text that is too long to be held, of which this is the SHA-512.
func VerifyDigest(armoured []byte, namespace string, digest [sha512.Size]byte) (PublicKey, error) {
	s, err := parse(armoured)
	if err != nil {
		return PublicKey{}, err
	}
	return s.key, s.verify(namespace, "sha512", digest[:])
}

func (s *signature) verify(namespace, hash string, digest []byte) error {
	switch {
	case s.namespace != namespace:
		return fmt.Errorf("the signature is for %q, not for %q", s.namespace, namespace)
	case s.hash != hash:
		return fmt.Errorf("a signature over %q is not taken here", s.hash)
	}
	return s.key.verify(s.algorithm, signedBlob(namespace, hash, digest), s.raw)
}

// signedBlob is what the key signs.
func signedBlob(namespace, hash string, digest []byte) []byte {
	var p packer
	p.raw([]byte(magic))
	p.text(namespace)
	p.text("")
	p.text(hash)
	p.bytes(digest)
	return p.buf
}

// signature is a parsed one.
type signature struct {
	key             PublicKey
	namespace, hash string
	algorithm       string
	raw             []byte
}

// parse takes an armour as ssh-keygen writes it and nothing else: base64 has several spellings of the same bytes, and a
// signature file that was changed in any byte is to be found.
func parse(armoured []byte) (*signature, error) {
	blob, err := unarmour(armoured)
	if err != nil {
		return nil, err
	}
	u := unpacker{buf: blob}
	if string(u.take(len(magic))) != magic || u.number() != version {
		return nil, errors.New("no SSH signature of version 1")
	}
	s := &signature{}
	keyBlob := u.bytes()
	s.namespace = string(u.bytes())
	reserved := u.bytes()
	s.hash = string(u.bytes())
	inner := unpacker{buf: u.bytes()}
	s.algorithm, s.raw = string(inner.bytes()), inner.bytes()
	if !u.done() || !inner.done() || len(reserved) > 0 {
		return nil, errors.New("the SSH signature is cut short or has a tail")
	}
	s.key, err = publicKey(keyBlob)
	return s, err
}

func armour(blob []byte) []byte {
	text := base64.StdEncoding.EncodeToString(blob)
	out := bytes.NewBufferString(begins)
	for len(text) > wide {
		out.WriteString(text[:wide] + "\n")
		text = text[wide:]
	}
	out.WriteString(text + "\n" + ends)
	return out.Bytes()
}

func unarmour(armoured []byte) ([]byte, error) {
	inner, ok := bytes.CutPrefix(armoured, []byte(begins))
	inner, whole := bytes.CutSuffix(inner, []byte(ends))
	if !ok || !whole {
		return nil, errors.New("no SSH signature")
	}
	blob, err := base64.StdEncoding.DecodeString(string(inner))
	if err != nil {
		return nil, errors.New("the SSH signature is no base64")
	}
	if !bytes.Equal(armour(blob), armoured) {
		return nil, errors.New("the SSH signature is not spelled as ssh-keygen spells it")
	}
	return blob, nil
}
