//go:build race

package tree_test

// slowdown is what the race detector costs.
const slowdown = 20
