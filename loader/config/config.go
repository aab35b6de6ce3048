// Package config reads rosterload.yaml: strictly, with line and column in each complaint, and without ever printing a
// secret.
package config

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Config is a file with targets, and with the feeds that bring rosters for them.
type Config struct {
	Path string
	Home string // where runs are kept; empty: the config does not say
	// SigningKey is the path of the key that signs the evidence; empty: the home's own.
	SigningKey string
	Targets    []Target // in the file's order
	Feeds      []Feed   // likewise
	// Warnings are what is not wrong but unwise in the targets decoded so far, each with its place.
	Warnings []string
	// Files are the secret files that the targets decoded so far name.
	Files []string

	source []byte
	known  []string // settings of the part that is being decoded
}

// Load reads the file. Every error is an *Error, but those of the disk.
func Load(path string) (*Config, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, source)
}

// Parse reads a config that is held in memory. Path is what complaints call it.
func Parse(path string, source []byte) (*Config, error) {
	c := &Config{Path: path, known: []string{"home", "signing_key", "ledger", "targets", "feeds"}}
	source, utf16 := withoutMark(source)
	if utf16 {
		return c, c.complaint(&Error{Text: "the config is UTF-16: save it as UTF-8"})
	}
	c.source = source
	return c, c.complaint(c.parse())
}

// withoutMark drops UTF-8's byte order mark, and tells of the marks of UTF-16.
func withoutMark(text []byte) (rest []byte, utf16 bool) {
	utf16 = bytes.HasPrefix(text, []byte("\xFF\xFE")) || bytes.HasPrefix(text, []byte("\xFE\xFF"))
	return bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF")), utf16
}

func (c *Config) parse() error {
	var file struct {
		Home       ast.Node `yaml:"home"`
		SigningKey ast.Node `yaml:"signing_key"`
		Ledger     ast.Node `yaml:"ledger"`
		Targets    ast.Node `yaml:"targets"`
		Feeds      ast.Node `yaml:"feeds"`
	}
	d := yaml.NewDecoder(bytes.NewReader(c.source), yaml.Strict())
	if err := d.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := c.oneDocument(); err != nil {
		return err
	}
	if err := c.takeHome(file.Home); err != nil {
		return err
	}
	if err := c.takeSigningKey(file.SigningKey); err != nil {
		return err
	}
	if file.Ledger != nil { // part of the contract, and left out by no version in silence
		return errorAt(file.Ledger, "ledger: is not yet there in this version")
	}
	if err := c.takeTargets(file.Targets); err != nil {
		return err
	}
	return c.takeFeeds(file.Feeds)
}

// takeSigningKey takes a file only: a key is never written into the config.
func (c *Config) takeSigningKey(n ast.Node) error {
	if n == nil {
		return nil
	}
	text, _ := scalar(n)
	path, ok := strings.CutPrefix(text, "file:")
	if !ok || path == "" {
		return errorAt(n, "signing_key is file:PATH, an ed25519 key as ssh-keygen makes it")
	}
	c.SigningKey = c.relative(path)
	return nil
}

// oneDocument refuses a second document, which the decoder would leave out in silence.
func (c *Config) oneDocument() error {
	f, err := parser.ParseBytes(c.source, 0)
	if err != nil {
		return err
	}
	documents := 0
	for _, d := range f.Docs {
		if d.Body == nil {
			continue
		}
		if documents++; documents > 1 {
			return errorAt(d.Body, "a second document begins here (---): only one is read")
		}
	}
	return nil
}

func (c *Config) takeHome(n ast.Node) error {
	if n == nil {
		return nil
	}
	home, ok := scalar(n)
	switch {
	case !ok || home == "":
		return errorAt(n, "home names one folder")
	case strings.HasPrefix(home, "~"):
		return errorAt(n, "home %q: ~ means nothing here, write the folder's full path", home)
	}
	c.Home = c.relative(home)
	return nil
}

func (c *Config) takeTargets(n ast.Node) error {
	if n == nil {
		return nil
	}
	entries, ok := mapping(n)
	if !ok {
		return errorAt(n, "targets: holds one entry a target, with its settings below it")
	}
	for _, entry := range entries {
		t, err := c.target(entry)
		if err != nil {
			return err
		}
		c.Targets = append(c.Targets, t)
	}
	return nil
}

// relative is a path as the config means it: relative to its folder.
func (c *Config) relative(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(c.Path), path)
}
