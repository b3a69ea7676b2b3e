package conformance_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// TestSimulatorRefusesWhatIsNotDescribed breaks each documented request at each
// place: another type, a member that no enumeration has, a property that nobody
// knows, none where one is needed. What the OpenAPI description does not allow is refused with 400, and
// the request as it is documented is taken afterwards: so nothing else was wrong,
// and nothing of the broken ones was done.
func TestSimulatorRefusesWhatIsNotDescribed(t *testing.T) {
	d := openAPI(t)
	not, broken := readMissing(t).Served, 0
	for _, x := range exchanges(t) {
		if len(x.request.Body) == 0 || not[x.id()+", "+x.request.Method] != "" || slices.Contains(removed, x.request.Path) {
			continue
		}
		onPlatform(t, x.Version, func(p *platform) {
			s := p.scene(x)
			var v any
			if err := json.Unmarshal(x.request.Body, &v); err != nil {
				t.Fatal(err)
			}
			p.willBehave(v, graphsim.Answers)
			drop(v, slices.Concat(undeclared, stray[x.Version+"/"+x.Page]))
			v = p.fit(v, s)
			path := strings.NewReplacer("{call}", string(s.call), "{id}", s.id).Replace(x.request.Path)
			usual := d.request(x.request.Method, x.request.Path, []byte(jsonOf(t, v)))
			for _, body := range broke(t, v) {
				faults := slices.DeleteFunc(d.request(x.request.Method, x.request.Path, body), func(f string) bool {
					return slices.Contains(usual, f) || taken.MatchString(f)
				})
				if len(faults) == 0 {
					continue
				}
				broken++
				if a := p.ask(x.request.Method, path, body); a.status != http.StatusBadRequest {
					t.Errorf("%s: %s, and was answered %d %s", x.id(), faults[0], a.status, a.reason())
				}
			}
			if a := p.ask(x.request.Method, path, []byte(jsonOf(t, v))); a.status >= 300 {
				t.Errorf("%s: as it is documented it was answered %d %s", x.id(), a.status, a.reason())
			}
		})
	}
	t.Logf("%d broken requests", broken)
	if broken < 1000 {
		t.Errorf("%d broken requests, want 1000 or more", broken)
	}
}

// taken are the faults of requests that the service takes all the same: properties
// that nobody knows in objects whose type is open in its metadata; what an identity
// has as identityProvider, which no type declares; and of an invitation of somebody
// from another call all but the first participant (page participant-invite).
var taken = regexp.MustCompile(`(identity|identity\.\w+|organizer|organizer\.\w+|quality|mediaQualityList\[\d+\])\.nonsense is not described$|` +
	`\.identityProvider |^\.participants\[[1-9]`)

// broke are copies of a body, each with one thing wrong.
func broke(t *testing.T, v any) [][]byte {
	t.Helper()
	var all [][]byte
	for _, place := range placesIn(v, nil) {
		for _, wrong := range []any{7, 1.5, true, "nonsense", object{}, []any{"nonsense"}, nil, absent{}} {
			var c any
			if err := json.Unmarshal([]byte(jsonOf(t, v)), &c); err != nil {
				t.Fatal(err)
			}
			if wrong == nil { // a property more, where that can be
				m, ok := within(c, place).(object)
				if !ok {
					continue
				}
				m["nonsense"] = 1
			} else if len(place) > 0 {
				put(c, place, wrong)
			}
			all = append(all, []byte(jsonOf(t, c)))
		}
	}
	return all
}

// placesIn are the ways to all that a value holds, itself the first.
func placesIn(v any, way []string) [][]string {
	all := [][]string{way}
	below := func(name string, v any) {
		all = append(all, placesIn(v, append(slices.Clip(way), name))...)
	}
	switch v := v.(type) {
	case object:
		for name, value := range v {
			if !strings.HasPrefix(name, "@") {
				below(name, value)
			}
		}
	case []any:
		for i, value := range v {
			below(strconv.Itoa(i), value)
		}
	}
	return all
}

func within(v any, way []string) any {
	for _, name := range way {
		if list, ok := v.([]any); ok {
			i, _ := strconv.Atoi(name) // placesIn made it
			v = list[i]
			continue
		}
		v = at(v, name)
	}
	return v
}

// absent in place of a value takes it away.
type absent struct{}

func put(v any, way []string, value any) {
	last := way[len(way)-1]
	switch in := within(v, way[:len(way)-1]).(type) {
	case object:
		in[last] = value
		if value == (absent{}) {
			delete(in, last)
		}
	case []any:
		i, _ := strconv.Atoi(last) // placesIn made it
		in[i] = value
	}
}
