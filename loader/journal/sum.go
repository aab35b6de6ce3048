package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// Each line ends with a sum of itself and of all lines before it, so that a byte that was altered is not believed:
// {"at":…,"event":…,"sum":"0123456789abcdef"}. Journals begun before there were sums have none, and get none.

const (
	sumKey    = `,"sum":"`
	sumEnd    = `"}`
	sumDigits = 16
	sumLength = len(sumKey) + sumDigits + len(sumEnd)
)

// chain is the sum of the last line; empty before the first, and in a journal without sums.
type chain struct {
	last  string
	lines int
	none  bool
}

func (c *chain) next(body []byte) string {
	h := sha256.New()
	h.Write([]byte(c.last))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))[:sumDigits]
}

// sign makes an event's JSON a line.
func (c *chain) sign(event []byte) []byte {
	c.lines++
	if c.none {
		return event
	}
	body := event[:len(event)-1]
	c.last = c.next(body)
	return []byte(string(body) + sumKey + c.last + sumEnd)
}

// check holds a line against its sum. The first line decides whether a journal has any.
func (c *chain) check(line []byte) error {
	c.lines++
	body, sum, there := cutSum(line)
	if c.lines == 1 {
		c.none = !there
	}
	switch {
	case c.none != !there:
		return errors.New("some lines have a sum and some have none")
	case c.none:
		return nil
	case c.next(body) != sum:
		return errors.New("the line does not fit its sum")
	}
	c.last = sum
	return nil
}

func cutSum(line []byte) (body []byte, sum string, there bool) {
	at := len(line) - sumLength
	if at < 0 || !bytes.HasPrefix(line[at:], []byte(sumKey)) || !bytes.HasSuffix(line, []byte(sumEnd)) {
		return line, "", false
	}
	return line[:at], string(line[at+len(sumKey) : at+len(sumKey)+sumDigits]), true
}
