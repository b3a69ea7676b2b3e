//go:build !race

package graph_test

// slowdown is how much longer code takes under the race detector.
const slowdown = 1
