// Package graphsim is a simulated Microsoft Graph for calls: an http.Handler
// that a calling bot cannot tell from the real service.
//
// It gives access tokens, takes the operations of the call API on /beta and
// /v1.0, keeps the media queue of every call in time, downloads prompts and
// checks them, records what the caller says, and posts signed notifications to
// the bot. It is as strict and as odd as the service: a request without its
// @odata.type is refused, a prompt in the wrong format is silence, and every
// odd order of notifications that has been reported can be asked for by name
// ([Oddity]). Everything the service's documentation leaves open is a field of
// [Settings].
//
//	sim, err := graphsim.New(graphsim.Config{
//		BaseURL: "http://127.0.0.1:4711",
//		Webhook: "http://127.0.0.1:8080/api/calls",
//	})
//	...
//	call, err := sim.Ring(graphsim.Caller{})
//	call.Press('1')
//	call.HangUp()
//
// Meetings are planned with [Sim.Schedule]; people come with [Meeting.Enter] and
// act as [Person], and a bot joins by the meeting's link, number or token. What
// people do whose phones ring is said with [Sim.SetReaction]. [Methods] lists all
// that a bot can ask for.
//
// The simulator knows nothing of the bot's code, and writes and reads the wire
// by itself, so that a mistake in the bot's codec cannot hide in it.
//
// Microsoft's own client library for Go works with it: the module in the folder
// sdktest proves that for each method of /v1.0, by
//
//	cd testkit/graphsim/sdktest && go test .
//
// # Time
//
// All waiting goes through [Clock]. With a virtual clock, which runs one
// function after the other on one goroutine, the same seed gives the same
// messages; only the signatures of tokens differ, since the key is new each
// time unless [Config] names one.
//
// # Concurrency
//
// All methods are safe for concurrent use. Observers are called in the order
// of what happened, without a lock held, so they may call the simulator.
package graphsim
