package spellout

import (
	"errors"
	"fmt"
	"strings"
)

// parseBody reads a rule's text, whose brackets have been taken out.
func parseBody(text string) ([]node, error) {
	var body []node
	for text != "" {
		i := strings.IndexAny(text, "<>=$")
		if i < 0 {
			return append(body, node{text: text}), nil
		}
		if i > 0 {
			body = append(body, node{text: text[:i]})
		}
		n, rest, err := parseSubstitution(text[i:])
		if err != nil {
			return nil, err
		}
		body, text = append(body, n), rest
	}
	return body, nil
}

// parseSubstitution reads one of << <%set< <#,##0< >> >>> =%set= $(...)$.
func parseSubstitution(text string) (n node, rest string, err error) {
	op := text[0]
	if op == '$' {
		return parsePlural(text)
	}
	n.op = op
	if strings.HasPrefix(text, ">>>") {
		n.triple = true
		return n, text[3:], nil
	}
	content, rest, ok := strings.Cut(text[1:], string(op))
	if !ok {
		return n, "", fmt.Errorf("the %c has no partner", op)
	}
	if op == '<' && strings.HasPrefix(rest, "<") {
		n.triple, rest = true, rest[1:]
	}
	switch {
	case strings.HasPrefix(content, "%"):
		n.set = content
	case content != "":
		n.figure = true // 0, #,##0, 0.#: all written the same way
	case op == '=':
		return n, "", errors.New("== names no rule set")
	}
	return n, rest, nil
}

// parsePlural reads $(cardinal,one{st}other{th})$.
func parsePlural(text string) (n node, rest string, err error) {
	inside, rest, ok := strings.Cut(strings.TrimPrefix(text, "$("), ")$")
	kind, forms, comma := strings.Cut(inside, ",")
	if !ok || !comma || kind != "cardinal" && kind != "ordinal" {
		return n, "", errors.New("a plural is $(cardinal,one{...}other{...})$")
	}
	n = node{op: '$', rank: kind == "ordinal", forms: map[string]string{}}
	for forms != "" {
		category, more, open := strings.Cut(forms, "{")
		form, after, closed := strings.Cut(more, "}")
		if !open || !closed {
			return n, "", errors.New("a plural form is not closed")
		}
		n.forms[strings.TrimSpace(category)], forms = form, after
	}
	if _, ok := n.forms["other"]; !ok {
		return n, "", errors.New("a plural has no form other")
	}
	return n, rest, nil
}
