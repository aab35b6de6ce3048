package sforce

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"rosterload/loader/transport"
)

// The bounds of what is read of an answer at once, so that no answer fills the memory.
const (
	maxPiece   = 16 << 20 // a row, a record, a member of an object
	maxMembers = 1000     // of one object beside its list
)

// pieces is a body of which each piece is bounded.
type pieces struct {
	body io.Reader
	left int
}

// next begins a piece.
func (p *pieces) next() { p.left = maxPiece }

func (p *pieces) Read(b []byte) (int, error) {
	if p.left <= 0 {
		return 0, transport.NoAnswer("a piece of the answer does not end")
	}
	n, err := p.body.Read(b[:min(len(b), p.left)])
	p.left -= n
	return n, err
}

// document decodes an answer that is one JSON value.
func document(body io.Reader, into any) error {
	in := &pieces{body: body}
	in.next()
	decoder := json.NewDecoder(in)
	if err := decoder.Decode(into); err != nil {
		return noJSON(err)
	}
	return atEnd(decoder)
}

func noJSON(err error) error {
	return transport.NoAnswer("the answer is no JSON that we know: %w", err)
}

// atEnd: what follows a value makes the whole no answer.
func atEnd(decoder *json.Decoder) error {
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return noJSON(errors.New("it goes on behind its end"))
	}
	return nil
}

// listing reads a JSON object piece by piece: each element of its list is handed to element, the other members are
// decoded into rest. An object without the list is no answer.
func listing(body io.Reader, list string, element func(*json.Decoder) error, rest any) error {
	in := &pieces{body: body}
	in.next()
	decoder := json.NewDecoder(in)
	if err := opens(decoder, '{'); err != nil {
		return err
	}
	others, seen := map[string]json.RawMessage{}, false
	for decoder.More() {
		in.next()
		token, err := decoder.Token()
		name, _ := token.(string)
		switch {
		case err != nil:
			return noJSON(err)
		case name != list:
			err = member(decoder, name, others)
		case seen:
			return noJSON(fmt.Errorf("%s is there twice", list))
		default:
			seen = true
			err = elements(decoder, in, element)
		}
		if err != nil {
			return err
		}
	}
	if !seen {
		return noJSON(fmt.Errorf("%s is missing", list))
	}
	if _, err := decoder.Token(); err != nil {
		return noJSON(err)
	}
	if err := atEnd(decoder); err != nil {
		return err
	}
	return rejoined(others, rest)
}

// member keeps one that is not the list.
func member(decoder *json.Decoder, name string, others map[string]json.RawMessage) error {
	var raw json.RawMessage
	if err := decoder.Decode(&raw); err != nil {
		return noJSON(err)
	}
	if others[name] = raw; len(others) > maxMembers {
		return noJSON(errors.New("it has too many members"))
	}
	return nil
}

// rejoined decodes the members beside the list.
func rejoined(others map[string]json.RawMessage, rest any) error {
	whole, err := json.Marshal(others)
	if err == nil {
		err = json.Unmarshal(whole, rest)
	}
	if err != nil {
		return noJSON(err)
	}
	return nil
}

// elements reads a list, one element after another.
func elements(decoder *json.Decoder, in *pieces, element func(*json.Decoder) error) error {
	if err := opens(decoder, '['); err != nil {
		return err
	}
	for decoder.More() {
		in.next()
		if err := element(decoder); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return noJSON(err)
	}
	return nil
}

func opens(decoder *json.Decoder, want json.Delim) error {
	token, err := decoder.Token()
	if err == nil && token != want {
		err = fmt.Errorf("%v stands where %v should", token, want)
	}
	if err != nil {
		return noJSON(err)
	}
	return nil
}

// record decodes one element.
func record[T any](decoder *json.Decoder) (T, error) {
	var one T
	if err := decoder.Decode(&one); err != nil {
		return one, noJSON(err)
	}
	return one, nil
}

// isID tells whether a text is an id of the org: it goes into addresses.
func isID(text string) bool {
	return (len(text) == 15 || len(text) == 18) && strings.IndexFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
}

// sameID: an id of 18 characters is that of 15 with a suffix.
func sameID(a, b string) bool { return len(a) >= 15 && len(b) >= 15 && a[:15] == b[:15] }

// nextPage checks the address of a next page: it is a path of this org, and one that was not there before.
func nextPage(path string, seen map[string]bool) error {
	switch {
	case !strings.HasPrefix(path, "/services/data/"):
		return transport.NoAnswer("the answer has a next page at %q, which is no address of this org", path)
	case seen[path]:
		return transport.NoAnswer("the next page is one that was there before")
	}
	return nil
}
