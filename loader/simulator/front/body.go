package front

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
)

// body is a request's body, whole and in memory.
type body struct {
	*bytes.Reader
	data []byte
}

func newBody(data []byte) body { return body{bytes.NewReader(data), data} }

func (body) Close() error { return nil }

// Body is a request's body, unpacked.
func Body(r *http.Request) []byte {
	if b, ok := r.Body.(body); ok {
		return b.data
	}
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	r.Body = newBody(data)
	return data
}

func readBody(r *http.Request) ([]byte, error) {
	packed, err := io.ReadAll(r.Body)
	if err != nil || len(packed) == 0 {
		return packed, err
	}
	var plain io.Reader
	switch strings.ToLower(r.Header.Get("Content-Encoding")) {
	case "gzip":
		plain, err = gzip.NewReader(bytes.NewReader(packed))
	case "deflate":
		plain, err = zlib.NewReader(bytes.NewReader(packed))
	default:
		return packed, nil
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(plain)
}
