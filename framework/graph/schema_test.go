package graph_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// metadata is what the service's metadata says about types and actions.
type metadata struct {
	Enums map[string]struct {
		Members []struct{ Name string }
	}
	Types      map[string]metaType
	Operations []struct {
		Method, Path string
		Parameters   map[string]metaProperty
	}
}

type metaType struct {
	Base         string
	Abstract     bool
	DerivedTypes []string
	Properties   map[string]metaProperty
}

type metaProperty struct {
	Type        string
	Nullable    *bool
	Constraints map[string]any
}

// jsonSchema is the metadata as a JSON Schema: strict, so that a misspelt name
// or a missing type tag shows.
func (m metadata) jsonSchema() map[string]any {
	defs := map[string]any{}
	for name, enum := range m.Enums {
		var members []any
		for _, member := range enum.Members {
			members = append(members, member.Name)
		}
		defs[name] = map[string]any{"enum": members}
	}
	for name, typ := range m.Types {
		defs[name] = m.typeSchema(name, typ)
	}
	for _, op := range m.Operations {
		if op.Method == "POST" && op.Parameters != nil {
			action := op.Path[strings.LastIndexByte(op.Path, '/')+1:]
			defs["action."+action] = object(op.Parameters, false)
		}
	}
	return map[string]any{"$defs": defs}
}

func (m metadata) typeSchema(name string, typ metaType) map[string]any {
	if typ.Abstract && len(typ.DerivedTypes) > 0 {
		var choices []any
		for _, derived := range typ.DerivedTypes {
			choices = append(choices, map[string]any{"$ref": "#/$defs/" + derived})
		}
		return map[string]any{"required": []any{"@odata.type"}, "oneOf": choices}
	}
	properties := map[string]metaProperty{}
	for base := typ; ; base = m.Types[base.Base] {
		maps.Copy(properties, base.Properties)
		if base.Base == "" {
			break
		}
	}
	if name == "microsoft.graph.identitySet" {
		// The documentation's JSON tags it as the base type and adds the keys
		// of the derived one.
		maps.Copy(properties, m.Types["microsoft.graph.communicationsIdentitySet"].Properties)
	}
	if name == "microsoft.graph.identity" {
		// The same with a user's tenant and the legacy provider, which the
		// examples of invite have.
		maps.Copy(properties, m.Types["microsoft.graph.communicationsUserIdentity"].Properties)
		properties["identityProvider"] = metaProperty{Type: "Edm.String"}
	}
	s := object(properties, true)
	s["properties"].(map[string]any)["@odata.type"] = map[string]any{"const": "#" + name}
	return s
}

func object(properties map[string]metaProperty, isType bool) map[string]any {
	schemas, required := map[string]any{}, []any{}
	for name, p := range properties {
		item, isCollection := strings.CutPrefix(p.Type, "Collection(")
		schema := scalar(strings.TrimSuffix(item, ")"))
		if isCollection {
			schema = map[string]any{"type": "array", "items": schema}
		}
		// What must not be null must be there; of a type's collection the
		// metadata speaks about the items.
		if p.Nullable != nil && !*p.Nullable && !(isCollection && isType) {
			required = append(required, name)
		}
		for _, limit := range []string{"minimum", "maximum", "maxItems", "maxLength"} {
			if v, ok := p.Constraints[limit]; ok {
				schema[limit] = v
			}
		}
		schemas[name] = schema
	}
	return map[string]any{"type": "object", "properties": schemas, "required": required, "additionalProperties": false}
}

func scalar(edm string) map[string]any {
	switch edm {
	case "Edm.Boolean":
		return map[string]any{"type": "boolean"}
	case "Edm.Double":
		return map[string]any{"type": "number"}
	case "Edm.Int32", "Edm.Int64":
		return map[string]any{"type": "integer"}
	}
	if strings.HasPrefix(edm, "Edm.") {
		return map[string]any{"type": "string"}
	}
	return map[string]any{"$ref": "#/$defs/" + edm}
}

// TestRequestsMatchMetadata checks every body that Build makes against the
// service's metadata.
func TestRequestsMatchMetadata(t *testing.T) {
	compiler := metadataCompiler(t)
	for _, test := range requests() {
		t.Run(test.file, func(t *testing.T) {
			r, err := graph.Build(test.cmd, test.params)
			if err != nil {
				t.Fatal(err)
			}
			if r.Body == nil {
				return
			}
			action := r.Path[strings.LastIndexByte(r.Path, '/')+1:]
			def, body := "action."+action, marshal(t, r.Body)
			withID := bytes.Replace(body, []byte("{"), []byte(`{"id":"",`), 1)
			switch _, change := test.cmd.(ivr.RouteAudio); {
			case action == "calls": // a call that does not exist yet has no id
				def, body = "microsoft.graph.call", withID
			case action == "audioRoutingGroups":
				def, body = "microsoft.graph.audioRoutingGroup", withID
			case change:
				def = "microsoft.graph.audioRoutingGroup"
			}
			schema, err := compiler.Compile("metadata.json#/$defs/" + def)
			if err != nil {
				t.Fatal(err)
			}
			if err := validate(schema, body); err != nil {
				t.Errorf("%s: %v", body, err)
			}
		})
	}
}

// TestMetadataBites shows that the check finds what it is for.
func TestMetadataBites(t *testing.T) {
	compiler := metadataCompiler(t)
	tests := []struct{ action, body string }{
		{"playPrompt", `{"prompts":[{"mediaInfo":{"uri":"https://x"}}]}`},
		{"playPrompt", `{"prompts":[{"@odata.type":"#microsoft.graph.mediaPromt","mediaInfo":{"uri":"https://x"}}]}`},
		{"playPrompt", `{"prompts":[{"@odata.type":"#microsoft.graph.mediaPrompt","mediaInfo":{"url":"https://x"}}]}`},
		{"answer", `{"callbackUri":"https://x","mediaConfig":{},"acceptedModalities":["audio"]}`},
		{"answer", `{"callbackUri":"https://x","mediaConfig":{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig"},"acceptedModalities":["sound"]}`},
		{"recordResponse", `{"maxRecordDurationInSeconds":121}`},
		{"redirect", `{"targets":[],"timeout":5}`},
		{"redirect", `{"timeout":15}`},
		{"cancelMediaProcessing", `{"clientcontext":"s1.1"}`},
		{"reject", `{"reason":"Busy"}`},
		{"transfer", `{}`},
	}
	for _, test := range tests {
		schema, err := compiler.Compile("metadata.json#/$defs/action." + test.action)
		if err != nil {
			t.Fatal(err)
		}
		if validate(schema, []byte(test.body)) == nil {
			t.Errorf("%s %s: no fault found", test.action, test.body)
		}
	}
}

func metadataCompiler(t *testing.T) *jsonschema.Compiler {
	t.Helper()
	var m metadata
	if err := json.Unmarshal(read(t, reference(t, "schema.json")), &m); err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(marshal(t, m.jsonSchema())))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("metadata.json", doc); err != nil {
		t.Fatal(err)
	}
	return compiler
}

func validate(schema *jsonschema.Schema, body []byte) error {
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(instance)
}
