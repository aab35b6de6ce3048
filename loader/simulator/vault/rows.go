package vault

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"rosterload/loader/simulator/front"
)

// row is what a caller sends of one record: values by field, nil for null; a field that is not there is left alone.
type row map[string]*string

// rowsOf are the records in a request's body.
func (s *Server) rowsOf(kind string, r *http.Request) ([]row, error) {
	switch kind {
	case "application/json":
		return jsonRows(front.Body(r))
	case "text/csv":
		return s.csvRows(front.Body(r))
	case "application/x-www-form-urlencoded":
		one := row{}
		for name, values := range formOf(r) {
			one[name] = &values[0]
		}
		if len(one) == 0 {
			return nil, nil
		}
		return []row{one}, nil
	}
	return nil, fmt.Errorf("Content-Type %q is neither JSON nor CSV", kind)
}

func jsonRows(body []byte) ([]row, error) {
	var raw []map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&raw); err != nil {
		return nil, fmt.Errorf("the body is no JSON array of objects: %w", err)
	}
	var rows []row
	for _, r := range raw {
		one := row{}
		for name, v := range r {
			if v == nil {
				one[name] = nil
				continue
			}
			text := fmt.Sprint(v)
			one[name] = &text
		}
		rows = append(rows, one)
	}
	return rows, nil
}

// csvRows reads Vault's dialect: a backslash is doubled inside a value, and a carriage return is not allowed there.
func (s *Server) csvRows(body []byte) ([]row, error) {
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("the body is no CSV: %w", err)
	}
	keep := s.switches().Blank == "keep"
	var rows []row
	for {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the body is no CSV: %w", err)
		}
		one := row{}
		for k, cell := range rec {
			if cell == "" && keep {
				continue
			}
			if strings.Contains(cell, "\r") {
				return nil, errors.New("a value holds a carriage return")
			}
			text := strings.ReplaceAll(cell, `\\`, `\`)
			one[header[k]] = &text
		}
		rows = append(rows, one)
	}
}
