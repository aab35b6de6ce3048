package sshsig

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Signer is one line of an allowed_signers file: whose key it is, and for what and when it counts.
type Signer struct {
	Principals []string
	Namespaces []string // empty: any
	After      time.Time
	Before     time.Time
	Key        PublicKey
	Line       int
}

// Signers are the lines of such a file.
type Signers []Signer

// ReadSigners reads an allowed_signers file. Only plain principals, namespaces=, valid-after= and valid-before= are
// allowed in it: patterns and certificate authorities would let keys in that the file does not name. An error names the
// line.
func ReadSigners(path string) (Signers, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	all, err := ParseSigners(text)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", path, err)
	}
	return all, nil
}

// ParseSigners reads the text of one. An error begins with the number of its line.
func ParseSigners(text []byte) (Signers, error) {
	var all Signers
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		s, err := parseSigner(line)
		if err != nil {
			return nil, fmt.Errorf("%d: %w", n, err)
		}
		s.Line = n
		all = append(all, s)
	}
	return all, lines.Err()
}

func parseSigner(line string) (s Signer, err error) {
	words := strings.Fields(line)
	if len(words) < 3 {
		return s, fmt.Errorf("a line is principals, options, type and key")
	}
	for p := range strings.SplitSeq(strings.Trim(words[0], `"`), ",") {
		if p == "" || strings.ContainsAny(p, "*?!\"") {
			return s, fmt.Errorf("the principal %q is no plain name", p)
		}
		s.Principals = append(s.Principals, p)
	}
	rest := words[1:]
	if strings.Contains(rest[0], "=") || rest[0] == "cert-authority" {
		for option := range strings.SplitSeq(rest[0], `",`) {
			if err := s.option(option); err != nil {
				return s, err
			}
		}
		rest = rest[1:]
	}
	s.Key, err = ParsePublicKey(strings.Join(rest, " "))
	return s, err
}

// option takes one of name="value"; the last quote may be cut off.
func (s *Signer) option(text string) (err error) {
	name, value, quoted := strings.Cut(text, `="`)
	if !quoted {
		name, value, _ = strings.Cut(text, "=")
	}
	value = strings.TrimSuffix(value, `"`)
	if strings.ContainsAny(value, `"`) || !quoted && strings.Contains(value, ",") {
		return fmt.Errorf("the option %q is not spelled name=\"value\"", text)
	}
	switch strings.ToLower(name) {
	case "namespaces":
		s.Namespaces = strings.Split(value, ",")
		if slices.ContainsFunc(s.Namespaces, func(n string) bool { return n == "" || strings.ContainsAny(n, "*?!") }) {
			return fmt.Errorf("the namespace %q is no plain name", value)
		}
	case "valid-after":
		s.After, err = parseTime(value)
	case "valid-before":
		s.Before, err = parseTime(value)
	default:
		return fmt.Errorf("the option %q is not allowed; namespaces, valid-after and valid-before are", name)
	}
	return err
}

// parseTime reads ssh-keygen's YYYYMMDD[HHMM[SS]][Z]: without Z it is the machine's own zone.
func parseTime(text string) (time.Time, error) {
	digits, utc := strings.CutSuffix(text, "Z")
	zone := time.Local
	if utc {
		zone = time.UTC
	}
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if len(layout) == len(digits) {
			return time.ParseInLocation(layout, digits, zone)
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time such as 20261123 or 202611230215Z", text)
}

// Principals are the names under which the key may sign in this namespace at this time; none: it may not.
func (all Signers) Principals(key PublicKey, namespace string, at time.Time) []string {
	var names []string
	for _, s := range all {
		if s.Key.Equal(key) && s.covers(namespace, at) {
			names = append(names, s.Principals...)
		}
	}
	return names
}

func (s Signer) covers(namespace string, at time.Time) bool {
	if len(s.Namespaces) > 0 && !slices.Contains(s.Namespaces, namespace) {
		return false
	}
	return (s.After.IsZero() || !at.Before(s.After)) && (s.Before.IsZero() || at.Before(s.Before))
}
