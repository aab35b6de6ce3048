package validate

import "slices"

// A failed.csv of ours ends with two columns that say why each line failed. It is loaded as it is, so they are taken
// off again, and a cell that was guarded for a spreadsheet is the cell that it was.

// isFailed tells whether a header is that of a failed.csv of ours.
func isFailed(header []string) bool {
	n := len(header)
	return n >= 3 && heading(header[n-2]) == "reasoncode" && heading(header[n-1]) == "reason"
}

// dropReasons takes the two cells off a line whose own header has width columns. They stand behind the line's own
// cells, and a line has as many of those as it came with: too few, too many, or blank ones that a spreadsheet has
// added at the end.
func dropReasons(cells [][]byte, width int) [][]byte {
	n := len(cells)
	for n > 0 && len(trim(cells[n-1])) == 0 {
		n--
	}
	switch {
	case n > width+2 && isCode(cells[n-2]): // more cells than the header
		return cells[:n-2]
	case n > width+1 && isCode(cells[n-1]) && isBlankRecord(cells[width:n-1]): // blank surplus cells, a code, no reason
		return cells[:n-1]
	case n > width && isCode(cells[width]): // in their place; a comma in the reason may have cut it
		return cells[:width]
	case n > width+2: // the code is gone: the surplus stays and is told
		return cells[:n-2]
	case n >= 2 && n < width+2 && slices.Contains(recordCodes, string(cells[n-2])): // fewer cells than the header
		return cells[:n-2]
	}
	return cells[:min(width, len(cells))]
}

// recordCodes are the reasons of lines whose cells cannot be told apart or are too few. Such a line is found by them
// and by no other code: a group called SALES_EAST looks like a code, and must not be taken for one where the code was
// wiped out by hand.
var recordCodes = []string{codeColumns, codeQuoting, codeEncoding, codeTooLong}

// isCode tells whether a cell has the shape of a reason code: capitals, an underscore, and more of both or digits.
// Each connector has codes of its own; their shape is the same.
func isCode(cell []byte) bool {
	underscores := 0
	for i, c := range cell {
		switch {
		case 'A' <= c && c <= 'Z':
		case c == '_' && i > 0 && i < len(cell)-1:
			underscores++
		case '0' <= c && c <= '9' && underscores > 0:
		default:
			return false
		}
	}
	return underscores > 0
}

// needed is a cell that is read, without the blanks at its ends and without a guard.
func needed(cell []byte, guarded bool) []byte {
	cell = trim(cell)
	if guarded && isGuarded(cell) {
		return trim(cell[1:])
	}
	return cell
}

// isGuarded tells whether an apostrophe stands before a character that a spreadsheet would begin a formula with.
func isGuarded(cell []byte) bool {
	return len(cell) > 1 && cell[0] == '\'' && slices.Contains([]byte("=+-@\t"), cell[1])
}
