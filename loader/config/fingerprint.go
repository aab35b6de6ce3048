package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Fingerprint is the SHA-256 of the target's settings without its secrets: two configs that load alike have the same
// one, whatever user signs in. Left out are the values of env: and file:, whatever stands under auth, and the user and
// password of an address.
func (t Target) Fingerprint() string {
	lines := openSettings(nil, "", t.node, false)
	slices.Sort(lines) // the order in which settings are written means nothing
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return hex.EncodeToString(sum[:])
}

// openSettings appends one line a setting: its path and its value.
func openSettings(lines []string, path string, n ast.Node, secret bool) []string {
	switch n := bare(n).(type) {
	case *ast.SequenceNode:
		for i, one := range n.Values {
			lines = openSettings(lines, fmt.Sprintf("%s[%d]", path, i), one, secret)
		}
		return lines
	case nil:
		return lines
	}
	if entries, ok := mapping(n); ok {
		for _, e := range entries {
			name := strings.Trim(e.Key.String(), `"'`)
			lines = openSettings(lines, path+"."+name, e.Value, secret || name == "auth" || name == "webhook")
		}
		return lines
	}
	value, _ := scalar(n)
	return append(lines, fmt.Sprintf("%s=%q\n", path, open(value, secret)))
}

// open is what of a value may be known.
func open(value string, secret bool) string {
	switch {
	case secret, strings.HasPrefix(value, "env:"), strings.HasPrefix(value, "file:"):
		return ""
	}
	scheme, rest, isAddress := strings.Cut(value, "://")
	if !isAddress {
		return value
	}
	host, tail, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	return scheme + "://" + host + "/" + tail
}
