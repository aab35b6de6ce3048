package sheettest

import (
	"archive/zip"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// packed is a workbook of one sheet with these rows.
func packed(t *testing.T, rows string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "book.xlsx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for name, text := range map[string]string{
		"xl/workbook.xml":            `<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="One" r:id="a"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="a" Target="worksheets/s.xml"/></Relationships>`,
		"xl/worksheets/s.xml":        `<worksheet><sheetViews><pane ySplit="1" state="frozen"/></sheetViews><sheetData>` + rows + `</sheetData><autoFilter ref="A1:B2"/></worksheet>`,
	} {
		to, err := z.Create(name)
		if err == nil {
			_, err = to.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCellsAreReadAtTheirPlaces(t *testing.T) {
	sheets, err := Read(packed(t, `<row r="1"><c r="B1" s="1" t="inlineStr"><is><t> _x0041_ </t></is></c><c r="AA1" s="1"><v>7</v></c></row>`))
	if err != nil {
		t.Fatal(err)
	}
	row := make([]string, 27)
	row[1] = " A "
	if want := []Sheet{{Name: "One", Rows: [][]string{row}, Frozen: true, Filter: "A1:B2", Other: 1}}; !reflect.DeepEqual(sheets, want) {
		t.Errorf("%+v", sheets)
	}
}

func TestRowsAndCellsOutOfPlaceAreRefused(t *testing.T) {
	for name, rows := range map[string]string{
		"a row is left out":           `<row r="2"></row>`,
		"a cell of another row":       `<row r="1"><c r="A2"/></row>`,
		"a cell behind a later one":   `<row r="1"><c r="B1"/><c r="A1"/></row>`,
		"a cell without its place":    `<row r="1"><c/></row>`,
		"markup that is not balanced": `<row r="1">`,
	} {
		if _, err := Read(packed(t, rows)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
