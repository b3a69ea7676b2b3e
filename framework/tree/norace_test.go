//go:build !race

package tree_test

const slowdown = 1
