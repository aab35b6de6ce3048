package salesforce

import (
	"strconv"
	"strings"
)

// split cuts SOQL into words; strings are unescaped.
func split(text string) ([]word, error) {
	var words []word
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '\'':
			value, next, err := unquote(text, i+1)
			if err != nil {
				return nil, err
			}
			words = append(words, word{value, i, true})
			i = next
		case strings.IndexByte("(),", c) >= 0:
			words = append(words, word{string(c), i, false})
			i++
		case strings.IndexByte("=!<>", c) >= 0:
			j := i + 1
			if j < len(text) && (text[j] == '=' || text[j] == '>') {
				j++
			}
			words = append(words, word{text[i:j], i, false})
			i = j
		default:
			j := i
			for j < len(text) && strings.IndexByte(" \t\n\r'(),=!<>", text[j]) < 0 {
				j++
			}
			words = append(words, word{text[i:j], i, false})
			i = j
		}
	}
	return words, nil
}

var escaped = map[byte]string{
	'n': "\n", 'r': "\r", 't': "\t", 'b': "\b", 'f': "\f", '"': `"`, '\'': "'", '\\': `\`,
	'_': `\_`, '%': `\%`,
}

func unquote(text string, i int) (string, int, error) {
	var b strings.Builder
	for ; i < len(text); i++ {
		switch text[i] {
		case '\'':
			return b.String(), i + 1, nil
		case '\\':
			if i++; i >= len(text) {
				return "", 0, malformed("line 1:%d no viable alternative at character '<EOF>'", i)
			}
			if text[i] == 'u' && i+4 < len(text) {
				n, err := strconv.ParseUint(text[i+1:i+5], 16, 32)
				if err != nil {
					return "", 0, malformed("Illegal escape sequence")
				}
				b.WriteRune(rune(n))
				i += 4
				continue
			}
			plain, ok := escaped[text[i]]
			if !ok {
				return "", 0, malformed("Illegal string literal, invalid escape sequence '\\%c'", text[i])
			}
			b.WriteString(plain)
		default:
			b.WriteByte(text[i])
		}
	}
	return "", 0, malformed("line 1:%d no viable alternative at character '<EOF>'", i)
}
