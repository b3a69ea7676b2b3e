package flow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// object is a JSON object: a schema, or a part of one.
type object = map[string]any

// Schema is the JSON Schema (draft-07) of flow files, as JSON. It is made from
// the tables that the loader reads with: whatever [Load] accepts is valid. It
// cannot see what depends on two places of a flow, such as the name of a state.
//
// A step is described by conditions on its verb, not by a choice between
// schemas: editors then offer the verb's own options, and show a fault at its
// place. patternErrorMessage and errorMessage are words for the YAML language
// server; validators ignore them.
func Schema() []byte {
	root := mapOf("flow", sections(Verbs()))
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["description"] = "An ivrflow flow, version 1: a phone menu: what a caller hears, what keys do, what is recorded and where the call goes."
	root["definitions"] = definitions()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(root); err != nil {
		panic(err) // maps, lists and texts
	}
	return b.Bytes()
}

// definitions are the schemas that others refer to.
func definitions() object {
	all := object{
		"name": object{"type": "string", "pattern": nameForm.String(), "patternErrorMessage": nameHint, "not": object{"enum": yamlBools[:]}},
		"promptName": object{"type": "string", "pattern": orFragment(), "not": object{"enum": yamlBools[:]},
			"patternErrorMessage": nameHint + "; recordings of words have names such as _number/21, _digit/5, _month/3 or _word/hundred"},
		"flow": object{"type": "string", "pattern": "^(" + readyMade + ")?" + strings.TrimPrefix(nameForm.String(), "^"), "examples": readyFlows(),
			"patternErrorMessage": "the name of a flow beside this file or above it, or flows/NAME for a ready-made one"},
		"duration":  object{"type": "string", "pattern": tree.DurationPattern, "patternErrorMessage": "a time such as 300ms, 5s, 2m or 1h30m"},
		"length":    object{"type": []string{"integer", "string"}, "pattern": lengthForm.String(), "minimum": 1, "maximum": 99, "patternErrorMessage": "a length such as 4 or 4..6"},
		"key":       object{"type": []string{"string", "integer"}, "pattern": "^(" + keyPattern + "|none)$", "minimum": 0, "maximum": 9, "patternErrorMessage": "a key: 0 to 9, star, pound, a to d, or none"},
		"keyRun":    object{"type": []string{"string", "integer"}, "pattern": "^(" + keysPattern + "|none)$", "minimum": 0, "patternErrorMessage": `keys such as "123", star or none`},
		"keys":      oneOrMore("keyRun", object{}),
		"keyMap":    keyMap(),
		"condition": object{"type": []string{"string", "boolean"}},
		"value":     object{"type": []string{"string", "number", "boolean"}},
		"spoken":    object{"type": []string{"string", "number"}},
		"names":     oneOrMore("name", object{}),
		"target":    mapOf("target", targetFields()),
		"who":       whoSchema(),
		"check":     checkSchema(),
		"entry":     object{"type": []string{"string", "object"}, "if": object{"type": "object"}, "then": mapOf("prompt", entryFields())},
		"variable":  variable(),
		"promise":   promise(),
		"handler":   handlerSchema(),
		"prompts":   object{"if": object{"type": "array"}, "then": object{"items": ref("prompt"), "maxItems": maxTries}, "else": ref("prompt")},
	}
	promptDefinitions(all)
	scheduleDefinitions(all)
	stepDefinitions(all)
	return all
}

// Patterns of one key, as ivr.ParseKey reads it, and of several.
const (
	keyPattern  = `[0-9a-dA-D*#]|[Ss][Tt][Aa][Rr]|[Pp][Oo][Uu][Nn][Dd]`
	keysPattern = `[0-9a-dA-D*#]+|[Ss][Tt][Aa][Rr]|[Pp][Oo][Uu][Nn][Dd]`
)

// orDynamic adds to a pattern any text with an expression in it.
func orDynamic(pattern string) string { return pattern + `|\$\{` }

// orFragment is a pattern of a prompt's name, or of a recording of words.
func orFragment() string { return nameForm.String() + "|" + prompt.FragmentPattern }

func ref(name string) object { return object{"$ref": "#/definitions/" + name} }

// mapOf is a map with the keys of a table. Its name is for messages of
// missing types.
func mapOf(name string, fields []Option) object {
	properties, required := object{}, []string{}
	for _, f := range fields {
		properties[f.Name] = f.schema(name)
		if f.Required {
			required = append(required, f.Name)
		}
	}
	s := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// oneOrMore is a definition's value, or a list of them.
func oneOrMore(definition string, more object) object {
	s := object{"if": object{"type": "array"}, "then": object{"items": ref(definition)}, "else": ref(definition)}
	maps.Copy(s, more)
	return s
}

// schema is what the table says of a key.
func (o Option) schema(of string) object {
	s := o.typed()
	if s == nil {
		panic(fmt.Sprintf("%s of %s has the type %q, which schema_types.go does not know; a map needs Fields or Values", o.Name, of, o.Type))
	}
	s["description"] = sentence(o.Doc)
	if o.Default != "" {
		s["default"] = o.literal(o.Default)
		s["description"] = sentence(o.Doc) + " Default: " + o.Default + "."
	}
	if o.Example != "" {
		s["examples"] = []any{o.literal(o.Example)}
	}
	return s
}

// literal is a value of the table as JSON.
func (o Option) literal(text string) any {
	switch {
	case o.Type == OptInt:
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
	case o.Type == OptBool, o.Type == OptWord && slices.Contains(o.Words, "false"), o.Type == OptMap:
		if text == "true" || text == "false" {
			return text == "true"
		}
	}
	return text
}

// words are the values that an option can have.
func (o Option) words() []any {
	var out []any
	for _, w := range o.Words {
		out = append(out, o.literal(w))
	}
	return out
}

// sentence is a text of the table with a capital and a full stop.
func sentence(doc string) string {
	if doc == "" {
		return ""
	}
	return strings.ToUpper(doc[:1]) + doc[1:] + "."
}
