package front

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"rosterload/loader/page"
	"rosterload/loader/simulator/org"
)

// View is what the page of an org shows besides what its front knows.
type View struct {
	Unit   string // what there are so many of: licences, seats
	Used   int
	Of     int      // -1: no limit
	Head   []string // of the columns behind a user's name
	Choice string   // what another admin changes of a user: group, licences
	To     []string // what it may be changed to; empty text is none
	Line   []org.Stretch
	Tone   func(status string) string // the colour of a status: a class of page.css
	Links  []page.Link                // besides those that every org has
	Behind []Asked                    // what a second org, on the same address, was asked
}

// Person is a user on the page.
type Person struct {
	Name  string
	Is    string // what stands now where another admin may choose
	Cells []string
}

// peopleShown is how many users the page shows at once.
const peopleShown = 50

// Crowd picks the users that a page shows while an org walks through all of them, and counts all.
type Crowd struct {
	words    []string
	status   string
	number   int
	all      int
	found    int
	shown    []Person
	statuses map[string]int
}

func crowdOf(r *http.Request) *Crowd {
	q := r.URL.Query()
	c := &Crowd{
		words: strings.Fields(strings.ToLower(q.Get("q"))), status: q.Get("status"), number: 1,
		statuses: map[string]int{},
	}
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 0 {
		c.number = n
	}
	return c
}

// Add takes in one user. The cells are asked for only when the user is shown.
func (c *Crowd) Add(name, status, is string, cells func() []string) {
	c.all++
	c.statuses[status]++
	if c.status != "" && c.status != status || !c.isNamed(name) {
		return
	}
	if c.found++; c.found > (c.number-1)*peopleShown && len(c.shown) < peopleShown {
		c.shown = append(c.shown, Person{name, is, cells()})
	}
}

func (c *Crowd) isNamed(name string) bool {
	name = strings.ToLower(name)
	return !slices.ContainsFunc(c.words, func(word string) bool { return !strings.Contains(name, word) })
}

// inOrder are the statuses, the most frequent first.
func (c *Crowd) inOrder() []string {
	names := make([]string, 0, len(c.statuses))
	for name := range c.statuses {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := c.statuses[b] - c.statuses[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return names
}
