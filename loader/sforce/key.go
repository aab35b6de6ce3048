package sforce

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
)

// rsaKey finds the RSA key in what a key file holds, beside a certificate or not, as PKCS #1 in PEM. Of everything else
// it says what it is, and how to make a key of it.
func rsaKey(text string) ([]byte, error) {
	data := bytes.TrimPrefix([]byte(text), []byte("\xef\xbb\xbf"))
	var seen error
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		key, err := keyIn(block)
		if key != nil {
			return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), nil
		}
		if seen == nil || block.Type != "CERTIFICATE" {
			seen = err
		}
	}
	if seen != nil {
		return nil, seen
	}
	return nil, notPEM(data)
}

const encryptedKey = "is encrypted, and the passphrase cannot be asked for at night: openssl pkey -in KEY -out NEW takes the passphrase off"

// keyIn is the RSA key of a block, or what the block is.
func keyIn(block *pem.Block) (*rsa.PrivateKey, error) {
	switch {
	case block.Type == "ENCRYPTED PRIVATE KEY", strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		return nil, errors.New(encryptedKey)
	case block.Type == "RSA PRIVATE KEY":
		key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			return nil, errors.New("is an RSA key that is damaged")
		}
		return key, nil
	case block.Type == "PRIVATE KEY":
		return inPKCS8(block.Bytes)
	case block.Type == "EC PRIVATE KEY", block.Type == "DSA PRIVATE KEY":
		return nil, errors.New("is no RSA key: Salesforce takes RS256 only")
	case block.Type == "OPENSSH PRIVATE KEY":
		return nil, errors.New("is an OpenSSH key: ssh-keygen -p -m PEM -f KEY makes a PEM key of it, in place")
	case block.Type == "CERTIFICATE":
		return nil, errors.New("holds a certificate, not the key that belongs to it")
	case strings.HasSuffix(block.Type, "PUBLIC KEY"):
		return nil, errors.New("holds a public key, not the private one")
	}
	return nil, errors.New("holds no private key, but a block of the type " +
		strings.ToLower(strings.Map(printable, block.Type)))
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}

func inPKCS8(der []byte) (*rsa.PrivateKey, error) {
	any, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("is a private key that is damaged")
	}
	key, ok := any.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("is no RSA key: Salesforce takes RS256 only")
	}
	return key, nil
}

// notPEM says what a file is that has no PEM block.
func notPEM(data []byte) error {
	_, pkcs1 := x509.ParsePKCS1PrivateKey(data)
	_, pkcs8 := x509.ParsePKCS8PrivateKey(data)
	_, certificate := x509.ParseCertificate(data)
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return errors.New("is empty")
	case bytes.HasPrefix(data, []byte("PuTTY-User-Key-File")):
		return errors.New("is a PuTTY key: PuTTYgen exports it as an OpenSSH key, and ssh-keygen -p -m PEM -f KEY makes a PEM key of that")
	case pkcs1 == nil || pkcs8 == nil:
		return errors.New("is DER, not PEM: openssl pkey -inform DER -in KEY -out NEW")
	case certificate == nil:
		return errors.New("holds a certificate, not the key that belongs to it")
	case data[0] == 0x30:
		return errors.New("is DER, not PEM, perhaps a PKCS #12 file: openssl pkcs12 -in FILE -nocerts -nodes -out NEW")
	case bytes.HasPrefix(data, []byte{0xfe, 0xed, 0xfe, 0xed}):
		return errors.New("is a Java key store: keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 " +
			"-deststoretype PKCS12, and openssl pkcs12 -in NEW.p12 -nocerts -nodes -out KEY")
	case bytes.HasPrefix(data, []byte("ssh-")):
		return errors.New("holds a public key, not the private one")
	}
	return errors.New("holds no private key in PEM, which begins with -----BEGIN")
}
