//go:build race

package server_test

// slowdown is what the race detector costs.
const slowdown = 10
