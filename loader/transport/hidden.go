package transport

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// leastSecret is the shortest text that is struck out: shorter ones are in half of all words.
const leastSecret = 3

// hidden are the texts that are struck out of whatever is told: secrets of the config, and tokens.
type hidden struct {
	mu    sync.RWMutex
	texts []string
	strip *strings.Replacer
}

func hide(secrets []string) *hidden {
	h := &hidden{}
	for _, s := range secrets {
		h.add(s)
	}
	return h
}

// add hides a text in each spelling in which an org may say it back: as it is, in an address, and in JSON.
func (h *hidden) add(secret string) {
	if len(secret) < leastSecret {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	quoted, _ := json.Marshal(secret) // a text can always be spelled
	for _, s := range []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret),
		string(quoted[1 : len(quoted)-1]),
	} {
		if !slices.Contains(h.texts, s) {
			h.texts = append(h.texts, s)
		}
	}
	slices.SortFunc(h.texts, func(a, b string) int { return cmp.Compare(len(b), len(a)) }) // of two that overlap the longer goes first
	var pairs []string
	for _, s := range h.texts {
		pairs = append(pairs, s, "***")
	}
	h.strip = strings.NewReplacer(pairs...)
}

func (h *hidden) struck(text string) string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.strip == nil || text == "" {
		return text
	}
	return h.strip.Replace(text)
}

// spelled writes out what a terminal would obey: control characters, those that turn the direction of text, and bytes
// that are no text.
func spelled(text string) string {
	if strings.IndexFunc(text, isControl) < 0 {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case isControl(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isControl(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) ||
		r <= 0xFFFF && unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}
