//go:build !race

package flow_test

const slowdown = 1
