//go:build race

package server_test

const (
	slowdown = 10 // what the race detector costs
	variants = 10 // of each kind of forged token: each is a signature, which is slow
)
