//go:build race

package audio_test

// slowdown is what the race detector costs.
const slowdown = 20
