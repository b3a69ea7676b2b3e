package control

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Settings are [graphsim.Settings] in JSON: an object with the names of the
// fields in lower case with underscores. What it does not have keeps its
// default; a duration of "0s" means none.
type Settings graphsim.Settings

// choices are the words for the fields that choose among forms, in the order of
// graphsim's constants.
func choices(t reflect.Type) []string {
	switch t {
	case reflect.TypeFor[graphsim.Spelling]():
		return []string{"seeded", "dashed", "upper"}
	case reflect.TypeFor[graphsim.AudioOrder]():
		return []string{"after", "merged", "first"}
	case reflect.TypeFor[graphsim.StartStatus]():
		return []string{"running", "not_started", "null"}
	case reflect.TypeFor[graphsim.BadPrompt]():
		return []string{"silent", "fails"}
	case reflect.TypeFor[graphsim.CancelForm]():
		return []string{"failed", "by_enum", "completed"}
	case reflect.TypeFor[graphsim.DoubleSubscription]():
		return []string{"once", "twice", "refuse"}
	}
	return nil
}

// SettingNames are the names of all settings, in graphsim's order.
func SettingNames() []string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[graphsim.Settings]()) {
		names = append(names, snake(f.Name))
	}
	return names
}

// UnmarshalJSON reads an object; its error is a [Error].
func (s *Settings) UnmarshalJSON(b []byte) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(b, &given); err != nil {
		return bad("settings", "they are no object", `give {"name": value}`)
	}
	names := SettingNames()
	v := reflect.ValueOf(s).Elem()
	for name, raw := range given {
		i := slices.Index(names, name)
		if i < 0 {
			return bad("settings."+name, "there is no such setting", "leave it out"+diag.DidYouMean(name, names))
		}
		if err := readSetting(v.Field(i), raw); err != nil {
			return bad("settings."+name, "the value "+string(raw)+" does not fit", "give "+err.Error())
		}
	}
	return nil
}

// wanted is an error that says what a value should be.
func wanted(format string, args ...any) error { return fmt.Errorf(format, args...) }

// readSetting reads one value. Its error says what to give instead.
func readSetting(v reflect.Value, raw json.RawMessage) error {
	if words := choices(v.Type()); words != nil {
		var word string
		_ = json.Unmarshal(raw, &word) // no word is none of them
		i := slices.Index(words, word)
		if i < 0 {
			return wanted("%s", diag.OneOf(words))
		}
		v.SetInt(int64(i))
		return nil
	}
	switch to := v.Addr().Interface().(type) {
	case *time.Duration:
		return readDuration(to, raw)
	case *graphsim.Result:
		var r Result
		if decode(raw, &r) != nil {
			return wanted(`{"code": 200, "subcode": 5002, "message": "..."}`)
		}
		*to = graphsim.Result{Code: r.Code, Subcode: r.Subcode, Message: r.Message}
		return nil
	case *graphsim.Refusal:
		var r Refusal
		if decode(raw, &r) != nil {
			return wanted(`{"status": 400, "code": "8585"}`)
		}
		*to = graphsim.Refusal{Status: r.Status, Code: r.Code}
		return nil
	}
	if json.Unmarshal(raw, v.Addr().Interface()) != nil {
		return wanted("%s", jsonKind(v.Type()))
	}
	return nil
}

func readDuration(to *time.Duration, raw json.RawMessage) error {
	var text string
	_ = json.Unmarshal(raw, &text) // no text is no duration
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return wanted(`a duration such as "300ms", "1.5s" or "45m"; "0s" is none`)
	}
	if d == 0 {
		d = -1 // graphsim's word for none
	}
	*to = d
	return nil
}

// MarshalJSON writes what is not left to its default.
func (s Settings) MarshalJSON() ([]byte, error) {
	out := map[string]any{}
	v := reflect.ValueOf(s)
	for i, name := range SettingNames() {
		f := v.Field(i)
		if f.IsZero() {
			continue
		}
		words := choices(f.Type())
		switch value := f.Interface().(type) {
		case time.Duration:
			out[name] = max(value, 0).String()
		case graphsim.Result:
			out[name] = result(value)
		case graphsim.Refusal:
			out[name] = Refusal{Status: value.Status, Code: value.Code}
		default:
			out[name] = value
			if words != nil {
				out[name] = words[f.Int()]
			}
		}
	}
	return json.Marshal(out)
}

// Result is a resultInfo: how a call or an operation ended.
type Result struct {
	Code    int    `json:"code"`
	Subcode int    `json:"subcode"`
	Message string `json:"message,omitempty"`
}

func result(r graphsim.Result) Result {
	return Result{Code: r.Code, Subcode: r.Subcode, Message: r.Message}
}

// Refusal is the answer to a request that is refused.
type Refusal struct {
	Status int    `json:"status" doc:"HTTP status"`
	Code   string `json:"code" doc:"error.code"`
}

// snake is a Go name in lower case with underscores.
func snake(name string) string {
	runes := []rune(strings.Replace(name, "IDs", "Ids", 1))
	var b strings.Builder
	for i, r := range runes {
		begins := i > 0 && unicode.IsUpper(r) &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if begins {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
