package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	words "github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"rosterload/loader/results"
)

// grid is a table for people. On a terminal it is as wide as the terminal, elsewhere as wide as its cells.
type grid struct {
	voice  *voice
	header []string
	rows   [][]string
	colour func(header, cell string) words.Colors
}

func newGrid(v *voice, header ...string) *grid { return &grid{voice: v, header: header} }

// add takes a row in. What comes from outside is spelled out on one line.
func (g *grid) add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = results.Plain(fmt.Sprint(c))
	}
	g.rows = append(g.rows, row)
}

// draw prints the rows, if there are any, without columns that are empty in each.
func (g *grid) draw() {
	if len(g.rows) == 0 {
		return
	}
	columns := g.filled()
	widths := g.fit(columns, g.voice.width())
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.OptionsNoBordersAndSeparators
	t.SetStyle(style)
	var configs []table.ColumnConfig
	for i, c := range columns {
		config := table.ColumnConfig{Number: i + 1, WidthMax: widths[i], WidthMaxEnforcer: words.WrapSoft}
		if g.colour != nil && g.voice.coloured() {
			config.Transformer = func(cell any) string { return g.colour(g.header[c], cell.(string)).Sprint(cell) }
		}
		if g.numeric(c) {
			config.Align, config.AlignHeader = words.AlignRight, words.AlignRight
		}
		configs = append(configs, config)
	}
	t.SetColumnConfigs(configs)
	t.AppendHeader(pick(g.header, columns))
	for _, row := range g.rows {
		t.AppendRow(pick(row, columns))
	}
	lines := strings.Split(t.Render(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	g.voice.print(strings.Join(lines, "\n") + "\n")
}

func pick(cells []string, columns []int) table.Row {
	row := make(table.Row, len(columns))
	for i, c := range columns {
		row[i] = cells[c]
	}
	return row
}

// filled are the columns with a cell that says anything.
func (g *grid) filled() []int {
	var columns []int
	for c := range g.header {
		if slices.ContainsFunc(g.rows, func(row []string) bool { return row[c] != "" }) {
			columns = append(columns, c)
		}
	}
	return columns
}

// numeric tells of a column that holds nothing but numbers.
func (g *grid) numeric(c int) bool {
	return !slices.ContainsFunc(g.rows, func(row []string) bool { return strings.Trim(row[c], "0123456789") != "" })
}

// padding is what stands on both sides of each cell.
const padding = 2

// whole are columns that are copied from the screen: they are not broken into two lines.
var whole = []string{"run", "reason", "row", "rows"}

// fit takes room from the widest columns until the table is no wider than so many characters; 0 is any width.
func (g *grid) fit(columns []int, width int) []int {
	widths, total := make([]int, len(columns)), 0
	for i, c := range columns {
		widths[i] = words.StringWidthWithoutEscSequences(g.header[c])
		for _, row := range g.rows {
			widths[i] = max(widths[i], words.StringWidthWithoutEscSequences(row[c]))
		}
		total += widths[i] + padding
	}
	for ; width > 0 && total > width; total-- {
		widest := -1
		for i, c := range columns {
			if !slices.Contains(whole, g.header[c]) && widths[i] > len(g.header[c]) &&
				(widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

// width is that of the terminal on stdout, 0 where there is none.
func (v *voice) width() int {
	f, ok := v.out.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// coloured tells whether stdout shows colours.
func (v *voice) coloured() bool { return colourful() && onTerminal(io.Writer(v.out)) }
