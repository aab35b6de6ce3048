package spool

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
)

// Digest is the SHA-256 of a file, in hex.
func Digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Verify fails when a file is not, byte for byte, what was sealed.
func Verify(path, sha string) error {
	is, err := Digest(path)
	if err != nil {
		return err
	}
	if is != sha {
		return fmt.Errorf("%s has SHA-256 %s, sealed was %s", path, is, sha)
	}
	return nil
}
