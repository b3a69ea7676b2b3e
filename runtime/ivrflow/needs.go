package main

import (
	"fmt"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// needed is a permission or licence that a flow needs.
type needed struct {
	File string `json:"file"`
	flow.Need
}

// String is a line of check --permissions.
func (n needed) String() string {
	return fmt.Sprintf("%s: needs %s for %s", n.File, n.What, strings.Join(n.Steps, ", "))
}

func needs(f *flow.Flow, file string) []needed {
	var all []needed
	for _, n := range f.Needs() {
		all = append(all, needed{file, n})
	}
	return all
}
