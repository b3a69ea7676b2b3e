package graph_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/graph"
)

// TestEveryTypeKeepsWhatItDoesNotKnow puts a property that nobody knows into each
// object that a resource can hold, reads it and writes it back.
func TestEveryTypeKeepsWhatItDoesNotKnow(t *testing.T) {
	objects := 0
	for _, root := range []any{new(graph.CallResource), new(graph.Participant), new(graph.OperationResource), new(graph.AudioRoutingGroup),
		new(graph.ContentSharingSession), new(graph.ParticipantNotice)} {
		of := reflect.TypeOf(root).Elem()
		for _, text := range objectsIn(of, `{"brandNew":7}`, "%", 4) {
			objects++
			if err := json.Unmarshal([]byte(text), root); err != nil {
				t.Errorf("%s: %v in %s", of.Name(), err, text)
				continue
			}
			if got := string(marshal(t, root)); !strings.Contains(got, `"brandNew":7`) {
				t.Errorf("%s: %s is written back as %s", of.Name(), text, got)
			}
			reflect.ValueOf(root).Elem().SetZero()
		}
	}
	if objects < 200 {
		t.Errorf("%d objects, want 200 or more", objects)
	}
	t.Logf("%d objects", objects)
}

// objectsIn are texts with what in each of the objects of a type; around has a %
// where the type's own object is.
func objectsIn(of reflect.Type, what, around string, depth int) []string {
	all := []string{strings.Replace(around, "%", what, 1)}
	if depth == 0 {
		return all
	}
	for _, f := range reflect.VisibleFields(of) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		kind, object := f.Type, "%"
		if kind.Kind() == reflect.Slice {
			kind, object = kind.Elem(), "[%]"
		}
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		if name == "" || name == "-" || kind.Kind() != reflect.Struct {
			continue
		}
		all = append(all, objectsIn(kind, what, strings.Replace(around, "%", `{"`+name+`":`+object+`}`, 1), depth-1)...)
	}
	return all
}

// TestQueryIsEscaped: what a caller of the client names stays in its query option.
func TestQueryIsEscaped(t *testing.T) {
	fake := &fakeGraph{answer: func(int, exchange) (*http.Response, error) { return reply(http.StatusOK, `{}`), nil }}
	if _, err := newClient(t, fake, nil).Call(tenant, "c1").Get(t.Context(), graph.Select("id", "a&$expand=b c")); err != nil {
		t.Fatal(err)
	}
	if got := fake.requests[0].url; !strings.HasSuffix(got, "?$select=id,a%26%24expand%3Db+c") {
		t.Errorf("asked %s", got)
	}
}
