//go:build !race

package audio_test

const slowdown = 1
