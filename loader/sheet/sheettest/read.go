// Package sheettest reads workbooks back, for tests: by the standard library alone, and by nothing that writes them.
package sheettest

import (
	"archive/zip"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Sheet is one sheet as a reader sees it.
type Sheet struct {
	Name   string
	Rows   [][]string // as wide as their last cell
	Frozen bool       // the heading stays in sight
	Filter string     // the area of its filter
	Other  int        // cells that are no text in the format of texts
}

// Read reads all sheets of a workbook, in the order of their tabs.
func Read(file string) ([]Sheet, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = z.Close() }()
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var relations struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := decode(z, "xl/workbook.xml", &book); err != nil {
		return nil, err
	}
	if err := decode(z, "xl/_rels/workbook.xml.rels", &relations); err != nil {
		return nil, err
	}
	targets := map[string]string{}
	for _, r := range relations.All {
		targets[r.ID] = path.Join("xl", r.Target)
	}
	var all []Sheet
	for _, s := range book.Sheets {
		read := Sheet{Name: s.Name}
		if err := read.take(z, targets[s.ID]); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		all = append(all, read)
	}
	return all, nil
}

func decode(z *zip.ReadCloser, name string, into any) error {
	f, err := z.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return xml.NewDecoder(f).Decode(into)
}

// cell is <c r="B2" s="1" t="inlineStr"><is><t>text</t></is></c>.
type cell struct {
	Place string `xml:"r,attr"`
	Style string `xml:"s,attr"`
	Kind  string `xml:"t,attr"`
	Text  string `xml:"is>t"`
	Value string `xml:"v"`
	Code  string `xml:"f"`
}

type row struct {
	Number int    `xml:"r,attr"`
	Cells  []cell `xml:"c"`
}

func (s *Sheet) take(z *zip.ReadCloser, name string) error {
	f, err := z.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	for d := xml.NewDecoder(f); ; {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		e, begins := token.(xml.StartElement)
		if !begins {
			continue
		}
		switch e.Name.Local {
		case "pane":
			s.Frozen = attribute(e, "state") == "frozen" && attribute(e, "ySplit") == "1"
		case "autoFilter":
			s.Filter = attribute(e, "ref")
		case "row":
			var r row
			if err := d.DecodeElement(&r, &e); err != nil {
				return err
			}
			if err := s.add(r); err != nil {
				return err
			}
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (s *Sheet) add(r row) error {
	if r.Number != len(s.Rows)+1 {
		return fmt.Errorf("row %d follows row %d", r.Number, len(s.Rows))
	}
	var texts []string
	for _, c := range r.Cells {
		column, err := columnOf(c.Place, r.Number)
		if err != nil {
			return err
		}
		if column < len(texts) {
			return fmt.Errorf("cell %s stands behind a later one", c.Place)
		}
		for len(texts) < column {
			texts = append(texts, "")
		}
		if c.Kind != "inlineStr" || c.Value != "" || c.Code != "" || c.Style != "1" && c.Style != "2" {
			s.Other++
		}
		texts = append(texts, unescaped(c.Text))
	}
	s.Rows = append(s.Rows, texts)
	return nil
}

// columnOf reads B2 as 1.
func columnOf(place string, row int) (int, error) {
	name, ok := strings.CutSuffix(place, strconv.Itoa(row))
	column := 0
	for _, c := range name {
		if c < 'A' || c > 'Z' {
			ok = false
		}
		column = column*26 + int(c-'A') + 1
	}
	if !ok || column == 0 {
		return 0, fmt.Errorf("cell %q stands in row %d", place, row)
	}
	return column - 1, nil
}

var character = regexp.MustCompile(`_x([0-9A-Fa-f]{4})_`)

// unescaped is a text as a spreadsheet shows it: _xHHHH_ is a character (ISO/IEC 29500-1, 22.9.2.19).
func unescaped(text string) string {
	return character.ReplaceAllStringFunc(text, func(found string) string {
		n, _ := strconv.ParseUint(found[2:6], 16, 16) // the pattern takes digits alone
		return string(rune(n))
	})
}
