package flow

import (
	"maps"
	"slices"
)

// stepDefinitions are steps, by verb, and lists of them.
func stepDefinitions(all object) {
	var cases []object
	verbs, names := object{}, []string{}
	for _, v := range Verbs() {
		names = append(names, v.Name)
		verbs[v.Name] = object{"description": v.Doc}
		cases = append(cases, object{"if": v.inStep(), "then": ref("step_" + v.Name)})
		all["step_"+v.Name] = v.step()
	}
	all["step"] = object{"type": "object", "allOf": append(cases, noVerbYet(verbs, names))}
	all["case"] = switchCase()
	all["steps"] = stepList(false)
	all["handlerSteps"] = stepList(true)
}

// inStep holds for a step that has the verb. The name may also be an option of
// another verb, as that of wait is of join.
func (v Verb) inStep() object {
	s := hasKey(v.Name)
	for _, other := range Verbs() {
		if slices.ContainsFunc(other.Options, func(o Option) bool { return o.Name == v.Name }) {
			s["not"] = hasKey(other.Name)
		}
	}
	return s
}

func hasKey(name string) object { return object{"required": []string{name}} }

// noVerbYet is for a step without a verb: editors offer all.
func noVerbYet(verbs object, names []string) object {
	var one []object
	for _, name := range names {
		one = append(one, hasKey(name))
	}
	properties := stepKeySchemas(nil)
	maps.Copy(properties, verbs)
	const want = "a step needs a verb, such as play, menu or goto"
	return object{"if": object{"not": object{"anyOf": one}}, "then": object{
		"properties": properties, "additionalProperties": false, "errorMessage": want,
		"if":   object{"propertyNames": object{"enum": stepKeys()}},
		"then": object{"required": names[:1], "errorMessage": want}, // any would do
	}}
}

// stepList is steps in a state, or in a handler, where repeat may stand.
func stepList(repeat bool) object {
	var bare []string
	for _, v := range Verbs() {
		if v.Bare {
			bare = append(bare, v.Name)
		}
	}
	if repeat {
		bare = append(bare, "repeat")
	}
	one := object{"type": []string{"object", "string"}, "if": object{"type": "object"}, "then": ref("step"),
		"else": object{"if": object{"type": "string"}, "then": object{"enum": bare}}}
	s := object{"if": object{"type": "array"}, "then": object{"items": one}, "else": one}
	if !repeat {
		s["minItems"] = 1
	}
	return s
}

// handlerSchema is what follows an outcome.
func handlerSchema() object {
	return object{
		"description": "What follows: a state, end, repeat, a step, a list of steps, or {up_to: 2, then: ..., else: ...}.",
		"type":        []string{"string", "object", "array"},
		"pattern":     nameForm.String(),
		"examples":    handlerWords[:],
		"if":          hasKeyIn("up_to"), "then": mapOf("counted handler", countedFields()),
		"else": object{"if": object{"type": []string{"object", "array"}}, "then": ref("handlerSteps")},
	}
}

func hasKeyIn(name string) object {
	return object{"type": "object", "required": []string{name}}
}

// schema is an outcome's handler, with what the outcome means.
func (o Outcome) schema() object {
	s := ref("handler")
	if o.Doc != "" {
		s["description"] = sentence(o.Doc)
	}
	if o.Must {
		s["description"] = sentence(o.Doc) + " Must be handled."
	}
	return s
}

// stepKeySchemas are the keys of every step, with the verb's outcomes.
func stepKeySchemas(v *Verb) object {
	outcomes := object{"type": "object", "description": "What follows each outcome."}
	if v != nil {
		v.outcomes(outcomes)
	}
	id, when := nameBut([]string{StateIdle, StateHangingUp, StateEnded, StateReturned}), ref("condition")
	id["description"] = "The step's name in tests and reports."
	when["description"] = "The step is skipped unless this holds."
	return object{"id": id, "when": when, "outcomes": outcomes}
}

// outcomes adds the verb's outcomes to a map.
func (v Verb) outcomes(s object) {
	properties, _ := s["properties"].(object)
	if properties == nil {
		properties = object{}
	}
	for _, o := range v.Outcomes {
		properties[o.Name] = o.schema()
	}
	s["properties"], s["additionalProperties"] = properties, false
	if v.Open {
		s["additionalProperties"] = ref("handler")
	}
	if v.Numbered != "" {
		s["patternProperties"] = object{v.Numbered: ref("handler")}
	}
}

// step is a step of the verb.
func (v Verb) step() object {
	properties := stepKeySchemas(&v)
	v.options(properties)
	value := v.value()
	value["description"] = v.Doc
	properties[v.Name] = value
	s := object{"type": "object", "properties": properties}
	v.outcomes(s)
	if v.Open {
		s["allOf"] = []object{v.noOther()}
	}
	return s
}

// noOther refuses a second verb, which is no outcome.
func (v Verb) noOther() object {
	no := object{}
	for _, other := range Verbs() {
		if other.Name != v.Name {
			no[other.Name] = false
		}
	}
	return object{"properties": no, "errorMessage": "a step has one verb; make it two steps, each with its own -"}
}

func (v Verb) options(properties object) {
	for _, o := range v.Options {
		properties[o.Name] = o.schema(v.Name)
	}
}

// value is what stands after the verb: its main option, or all of them in a
// map.
func (v Verb) value() object {
	properties := object{"outcomes": stepKeySchemas(&v)["outcomes"]}
	v.options(properties)
	long := object{"type": "object", "properties": properties}
	v.outcomes(long)
	main := v.main()
	isLong, short := object{"type": "object"}, main.typed()
	switch {
	case main.Name == "":
		short = object{"type": "object"} // it has no short form
	case main.Type == OptMap:
		return short
	case main.Type == OptPrompt:
		isLong["not"] = isPartSchema()
	}
	s := object{"if": isLong, "then": long, "else": short}
	if v.Bare {
		return object{"if": object{"type": "null"}, "else": s}
	}
	return s
}

func (v Verb) main() Option {
	i := slices.IndexFunc(v.Options, func(o Option) bool { return o.Name == v.Main })
	if i < 0 {
		return Option{}
	}
	return v.Options[i]
}

// switchCase is a case of switch: with when and then, or with else.
func switchCase() object {
	s := mapOf("case", caseFields())
	s["if"], s["then"] = hasKey("else"), object{"maxProperties": 1}
	s["else"] = object{"required": []string{"when", "then"}}
	return s
}
