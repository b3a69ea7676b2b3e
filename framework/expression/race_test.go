//go:build race

package expression_test

// slowdown is what the race detector costs.
const slowdown = 20
