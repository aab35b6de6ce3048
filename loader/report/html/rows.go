package html

import (
	"compress/gzip"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"rosterload/loader/page"
	"rosterload/loader/results"
)

// mostLetters is how many letters of one cell stand in the page.
const mostLetters = 16_384

// leftOut are columns that say the same in each row; the page says it above.
var leftOut = map[string]bool{"target": true, "run_id": true}

// writeRows writes the rows as the script reads them: gzip in base64, one line a row, a tab between cells. The first
// line is the heading.
func (r *Report) writeRows(to io.Writer, c *choice) error {
	coded := base64.NewEncoder(base64.StdEncoding, to)
	packed := gzip.NewWriter(coded)
	for i, path := range notEmpty(r.Results, r.Absent) {
		if err := copyRows(packed, path, c, i == 0); err != nil {
			return err
		}
	}
	return errors.Join(packed.Close(), coded.Close())
}

func copyRows(to io.Writer, path string, c *choice, heading bool) error {
	line, keep := []byte(nil), []bool(nil)
	for record, err := range results.Cells(path) {
		if err != nil {
			return err
		}
		isHeading := keep == nil
		if isHeading {
			keep = make([]bool, len(record))
			for i, name := range record {
				keep[i] = i >= len(results.Header) || !leftOut[string(name)]
			}
		}
		if isHeading && !heading || !isHeading && !c.takes(string(record[columnResult])) {
			continue
		}
		line = line[:0]
		for i, cell := range record {
			if i >= len(keep) || keep[i] {
				line = append(appendCell(line, string(cell)), '\t')
			}
		}
		line[len(line)-1] = '\n'
		if _, err := to.Write(line); err != nil {
			return err
		}
	}
	return nil
}

var escapes = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`)

func appendCell(line []byte, cell string) []byte {
	if len(cell) > mostLetters {
		cell = cut(cell)
	}
	cell = page.Plain(cell)
	if strings.ContainsAny(cell, "\\\t\n") {
		cell = escapes.Replace(cell)
	}
	return append(line, cell...)
}

// cut shortens a cell and says so.
func cut(cell string) string {
	letters := utf8.RuneCountInString(cell)
	if letters <= mostLetters {
		return cell
	}
	at, end := 0, len(cell)
	for i := range cell {
		if at == mostLetters {
			end = i
			break
		}
		at++
	}
	return cell[:end] + " … (" + page.Count(letters-mostLetters) + " more letters are in the results file)"
}
