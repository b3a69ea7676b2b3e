//go:build !race

package server_test

// slowdown is what the race detector costs: nothing without it.
const slowdown = 1
