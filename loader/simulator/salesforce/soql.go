package salesforce

import (
	"fmt"
	"strconv"
	"strings"

	"rosterload/loader/simulator/org"
)

// statement is a parsed SELECT.
type statement struct {
	text    string
	columns []string
	count   bool   // COUNT()
	counted string // alias of COUNT(Id), "" where there is none
	object  string
	where   condition
	used    []string // columns named in conditions
	all     bool     // FIELDS(): every column
	orderBy []ordering
	limit   int // -1: none
	offset  int
}

// ordering is one field of ORDER BY. Nulls come first unless it says otherwise.
type ordering struct {
	field     string
	desc      bool
	nullsLast bool
}

// condition tells whether a record fits. Get reads a field, nil for null.
type condition func(get func(name string) any) bool

// soqlError is answered as 400.
type soqlError struct{ code, message string }

func (e *soqlError) Error() string { return e.message }

// parser reads SOQL word by word.
type parser struct {
	text  string
	words []word
	at    int
	used  []string // fields named in conditions
}

type word struct {
	text  string
	begin int
	quote bool
}

func malformed(format string, args ...any) *soqlError {
	return &soqlError{"MALFORMED_QUERY", fmt.Sprintf(format, args...)}
}

// parse reads one SELECT.
func parse(text string) (*statement, error) {
	words, err := split(text)
	if err != nil {
		return nil, err
	}
	p := &parser{text: text, words: words}
	st := &statement{text: text, limit: -1}
	if !p.take("SELECT") {
		return nil, malformed("unexpected token: %s", p.peek().text)
	}
	if err := p.columns(st); err != nil {
		return nil, err
	}
	if !p.take("FROM") {
		return nil, malformed("unexpected token: %s", p.peek().text)
	}
	st.object = p.next().text
	err = p.clauses(st)
	st.used = p.used
	return st, err
}

func (p *parser) clauses(st *statement) (err error) {
	for p.at < len(p.words) {
		switch {
		case p.take("WHERE"):
			st.where, err = p.or()
		case p.take("ORDER"):
			p.take("BY")
			err = p.ordering(st)
		case p.take("LIMIT"):
			st.limit, err = p.number()
		case p.take("OFFSET"):
			st.offset, err = p.number()
		default:
			return malformed("unexpected token: %s", p.peek().text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) ordering(st *statement) error {
	for {
		o := ordering{field: p.next().text}
		if o.field == "" {
			return malformed("unexpected token: <EOF>")
		}
		if o.desc = p.take("DESC"); !o.desc {
			p.take("ASC")
		}
		if p.take("NULLS") {
			o.nullsLast = strings.EqualFold(p.next().text, "LAST")
		}
		st.orderBy = append(st.orderBy, o)
		if !p.take(",") {
			return nil
		}
	}
}

func (p *parser) columns(st *statement) error {
	for {
		name := p.next()
		switch upper := strings.ToUpper(name.text); {
		case name.text == "":
			return malformed("unexpected token: <EOF>")
		case upper == "COUNT" && p.take("("):
			if p.take(")") {
				st.count = true
				break
			}
			p.used = append(p.used, p.next().text)
			p.take(")")
			if st.counted = "expr0"; !strings.EqualFold(p.peek().text, "FROM") {
				st.counted = p.next().text
			}
		case upper == "FIELDS" && p.take("("):
			p.next()
			p.take(")")
			st.all = true
		default:
			st.columns = append(st.columns, name.text)
		}
		if !p.take(",") {
			return nil
		}
	}
}

func (p *parser) or() (condition, error) {
	left, err := p.and()
	for err == nil && p.take("OR") {
		var right condition
		was := left
		if right, err = p.and(); err == nil {
			left = func(get func(string) any) bool { return was(get) || right(get) }
		}
	}
	return left, err
}

func (p *parser) and() (condition, error) {
	left, err := p.not()
	for err == nil && p.take("AND") {
		var right condition
		was := left
		if right, err = p.not(); err == nil {
			left = func(get func(string) any) bool { return was(get) && right(get) }
		}
	}
	return left, err
}

func (p *parser) not() (condition, error) {
	if p.take("NOT") {
		inner, err := p.not()
		return func(get func(string) any) bool { return !inner(get) }, err
	}
	if p.take("(") {
		inner, err := p.or()
		if err == nil && !p.take(")") {
			err = malformed("expecting a right parentheses, found '%s'", p.peek().text)
		}
		return inner, err
	}
	return p.comparison()
}

func (p *parser) comparison() (condition, error) {
	name := p.next().text
	p.used = append(p.used, name)
	operator := strings.ToUpper(p.next().text)
	if operator == "NOT" && p.take("IN") {
		operator = "NOT IN"
	}
	switch operator {
	case "IN", "NOT IN":
		values, err := p.list(name)
		return func(get func(string) any) bool { return values[folded(get(name))] == (operator == "IN") }, err
	case "LIKE":
		pattern := strings.ToLower(p.next().text)
		return func(get func(string) any) bool {
			text, ok := get(name).(string)
			return ok && like(strings.ToLower(text), pattern)
		}, nil
	case "=", "!=", "<>", "<", ">", "<=", ">=":
		w := p.next()
		if w.text == "" && !w.quote {
			return nil, malformed("unexpected token: <EOF>")
		}
		value := literalOf(name, w)
		return func(get func(string) any) bool { return compare(folded(get(name)), operator, value) }, nil
	}
	return nil, malformed("unexpected token: '%s'", operator)
}

func (p *parser) list(name string) (map[string]bool, error) {
	values := map[string]bool{}
	if !p.take("(") {
		return nil, malformed("expecting a left parentheses, found '%s'", p.peek().text)
	}
	for {
		values[literalOf(name, p.next())] = true
		if p.take(")") {
			return values, nil
		}
		if !p.take(",") {
			return nil, malformed("unexpected token: '%s'", p.peek().text)
		}
	}
}

func (p *parser) number() (int, error) {
	n, err := strconv.Atoi(p.next().text)
	if err != nil || n < 0 {
		return 0, malformed("unexpected token: a number is expected")
	}
	return n, nil
}

func (p *parser) peek() word {
	if p.at >= len(p.words) {
		return word{text: "<EOF>"}
	}
	return p.words[p.at]
}

func (p *parser) next() word {
	if p.at >= len(p.words) {
		return word{}
	}
	p.at++
	return p.words[p.at-1]
}

func (p *parser) take(keyword string) bool {
	if w := p.peek(); !w.quote && strings.EqualFold(w.text, keyword) {
		p.at++
		return true
	}
	return false
}

// null is how null compares; no text can look like it.
const null = "\x00null"

// literalOf is a value as it compares with a column. Ids have 15 characters or 18.
func literalOf(column string, w word) string {
	if !w.quote && strings.EqualFold(w.text, "null") {
		return null
	}
	if strings.HasSuffix(strings.ToLower(column), "id") {
		if full, isID := org.FullID(w.text); isID {
			return strings.ToLower(full)
		}
	}
	return strings.ToLower(w.text)
}

// folded is a value as comparisons see it: text without case, which is how the org compares usernames and names.
func folded(v any) string {
	switch t := v.(type) {
	case nil:
		return null
	case string:
		return strings.ToLower(t)
	}
	return fmt.Sprint(v)
}

func compare(a, operator, b string) bool {
	switch operator {
	case "=":
		return a == b
	case "!=", "<>":
		return a != b
	case "<":
		return a != null && a < b
	case ">":
		return a != null && a > b
	case "<=":
		return a != null && a <= b
	}
	return a != null && a >= b
}

// like matches % (any text) and _ (one character); a backslash before them makes them plain.
func like(text, pattern string) bool {
	if pattern == "" {
		return text == ""
	}
	switch pattern[0] {
	case '%':
		for i := 0; i <= len(text); i++ {
			if like(text[i:], pattern[1:]) {
				return true
			}
		}
		return false
	case '_':
		return text != "" && like(text[1:], pattern[1:])
	case '\\':
		if len(pattern) > 1 {
			pattern = pattern[1:]
		}
	}
	return text != "" && text[0] == pattern[0] && like(text[1:], pattern[1:])
}
