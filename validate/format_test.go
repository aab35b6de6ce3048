package validate

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"strings"
	"testing"
)

func zipped(t *testing.T, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(head + "a,X\n")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// refusal is what is said of a file that is no roster.
func refusal(t *testing.T, text string, o Options) *RosterError {
	t.Helper()
	r, err := Open(write(t, text), engage, o)
	if err == nil {
		_ = r.Close()
	}
	var no *RosterError
	if !errors.As(err, &no) {
		t.Fatalf("%v, want a refusal", err)
	}
	return no
}

func TestFilesThatAreNotWhatTheySeem(t *testing.T) {
	for _, c := range []struct{ name, text, says, cure string }{
		{
			"a workbook", zipped(t, "[Content_Types].xml", "xl/workbook.xml"), "the file is a workbook, not a roster",
			"CSV UTF-8",
		},
		{
			"an OpenDocument workbook", "PK\x03\x04\x14\x00mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
			"a workbook", "CSV UTF-8",
		},
		{"a zip archive", zipped(t, "roster.csv"), "a zip archive", "unpack it"},
		{
			"an old workbook", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 2000),
			"an old workbook (.xls), or one with a password", "CSV UTF-8",
		},
		{"gzip", gzipped(t, head+"a,X\n"), "compressed by gzip", "gunzip"},
		{"zstd", "\x28\xB5\x2F\xFD\x04\x00", "compressed by zstd", "unpack it"},
		{"a PDF", "%PDF-1.7\n%\xE2\xE3\xCF\xD3\n", "a PDF document", "CSV"},
		{
			"a web page", "<!DOCTYPE html>\n<html><body>Sign in, please</body></html>\n", "a web page (HTML)",
			"sign-in page",
		},
		{
			"a web page behind a mark", "\xEF\xBB\xBF\n  <HTML><head></head></HTML>\n", "a web page (HTML)",
			"sign-in page",
		},
		{"a web page in UTF-16", utf16Text("<html></html>\n", false), "a web page (HTML)", "sign-in page"},
		{"a table of a web page", "<table><tr><td>a</td></tr></table>\n", "a table of a web page", "CSV UTF-8"},
		{
			"a spreadsheet's XML", "<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n", "XML",
			"CSV UTF-8",
		},
		{"JSON", "[\n  {\"Username\": \"a\"}\n]\n", "JSON", "CSV"},
		{"PGP", "-----BEGIN PGP MESSAGE-----\n\nabc=\n", "encrypted or signed by PGP", "decrypt"},
		{
			"a program", "\x7FELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00,\x01\n",
			"no text: it holds control characters", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			no := refusal(t, c.text, Options{})
			if !strings.Contains(no.Error(), c.says) || !strings.Contains(no.Hint, c.cure) {
				t.Errorf("it says %q and %q, want %q and %q", no.Error(), no.Hint, c.says, c.cure)
			}
		})
	}
}

// What only looks odd is still a roster: the formats that are text are asked for where no header is found, and
// nowhere else.
func TestOddHeadingsAreHeadings(t *testing.T) {
	for _, text := range []string{
		"<Note>,Username,Group\n<b>,a,X\n", "[,Username,Group\n1,a,X\n", "{\"x\",Username,Group\n1,a,X\n",
		"Username,Group,\x01\na,X,1\n", "PK,Username,Group\n1,a,X\n",
	} {
		if got, _, _ := said(t, text, Options{}); strings.Join(got, " ") != "a>X" {
			t.Errorf("%q: %q", text, got)
		}
	}
	if no := refusal(t, "[Login],[Team]\na,X\n", Options{}); !strings.Contains(no.Text, `the header is: "[Login]", "[Team]"`) {
		t.Error(no)
	}
}
