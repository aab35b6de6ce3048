package sheet

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

const (
	xmlHead     = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	spreadsheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	packages    = "http://schemas.openxmlformats.org/package/2006/"
	documents   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
)

// The formats of cells, by their place in styles.xml. Format 49 is text: a cell that a person edits stays one.
const (
	textStyle    = 1
	headingStyle = 2
)

const styles = xmlHead + `<styleSheet xmlns="` + spreadsheet + `">` +
	`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
	`<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
	`<fill><patternFill patternType="solid"><fgColor rgb="FFE7ECF2"/><bgColor indexed="64"/></patternFill></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
	`<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
	`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1"/></cellXfs>` +
	`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

// part is a file of the zip that is no sheet.
type part struct{ name, text string }

// parts are what lists the sheets.
func (b *Book) parts() []part {
	return []part{
		{"xl/styles.xml", styles},
		{"xl/workbook.xml", b.workbook()},
		{"xl/_rels/workbook.xml.rels", b.relations()},
		{"_rels/.rels", relations(relation(1, "officeDocument", "xl/workbook.xml"))},
		{"[Content_Types].xml", b.types()},
	}
}

// workbook lists the tabs. A filter is known by a hidden name as well: without it some programs do not keep it.
func (b *Book) workbook() string {
	var tabs, names strings.Builder
	for i, t := range b.tabs {
		fmt.Fprintf(&tabs, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, escaped(t.name), t.number, t.number)
		area := fmt.Sprintf("'%s'!$A$1:$%s$%d", strings.ReplaceAll(t.name, "'", "''"), letters(t.width-1), t.row)
		fmt.Fprintf(&names, `<definedName name="_xlnm._FilterDatabase" localSheetId="%d" hidden="1">%s</definedName>`,
			i, escaped(area))
	}
	return xmlHead + `<workbook xmlns="` + spreadsheet + `" xmlns:r="` + documents +
		`"><bookViews><workbookView/></bookViews>` +
		`<sheets>` + tabs.String() + `</sheets><definedNames>` + names.String() + `</definedNames></workbook>`
}

func (b *Book) relations() string {
	var all []string
	for _, t := range b.tabs {
		all = append(all, relation(t.number, "worksheet", strings.TrimPrefix(t.path(), "xl/")))
	}
	return relations(append(all, relation(len(b.tabs)+1, "styles", "styles.xml"))...)
}

func relations(all ...string) string {
	return xmlHead + `<Relationships xmlns="` + packages + `relationships">` + strings.Join(all, "") +
		`</Relationships>`
}

func relation(id int, kind, target string) string {
	return `<Relationship Id="rId` + strconv.Itoa(id) + `" Type="` + documents + `/` + kind + `" Target="` + target +
		`"/>`
}

// types says of what kind each part is.
func (b *Book) types() string {
	const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	var all strings.Builder
	all.WriteString(xmlHead + `<Types xmlns="` + packages + `content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="` + kind + `sheet.main+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="` + kind + `styles+xml"/>`)
	for _, t := range b.tabs {
		all.WriteString(`<Override PartName="/` + t.path() + `" ContentType="` + kind + `worksheet+xml"/>`)
	}
	return all.String() + `</Types>`
}

func escaped(text string) string {
	var out bytes.Buffer
	_ = xml.EscapeText(&out, []byte(text)) // a buffer never fails
	return out.String()
}
