package sshsig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"math/big"
)

// verify holds a signature against what was signed, by the rules of the key's type.
func (p PublicKey) verify(algorithm string, signed, raw []byte) error {
	u := unpacker{buf: p.blob}
	_ = u.bytes() // the type
	switch p.Type {
	case Ed25519:
		return verifyEd25519(u, algorithm, signed, raw)
	case "ssh-rsa":
		return verifyRSA(u, algorithm, signed, raw)
	case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521":
		return verifyECDSA(u, p.Type, algorithm, signed, raw)
	}
	return fmt.Errorf("signatures by keys of type %s are not known here; ed25519, ecdsa and rsa are", p.Type)
}

func verifyEd25519(u unpacker, algorithm string, signed, raw []byte) error {
	key := u.bytes()
	if !u.done() || len(key) != ed25519.PublicKeySize || algorithm != Ed25519 || !ed25519.Verify(key, signed, raw) {
		return ErrSignature
	}
	return nil
}

// verifyRSA takes SHA-2 only: ssh-rsa alone is SHA-1, which ssh-keygen refuses as well.
func verifyRSA(u unpacker, algorithm string, signed, raw []byte) error {
	e, n := new(big.Int).SetBytes(u.bytes()), new(big.Int).SetBytes(u.bytes())
	if !u.done() || !e.IsInt64() || e.Int64() > 1<<31-1 {
		return ErrSignature
	}
	hash, digest := crypto.SHA512, sha512Sum(signed)
	switch algorithm {
	case "rsa-sha2-512":
	case "rsa-sha2-256":
		sum := sha256.Sum256(signed)
		hash, digest = crypto.SHA256, sum[:]
	default:
		return fmt.Errorf("a signature of type %s is not accepted", algorithm)
	}
	if rsa.VerifyPKCS1v15(&rsa.PublicKey{N: n, E: int(e.Int64())}, hash, digest, raw) != nil {
		return ErrSignature
	}
	return nil
}

func sha512Sum(b []byte) []byte {
	sum := sha512.Sum512(b)
	return sum[:]
}

func verifyECDSA(u unpacker, kind, algorithm string, signed, raw []byte) error {
	var curve elliptic.Curve
	var digest []byte
	switch kind {
	case "ecdsa-sha2-nistp256":
		sum := sha256.Sum256(signed)
		curve, digest = elliptic.P256(), sum[:]
	case "ecdsa-sha2-nistp384":
		sum := sha512.Sum384(signed)
		curve, digest = elliptic.P384(), sum[:]
	default:
		curve, digest = elliptic.P521(), sha512Sum(signed)
	}
	_ = u.bytes() // the curve's name, which the type says as well
	point := u.bytes()
	if !u.done() || algorithm != kind {
		return ErrSignature
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return ErrSignature
	}
	rs := unpacker{buf: raw}
	r, s := new(big.Int).SetBytes(rs.bytes()), new(big.Int).SetBytes(rs.bytes())
	if !rs.done() || !ecdsa.Verify(key, digest, r, s) {
		return ErrSignature
	}
	return nil
}
