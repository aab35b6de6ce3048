package sforce

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"rosterload/loader/config"
)

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestAKeyFileIsTakenOrSaysWhatItIs(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := x509.MarshalPKCS1PrivateKey(key)
	pkcs8, _ := x509.MarshalPKCS8PrivateKey(key)
	ec, _ := x509.MarshalECPrivateKey(other)
	ec8, _ := x509.MarshalPKCS8PrivateKey(other)
	certificate := block("CERTIFICATE", []byte("x"))
	for name, c := range map[string]struct{ text, says string }{
		"PKCS 1":                            {block("RSA PRIVATE KEY", pkcs1), ""},
		"PKCS 8":                            {block("PRIVATE KEY", pkcs8), ""},
		"with a byte order mark":            {"\ufeff" + block("PRIVATE KEY", pkcs8), ""},
		"with line ends of Windows":         {strings.ReplaceAll(block("PRIVATE KEY", pkcs8), "\n", "\r\n"), ""},
		"behind its certificate":            {certificate + block("PRIVATE KEY", pkcs8), ""},
		"before its certificate":            {block("PRIVATE KEY", pkcs8) + certificate, ""},
		"behind parameters of another kind": {block("EC PARAMETERS", nil) + block("PRIVATE KEY", pkcs8), ""},
		"a certificate alone":               {certificate, "certificate, not the key"},
		"encrypted":                         {block("ENCRYPTED PRIVATE KEY", pkcs8), "is encrypted"},
		"encrypted behind its certificate":  {certificate + block("ENCRYPTED PRIVATE KEY", pkcs8), "is encrypted"},
		"encrypted in the old way":          {"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n", "is encrypted"},
		"of elliptic curves":                {block("EC PRIVATE KEY", ec), "no RSA key"},
		"of elliptic curves, PKCS 8":        {block("PRIVATE KEY", ec8), "no RSA key"},
		"of OpenSSH":                        {block("OPENSSH PRIVATE KEY", []byte("openssh-key-v1")), "ssh-keygen -p -m PEM"},
		"public":                            {block("PUBLIC KEY", []byte("x")), "public key"},
		"public, of ssh":                    {"ssh-rsa AAAAB3NzaC1yc2E", "public key"},
		"a request":                         {block("CERTIFICATE REQUEST", []byte("x")), "certificate request"},
		"of PuTTY":                          {"PuTTY-User-Key-File-3: ssh-rsa\n", "PuTTY"},
		"DER":                               {string(pkcs8), "-inform DER"},
		"DER, PKCS 1":                       {string(pkcs1), "-inform DER"},
		"PKCS 12":                           {"0\x82\x0a\x01", "PKCS #12"},
		"damaged":                           {block("PRIVATE KEY", pkcs8[:100]), "damaged"},
		"empty":                             {"\n", "is empty"},
		"words":                             {"no key at all", "no private key in PEM"},
	} {
		got, err := rsaKey(c.text)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && string(got) != block("RSA PRIVATE KEY", pkcs1) {
			t.Errorf("%s: another key came out", name)
		}
		_, err = New(Options{URL: "https://acme.my.salesforce.com", Auth: Auth{JWT: &JWT{Username: "u", ClientID: secret("c"), Key: secret(c.text)}}})
		if (err == nil) != (c.says == "") || err != nil && !strings.HasPrefix(err.Error(), "auth.jwt.key ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func secret(text string) config.Secret { return config.NewSecret(text) }
