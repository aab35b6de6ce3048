package vault

import (
	"fmt"
	"strconv"
	"strings"
)

// statement is a parsed VQL query.
type statement struct {
	columns  []string
	object   string
	where    condition
	orderBy  string
	desc     bool
	maxRows  int // -1: none
	pageSize int // 0: the Vault's own
	offset   int
}

// condition tells whether a record fits. Get reads a field's text, and whether it is set.
type condition func(get func(name string) (string, bool)) bool

type word struct {
	text  string
	quote bool
}

type syntaxError struct{ message string }

func (e *syntaxError) Error() string { return e.message }

func wrong(format string, args ...any) error {
	return &syntaxError{fmt.Sprintf(format, args...)}
}

// words cuts a query. Strings stand in single quotes; a backslash escapes a backslash or a quote, a quote may be
// doubled, and any other backslash is an error.
func words(text string) (all []word, err error) {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '\'':
			var value string
			if value, i, err = quoted(text, i+1); err != nil {
				return nil, err
			}
			all = append(all, word{value, true})
		case strings.IndexByte("(),", c) >= 0:
			all = append(all, word{string(c), false})
			i++
		case strings.IndexByte("=!<>", c) >= 0:
			n := 1
			if i+1 < len(text) && strings.IndexByte("=>", text[i+1]) >= 0 {
				n = 2
			}
			all = append(all, word{text[i : i+n], false})
			i += n
		default:
			n := strings.IndexAny(text[i:], " \t\r\n'(),=!<>")
			if n < 0 {
				n = len(text) - i
			}
			all = append(all, word{text[i : i+n], false})
			i += n
		}
	}
	return all, nil
}

func quoted(text string, i int) (string, int, error) {
	var b strings.Builder
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && (text[i+1] == '\\' || text[i+1] == '\''):
			i++
			b.WriteByte(text[i])
		case c == '\\':
			return "", 0, wrong("unescaped backslash at %d", i)
		case c == '\'' && i+1 < len(text) && text[i+1] == '\'':
			i++
			b.WriteByte('\'')
		case c == '\'':
			return b.String(), i + 1, nil
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, wrong("a string is not closed")
}

// parser reads VQL word by word.
type parser struct {
	words []word
	at    int
	fold  bool // CASEINSENSITIVE is known
	used  []string
}

func parse(text string, fold bool) (*statement, []string, error) {
	all, err := words(text)
	if err != nil {
		return nil, nil, err
	}
	p := &parser{words: all, fold: fold}
	st := &statement{maxRows: -1}
	if !p.take("SELECT") {
		return nil, nil, wrong("expected SELECT")
	}
	for {
		st.columns = append(st.columns, p.next().text)
		if !p.take(",") {
			break
		}
	}
	if !p.take("FROM") {
		return nil, nil, wrong("expected FROM, found %q", p.peek().text)
	}
	st.object = p.next().text
	if err := p.clauses(st); err != nil {
		return nil, nil, err
	}
	if p.at < len(p.words) {
		return nil, nil, wrong("unexpected %q", p.peek().text)
	}
	return st, p.used, nil
}

func (p *parser) clauses(st *statement) (err error) {
	if p.take("WHERE") {
		if st.where, err = p.or(); err != nil {
			return err
		}
	}
	if p.take("ORDER") {
		p.take("BY")
		st.orderBy = p.next().text
		if st.desc = p.take("DESC"); !st.desc {
			p.take("ASC")
		}
	}
	for _, clause := range []struct {
		keyword string
		into    *int
	}{
		{"MAXROWS", &st.maxRows},
		{"SKIP", &st.offset},
		{"PAGESIZE", &st.pageSize},
		{"LIMIT", &st.pageSize},
		{"PAGEOFFSET", &st.offset},
	} {
		if p.take(clause.keyword) {
			if *clause.into, err = strconv.Atoi(p.next().text); err != nil {
				return wrong("%s wants a number", clause.keyword)
			}
		}
	}
	return nil
}

func (p *parser) or() (condition, error) {
	left, err := p.and()
	for err == nil && p.take("OR") {
		was := left
		var right condition
		if right, err = p.and(); err == nil {
			left = func(get func(string) (string, bool)) bool { return was(get) || right(get) }
		}
	}
	return left, err
}

func (p *parser) and() (condition, error) {
	left, err := p.term()
	for err == nil && p.take("AND") {
		was := left
		var right condition
		if right, err = p.term(); err == nil {
			left = func(get func(string) (string, bool)) bool { return was(get) && right(get) }
		}
	}
	return left, err
}

func (p *parser) term() (condition, error) {
	if p.take("(") {
		inner, err := p.or()
		if err == nil && !p.take(")") {
			err = wrong("expected )")
		}
		return inner, err
	}
	name, fold := p.next().text, false
	if strings.EqualFold(name, "CASEINSENSITIVE") && p.take("(") {
		if !p.fold {
			return nil, wrong("unknown function %s", name)
		}
		name, fold = p.next().text, true
		p.take(")")
	}
	p.used = append(p.used, name)
	return p.comparison(name, fold)
}

func (p *parser) comparison(name string, fold bool) (condition, error) {
	spell := func(text string) string {
		if fold {
			return strings.ToLower(text)
		}
		return text
	}
	operator := strings.ToUpper(p.next().text)
	if operator == "CONTAINS" || operator == "IN" {
		wanted, err := p.list(spell)
		return func(get func(string) (string, bool)) bool {
			is, there := get(name)
			return there && wanted[spell(is)]
		}, err
	}
	w := p.next()
	if !w.quote && w.text == "" {
		return nil, wrong("a value is missing behind %s", operator)
	}
	isNull := !w.quote && w.text == "null"
	want := spell(w.text)
	switch operator {
	case "=", "!=", "<>":
		return func(get func(string) (string, bool)) bool {
			is, there := get(name)
			same := there && !isNull && spell(is) == want || !there && isNull
			return same == (operator == "=")
		}, nil
	case "<", ">", "<=", ">=":
		return func(get func(string) (string, bool)) bool {
			is, there := get(name)
			c := strings.Compare(spell(is), want)
			return there && (operator[0] == '<' && c < 0 || operator[0] == '>' && c > 0 || len(operator) == 2 && c == 0)
		}, nil
	case "LIKE":
		return func(get func(string) (string, bool)) bool {
			is, there := get(name)
			return there && like(spell(is), want)
		}, nil
	}
	return nil, wrong("unknown operator %q", operator)
}

func (p *parser) list(spell func(string) string) (map[string]bool, error) {
	if !p.take("(") {
		return nil, wrong("expected a list")
	}
	wanted := map[string]bool{}
	for {
		w := p.next()
		if w.text == "" && !w.quote {
			return nil, wrong("the list is not closed")
		}
		wanted[spell(w.text)] = true
		if p.take(")") {
			return wanted, nil
		}
		if !p.take(",") {
			return nil, wrong("expected , or )")
		}
	}
}

func like(text, pattern string) bool {
	parts := strings.Split(pattern, "%")
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for _, part := range parts[1:] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return text == "" || parts[len(parts)-1] == ""
}

func (p *parser) peek() word {
	if p.at < len(p.words) {
		return p.words[p.at]
	}
	return word{}
}

func (p *parser) next() word {
	w := p.peek()
	p.at++
	return w
}

func (p *parser) take(keyword string) bool {
	if w := p.peek(); !w.quote && strings.EqualFold(w.text, keyword) {
		p.at++
		return true
	}
	return false
}
