package validate

import (
	"bytes"
	"strings"
)

// format is a kind of file that is no roster, known by its first bytes.
type format struct{ begins, is, cure string }

const saveSheet = "open it in a spreadsheet, save the sheet as CSV UTF-8, and load that"

// packed are formats that no text begins like.
var packed = []format{
	{"PK\x03\x04", "a zip archive", "unpack it and load the CSV inside"},
	{"PK\x05\x06", "an empty zip archive", "ask for the CSV itself"},
	{"\xD0\xCF\x11\xE0", "an old workbook (.xls), or one with a password", saveSheet},
	{"\x1F\x8B", "compressed by gzip", "unpack it first, with gunzip"},
	{"\xFD7zXZ\x00", "compressed by xz", "unpack it first"},
	{"\x28\xB5\x2F\xFD", "compressed by zstd", "unpack it first"},
	{"7z\xBC\xAF\x27\x1C", "a 7-Zip archive", "unpack it and load the CSV inside"},
	{"Rar!\x1A\x07", "a RAR archive", "unpack it and load the CSV inside"},
	{"%PDF-", "a PDF document", "ask for the CSV that it was made from"},
}

// packedAs tells of a file that is packed or a document.
func packedAs(head []byte) *RosterError {
	for _, f := range packed {
		if !bytes.HasPrefix(head, []byte(f.begins)) {
			continue
		}
		if f.begins == packed[0].begins && isWorkbook(head) {
			f.is, f.cure = "a workbook", saveSheet
		}
		return f.refuse()
	}
	return nil
}

// isWorkbook tells a workbook from other zip archives by the name of its first parts: Office's, or OpenDocument's.
func isWorkbook(head []byte) bool {
	const openDocument = "application/vnd.oasis.opendocument.spreadsheet"
	for _, part := range []string{"[Content_Types].xml", "xl/", "_rels/.rels", "docProps/", openDocument} {
		if bytes.Contains(head, []byte(part)) {
			return true
		}
	}
	return false
}

// written are formats that are text. A roster's header could begin like some of them, so they are asked for only
// where no header is found.
var written = []format{
	{"<!doctype html", "a web page (HTML)", "a download that ended at a sign-in page looks so: fetch the file again"},
	{"<html", "a web page (HTML)", "a download that ended at a sign-in page looks so: fetch the file again"},
	{"<table", "a table of a web page (HTML)", saveSheet},
	{"<?xml", "XML", "where a spreadsheet wrote it, " + saveSheet + "; otherwise ask for CSV"},
	{"{\\rtf", "a document (RTF)", "save the table as CSV UTF-8"},
	{"{\"", "JSON", "ask for the file as CSV"},
	{"[{", "JSON", "ask for the file as CSV"},
	{"-----begin pgp", "encrypted or signed by PGP", "decrypt it first"},
}

// writtenAs tells of a text that is no table.
func writtenAs(text []byte) *RosterError {
	begins := strings.ToLower(string(bytes.TrimLeftFunc(text, isBlank)))
	if strings.HasPrefix(begins, "{") || strings.HasPrefix(begins, "[") { // JSON, whatever stands between its brackets
		begins = begins[:1] + strings.TrimLeftFunc(begins[1:], isBlank)
	}
	for _, f := range written {
		if strings.HasPrefix(begins, f.begins) {
			return f.refuse()
		}
	}
	if bytes.ContainsFunc(text, isForeign) {
		return format{is: "no text: it holds control characters", cure: "look at what wrote it"}.refuse()
	}
	return nil
}

// isForeign tells of a control character that no text file has.
func isForeign(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\n\r\f", r) }

func (f format) refuse() *RosterError {
	return &RosterError{Text: "the file is " + f.is + ", not a roster", Hint: f.cure}
}

// looksUTF16 tells whether bytes are UTF-16 without a mark: of plain text every other byte is zero.
func looksUTF16(head []byte) bool {
	var zeros [2]int
	for i, c := range head {
		if c == 0 {
			zeros[i%2]++
		}
	}
	more, less := max(zeros[0], zeros[1]), min(zeros[0], zeros[1])
	return more*4 > len(head) && less*8 <= more
}
