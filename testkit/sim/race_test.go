//go:build race

package sim_test

// slower is how much longer all takes with the race detector.
const slower = 6
