//go:build !race

package expression_test

const slowdown = 1
