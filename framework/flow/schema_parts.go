package flow

import (
	"strings"

	"github.com/ivrflow/ivrflow/framework/schedule"
)

// promptDefinitions are prompts and their parts.
func promptDefinitions(all object) {
	part := mapOf("prompt", partFields())
	part["allOf"] = onePart()
	part["dependencies"] = object{"say_as": []string{"value"}, "value": []string{"say_as"}}
	all["partMap"] = part
	all["part"] = object{"type": []string{"string", "object"}, "pattern": orFragment(),
		"patternErrorMessage": "a prompt of the catalogue; a text to be spoken is written {say: ...}",
		"if":                  object{"type": "object"}, "then": ref("partMap")}
	all["prompt"] = object{
		"if": object{"type": "array"}, "then": object{"items": ref("part"), "maxItems": maxParts}, "else": ref("part")}
	all["catalogue"] = object{"type": []string{"string", "object"}, "propertyNames": ref("promptName"), "additionalProperties": ref("entry")}
}

// onePart says that a part is one thing: the first key excludes the others.
func onePart() []object {
	keys := append(partKeys(), "prompt")
	only := "a part of a prompt has one of " + strings.Join(keys, ", ")
	all := []object{{"if": object{"not": hasAny(keys)}, "then": object{"required": keys[:1], "errorMessage": only}}}
	for i, key := range keys[:len(keys)-1] {
		no := object{}
		for _, other := range keys[i+1:] {
			no[other] = false
		}
		all = append(all, object{"if": hasKey(key), "then": object{"properties": no, "errorMessage": only}})
	}
	return all
}

// isPartSchema holds for a map that is a part of a prompt.
func isPartSchema() object { return hasAny(partKeys()) }

// hasAny holds for a map that has one of the keys.
func hasAny(keys []string) object {
	var kinds []object
	for _, key := range keys {
		kinds = append(kinds, object{"required": []string{key}})
	}
	return object{"type": "object", "anyOf": kinds}
}

// scheduleDefinitions are what schedules are made of.
func scheduleDefinitions(all object) {
	day := strings.Join(schedule.WeekKeys(), "|")
	hours := object{"type": []string{"string", "array"}, "minItems": 1, "items": object{"type": "string"}}
	week := object{}
	for _, key := range schedule.WeekKeys() {
		week[key] = hours
	}
	var regions []string
	for _, r := range schedule.Regions() {
		regions = append(regions, r.Code)
	}
	all["zone"] = object{"enum": schedule.Zones(), "errorMessage": "the name of a time zone, such as Europe/Berlin"}
	all["hours"] = object{"type": []string{"string", "object"}, "minProperties": 1, "properties": week,
		"propertyNames": object{"pattern": "^(" + day + ")( *- *(" + day + "))?$", "patternErrorMessage": "a day, such as mon, or several, such as mon-fri"}, "additionalProperties": hours,
		"examples": []string{"Mo-Fr 09:00-17:00"}}
	all["region"] = object{"type": "string", "anyOf": []object{
		{"enum": regions, "errorMessage": "a region such as DE-BY, or a file of days such as ./days.yaml"}, {"pattern": "[./]"}}}
	all["holidays"] = oneOrMore("region", object{})
	all["day"] = object{"type": []string{"string", "object"}, "if": object{"type": "object"}, "then": mapOf("day", dayFields())}
}

// promise is an invariant.
func promise() object {
	s := mapOf("invariant", promiseFields())
	s["type"] = []string{"string", "object"}
	s["pattern"] = requiresForm.String()
	s["minProperties"], s["maxProperties"] = 1, 1
	return s
}

// checkSchema is a check of a variable: a word, a condition or a map.
func checkSchema() object {
	return object{"type": []string{"string", "object"}, "if": object{"type": "object"}, "then": mapOf("check", checkFields()),
		"else": object{"anyOf": []object{{"enum": checkWords[:], "errorMessage": "luhn, iban, date, {range: 1..31}, or a condition over value"}, {"not": object{"pattern": nameForm.String()}}}}}
}

// variable is a declaration. What it can have depends on its type.
func variable() object {
	byType := map[string]object{}
	for _, name := range typeNames() {
		v, then := Var{Type: Type(name)}, object{}
		switch v.Type {
		case TypeNumber:
			then["default"] = object{"type": []string{"number", "null"}}
		case TypeBool:
			then["default"] = object{"type": []string{"boolean", "null"}}
		case TypeMoney:
			then["default"] = object{"type": []string{"number", "string", "null"}}
		case TypeList, TypeMap:
		case TypeString, TypeDigits, TypeDate, TypeTime, TypePhone, TypeRecording:
			then["default"] = object{"type": []string{"string", "null"}}
		}
		if v.Type != TypeMoney {
			then["currency"] = false
		}
		if !v.hasLength() {
			then["length"] = false
		}
		byType[name] = object{"properties": then, "errorMessage": "not of a variable of type " + name}
	}
	byType[string(TypeMoney)]["required"] = []string{"currency"}
	byType[string(TypeMoney)]["errorMessage"] = "money needs its currency, such as currency: GBP"
	s := mapOf("variable", varFields())
	var all []object
	for _, name := range typeNames() {
		all = append(all, object{"if": object{"properties": object{"type": object{"const": name}}, "required": []string{"type"}}, "then": byType[name]})
	}
	s["allOf"] = all
	return s
}

// keyMap is DTMF keys with their handlers.
func keyMap() object {
	keys := object{}
	for _, key := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "star", "pound"} {
		keys[key] = ref("handler")
	}
	return object{"type": "object", "minProperties": 1, "properties": keys, "additionalProperties": ref("handler"),
		"propertyNames": object{"pattern": "^(" + keysPattern + ")$", "patternErrorMessage": "a key: 0 to 9, star, pound, a to d, or several such as \"12\""},
		"errorMessage":  "a map of keys with what follows, such as {1: sales, 0: agent}"}
}

// flowHandlers is the section handlers: any outcome but done.
func flowHandlers() object {
	properties := object{"keys": ref("keyMap")}
	for _, v := range Verbs() {
		for _, o := range v.Outcomes {
			if o.Name != outcomeDone {
				properties[o.Name] = ref("handler")
			}
		}
	}
	return object{"type": "object", "properties": properties, "propertyNames": ref("name"), "additionalProperties": ref("handler")}
}

// allDefaults is the section defaults.
func allDefaults() object {
	properties := object{}
	for _, v := range Verbs() {
		keys := object{}
		for _, o := range v.Options {
			if !o.own(v.Name) {
				keys[o.Name] = o.schema(v.Name)
			}
		}
		for _, o := range v.Outcomes {
			keys[o.Name] = o.schema()
		}
		s := object{"type": "object", "description": v.Doc, "properties": keys, "additionalProperties": false}
		if v.Numbered != "" {
			s["patternProperties"] = object{v.Numbered: ref("handler")}
		}
		properties[v.Name] = s
	}
	return object{"type": "object", "properties": properties, "additionalProperties": false}
}
