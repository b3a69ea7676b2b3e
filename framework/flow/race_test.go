//go:build race

package flow_test

// slowdown is what the race detector costs.
const slowdown = 20
