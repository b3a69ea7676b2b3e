package control

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Setup is how a simulator begins. The zero Setup is the service as it is
// documented, in which nothing fails.
type Setup struct {
	Seed         uint64            `json:"seed,omitempty" doc:"of ids, of what is left to chance, and of the chance of faults"`
	Bot          string            `json:"bot,omitempty" doc:"where incoming calls are posted, instead of the address the simulator was started with"`
	Settings     Settings          `json:"settings,omitzero" doc:"what the documentation of the service leaves open"`
	SomeSettings bool              `json:"some_settings,omitempty" doc:"the seed picks among the forms in which the service's messages have been seen; settings that are given stand above that"`
	Oddities     []graphsim.Oddity `json:"oddities,omitempty" doc:"odd behaviours that have been reported of the service, by name"`
	SomeOddities bool              `json:"some_oddities,omitempty" doc:"the seed picks about a third of the oddities"`
	Permissions  []string          `json:"permissions,omitzero" doc:"the roles in the bot's access tokens; without it all that calls need"`
	Apps         []App             `json:"apps,omitempty" doc:"bots besides the one that the simulator was started with"`
	Faults       []Fault           `json:"faults,omitempty" doc:"what fails from the beginning"`
	People       []Person          `json:"people,omitempty" doc:"how somebody behaves"`
}

// ReadSetup reads a set-up in JSON. Its error is a [Error], and names place,
// cause and mend.
func ReadSetup(text []byte) (Setup, error) {
	var s Setup
	if err := decode(text, &s); err != nil {
		return Setup{}, err
	}
	return s, s.check()
}

// check finds the first mistake.
func (s Setup) check() error {
	for i, o := range s.Oddities {
		if known := oddityNames(); !slices.Contains(known, string(o)) {
			return bad(fmt.Sprintf("oddities[%d]", i), fmt.Sprintf("there is no oddity %q", o), "give one of "+strings.Join(known, ", "))
		}
	}
	for i, a := range s.Apps {
		if err := a.check(); err != nil {
			return within(fmt.Sprintf("apps[%d]", i), err)
		}
	}
	for i, f := range s.Faults {
		if err := f.check(); err != nil {
			return within(fmt.Sprintf("faults[%d]", i), err)
		}
	}
	for i, p := range s.People {
		if err := p.check(); err != nil {
			return within(fmt.Sprintf("people[%d]", i), err)
		}
	}
	return nil
}

func oddityNames() []string {
	var names []string
	for _, o := range graphsim.Oddities() {
		names = append(names, string(o.Name))
	}
	return names
}

// settings are those that hold.
func (s Setup) settings() graphsim.Settings {
	if !s.SomeSettings {
		return graphsim.Settings(s.Settings)
	}
	all := graphsim.SomeSettings(s.Seed)
	to, from := reflect.ValueOf(&all).Elem(), reflect.ValueOf(s.Settings)
	for i := range to.NumField() {
		if !from.Field(i).IsZero() {
			to.Field(i).Set(from.Field(i))
		}
	}
	return all
}

func (s Setup) oddities() []graphsim.Oddity {
	if !s.SomeOddities {
		return s.Oddities
	}
	return append(graphsim.SomeOddities(s.Seed), s.Oddities...)
}
