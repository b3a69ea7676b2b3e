package flow

import "slices"

// typed is the schema of an option's type; nil for a type that is not here.
func (o Option) typed() object {
	switch o.Type {
	case OptDuration:
		return ref("duration")
	case OptLength:
		return ref("length")
	case OptKey:
		return ref("key")
	case OptKeys:
		return ref("keys")
	case OptKeyMap:
		return ref("keyMap")
	case OptVar, OptState, OptName:
		return ref("name")
	case OptFlow:
		return ref("flow")
	case OptVars:
		return ref("names")
	case OptPrompt:
		return ref("prompt")
	case OptPrompts:
		return ref("prompts")
	case OptCondition:
		return ref("condition")
	case OptValue:
		return ref("value")
	case OptSpoken:
		return ref("spoken")
	case OptHandler:
		return ref("handler")
	case OptZone:
		return ref("zone")
	case OptHours:
		return ref("hours")
	case OptHolidays:
		return ref("holidays")
	case OptSteps:
		return ref("steps")
	case OptBool, OptInt, OptWord, OptText, OptTarget, OptTexts, OptLiteral, OptJSON:
		return o.scalar()
	case OptWho:
		return ref("who")
	case OptTargets, OptWhos, OptCases, OptChecks, OptDays, OptPromises, OptNames:
		return o.list()
	case OptMap, OptNamed, OptVariables, OptGroups, OptStates, OptHandlers, OptDefaults, OptCatalogue:
		return o.table()
	}
	return nil
}

// scalar is the schema of a single value.
func (o Option) scalar() object {
	switch {
	case o.Type == OptBool:
		return object{"type": "boolean"}
	case o.Type == OptInt && len(o.Words) > 0, o.Type == OptWord:
		return object{"enum": o.words()}
	case o.Type == OptInt:
		return object{"type": "integer"}
	case o.Type == OptTexts:
		return object{"if": object{"type": "array"}, "then": object{"items": o.text(), "minItems": 1}, "else": o.text()}
	case o.Type == OptLiteral, o.Type == OptJSON:
		return object{}
	}
	return o.text()
}

// text is the schema of a text.
func (o Option) text() object {
	s := object{"type": "string"}
	if o.Pattern != "" {
		s["pattern"] = o.Pattern
		s["patternErrorMessage"] = o.Doc + ", such as " + o.Example
	}
	return s
}

// list is the schema of a list, whose only item may stand alone.
func (o Option) list() object {
	switch {
	case o.Type == OptTargets:
		return oneOrMore("target", object{"maxItems": o.Most})
	case o.Type == OptWhos:
		return oneOrMore("who", object{"minItems": 1})
	case o.Type == OptCases:
		return oneOrMore("case", object{"minItems": 1})
	case o.Type == OptChecks:
		return oneOrMore("check", object{})
	case o.Type == OptDays:
		return oneOrMore("day", object{})
	case o.Type == OptNames:
		name := nameBut(o.Reserved)
		return object{"if": object{"type": "array"}, "then": object{"items": name}, "else": name}
	}
	return object{"type": "array", "items": ref("promise")} // OptPromises
}

// table is the schema of a map.
func (o Option) table() object {
	switch {
	case o.Type == OptNamed:
		return o.named(mapOf(o.Name, o.Fields))
	case o.Type == OptVariables:
		return o.named(ref("variable"))
	case o.Type == OptGroups:
		return o.named(oneOrMore("target", object{"minItems": 1, "maxItems": maxMembers}))
	case o.Type == OptStates:
		s := o.named(ref("steps"))
		s["patternProperties"] = object{"^on_": false}
		s["minProperties"] = 1
		return s
	case o.Type == OptHandlers:
		return flowHandlers()
	case o.Type == OptDefaults:
		return allDefaults()
	case o.Type == OptCatalogue:
		return oneOrMore("catalogue", object{})
	case o.Fields == nil && o.Values == "":
		return nil // nothing is known about it
	case o.Fields == nil:
		return o.named(Option{Name: o.Name, Type: o.Values}.typed())
	}
	s := mapOf(o.Name, o.Fields)
	if len(o.Words) > 0 {
		s["type"] = []string{"object", "boolean"}
	}
	return s
}

// named is a map whose keys are names, or look like Keys.
func (o Option) named(value object) object {
	s := object{"type": "object", "propertyNames": ref("name"), "additionalProperties": value}
	if o.Keys != "" {
		s["propertyNames"] = object{"pattern": o.Keys, "patternErrorMessage": "wanted: " + o.Doc}
	}
	if len(o.Reserved) > 0 {
		no := object{}
		for _, name := range o.Reserved {
			no[name] = false
		}
		s["allOf"] = []object{{"properties": no, "errorMessage": "a word of the language, which cannot be a name here"}}
	}
	return s
}

// nameBut is a name that is none of some.
func nameBut(words []string) object {
	if len(words) == 0 {
		return ref("name")
	}
	return object{"allOf": []object{ref("name"), {"not": object{"enum": sorted(words)}}}}
}

// sorted are words in the order of the alphabet, without repeats.
func sorted(words []string) []string {
	words = slices.Clone(words)
	slices.Sort(words)
	return slices.Compact(words)
}

// whoSchema is a participant of a meeting, or the bot.
func whoSchema() object {
	return object{"if": object{"type": "object"}, "then": mapOf("participant", whoOptions()), "else": object{"enum": []string{"bot"}}}
}
