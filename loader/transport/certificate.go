package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

func authorities(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file: %s holds no certificate", path)
	}
	return pool, nil
}

// untrusted explains a certificate that is not accepted, with what to do; nil when an error is about something else. It
// does not change by waiting, so it is never repeated.
func untrusted(err error) error {
	var refused *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var plain tls.RecordHeaderError
	issuer := "an authority without a name"
	if errors.As(err, &refused) && len(refused.UnverifiedCertificates) > 0 {
		issuer = fmt.Sprintf("%q", refused.UnverifiedCertificates[len(refused.UnverifiedCertificates)-1].Issuer.String())
	}
	switch {
	case errors.As(err, &authority):
		return fmt.Errorf("the certificate is issued by %s, which this machine does not trust: name its "+
			"certificate as ca_file (or SSL_CERT_FILE)", issuer)
	case errors.As(err, &name):
		return fmt.Errorf("%w: the address in the config is not the org's own, or a proxy answers", name)
	case refused != nil:
		return fmt.Errorf("%w (issued by %s): is the clock of this machine right? A proxy's own authority is "+
			"named as ca_file", refused.Err, issuer)
	case errors.As(err, &plain):
		return fmt.Errorf("it does not speak https (%s): change the address in the config", plain.Msg)
	}
	return nil
}
