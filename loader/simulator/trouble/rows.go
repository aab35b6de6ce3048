package trouble

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
)

// table is a body taken apart: the rows of a CSV, or the elements of the first list in a JSON document.
type table struct {
	head, between, foot []byte
	rows                [][]byte
}

func (t table) join(rows [][]byte) []byte {
	return slices.Concat(t.head, bytes.Join(rows, t.between), t.foot)
}

func split(body []byte) table {
	if isJSON(body) {
		return splitJSON(body)
	}
	return splitCSV(body)
}

func isJSON(body []byte) bool {
	start := bytes.TrimLeft(body, " \t\r\n")
	return len(start) > 0 && (start[0] == '{' || start[0] == '[')
}

// splitCSV cuts behind each line end that stands outside quotes. The first record is the header.
func splitCSV(body []byte) table {
	var t table
	begin, quoted := 0, false
	for i, c := range body {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted:
			if t.head == nil {
				t.head = body[:i+1]
			} else {
				t.rows = append(t.rows, body[begin:i+1])
			}
			begin = i + 1
		}
	}
	if begin < len(body) {
		t.rows = append(t.rows, body[begin:])
	}
	return t
}

// splitJSON finds the first list and its elements. A document without one has no rows.
func splitJSON(body []byte) table {
	d := json.NewDecoder(bytes.NewReader(body))
	for {
		token, err := d.Token()
		if err != nil {
			return table{head: body}
		}
		if token == json.Delim('[') {
			break
		}
	}
	t := table{head: body[:d.InputOffset()], between: []byte(",")}
	end := d.InputOffset()
	for d.More() {
		var element json.RawMessage
		if d.Decode(&element) != nil {
			return table{head: body}
		}
		t.rows = append(t.rows, element)
		end = d.InputOffset()
	}
	t.foot = body[end:]
	return t
}

// without takes a column out of a CSV, or a member out of every object of a JSON document.
func without(body []byte, name string) []byte {
	if isJSON(body) {
		return withoutMember(body, name)
	}
	records, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil || len(records) == 0 {
		return body
	}
	column := slices.Index(records[0], name)
	if column < 0 {
		return body
	}
	var out []byte
	for _, cells := range records {
		for i, cell := range slices.Delete(cells, column, column+1) {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, '"')
			out = append(out, bytes.ReplaceAll([]byte(cell), []byte(`"`), []byte(`""`))...)
			out = append(out, '"')
		}
		out = append(out, '\n')
	}
	return out
}

func withoutMember(body []byte, name string) []byte {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var document any
	if d.Decode(&document) != nil {
		return body
	}
	strip(document, name)
	out, err := json.Marshal(document)
	if err != nil {
		return body
	}
	return out
}

func strip(v any, name string) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, name)
		for _, inner := range v {
			strip(inner, name)
		}
	case []any:
		for _, inner := range v {
			strip(inner, name)
		}
	}
}
