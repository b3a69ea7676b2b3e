//go:build !race

package sim_test

// slower is how much longer all takes: there is no race detector.
const slower = 1
