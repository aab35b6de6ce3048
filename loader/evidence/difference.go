package evidence

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// said is one sentence and the row that it is about.
type said struct {
	row  int
	text string
}

type difference struct {
	*written
	all       []found
	delimiter byte
	heading   []string
	said      []said
}

func (d *difference) say(row int, format string, args ...any) {
	d.said = append(d.said, said{row, fmt.Sprintf(format, args...)})
}

func (d *difference) find() {
	seen := make([]bool, d.count)
	var known []int
	for i := range d.all {
		switch place := d.all[i].place; {
		case place < 0:
		case seen[place]:
			d.say(place+1, "row %d is there twice: one was added", place+1)
		default:
			seen[place] = true
			known = append(known, place)
		}
	}
	d.reordered(known)
	d.strange(seen)
	for place, there := range seen {
		if !there {
			d.say(place+1, "row %d is missing", place+1)
		}
	}
}

// reordered names the rows that stand out of the longest run of rows in order.
func (d *difference) reordered(known []int) {
	if slices.IsSorted(known) {
		return
	}
	in := longestRise(known)
	for i, place := range known {
		if !in[i] {
			d.say(place+1, "row %d stands in another place", place+1)
		}
	}
}

// strange takes each record that was not written for the row that it says it is, when that row is missing, or for the
// missing row between its neighbours; the others were added.
func (d *difference) strange(seen []bool) {
	claims := map[int]int{} // place to the record that claims it
	for i, f := range d.all {
		if f.place < 0 && f.says >= 1 && f.says <= d.count && !seen[f.says-1] {
			if _, taken := claims[f.says-1]; !taken {
				claims[f.says-1] = i
			}
		}
	}
	before := -1
	for i, f := range d.all {
		if f.place >= 0 {
			before = f.place
			continue
		}
		place := f.says - 1
		if by, mine := claims[place]; !mine || by != i {
			place = before + 1
			if _, taken := claims[place]; taken || place >= d.count || seen[place] {
				d.say(before+2, "a row was added behind row %d: %s", before+1, shorten(f.text))
				continue
			}
		}
		seen[place], before = true, place
		d.changed(place, f.text)
	}
}

// changed says what a changed row says and what was written.
func (d *difference) changed(place int, is []byte) {
	was := d.record(place)
	if was == nil {
		d.say(place+1, "row %d was changed", place+1)
		return
	}
	a, b := cells(string(was), d.delimiter), cells(string(is), d.delimiter)
	told := 0
	for i := range max(len(a), len(b)) {
		if at(a, i) == at(b, i) {
			continue
		}
		if told++; told <= mostCells {
			d.say(place+1, "row %d was changed: column %s says %q, written was %q", place+1,
				cmp.Or(at(d.heading, i), strconv.Itoa(i+1)), at(b, i), at(a, i))
		}
	}
	switch {
	case told == 0:
		d.say(place+1, "row %d was changed: its cells say the same in another spelling", place+1)
	case told > mostCells:
		d.say(place+1, "row %d was changed: %d more of its cells differ", place+1, told-mostCells)
	}
}

func at(cells []string, i int) string {
	if i < len(cells) {
		return cells[i]
	}
	return ""
}

// cells cuts a record as far as it can be cut; one that is broken is cut at its delimiters.
func cells(record string, delimiter byte) []string {
	if c, err := csvCells(record, delimiter); err == nil {
		return c
	}
	return strings.Split(strings.TrimRight(record, "\r\n"), string(delimiter))
}

func shorten(text []byte) string {
	line := strings.TrimRight(string(text), "\n")
	if len(line) > 80 {
		line = strings.ToValidUTF8(line[:80], "") + "…"
	}
	return strconv.Quote(line)
}
