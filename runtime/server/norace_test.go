//go:build !race

package server_test

const (
	slowdown = 1
	variants = 100 // of each kind of forged token
)
