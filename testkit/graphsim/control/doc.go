// Package control runs a simulated Graph by itself, and lets a test in any
// language script it over HTTP.
//
// A [Server] answers what Graph answers (see package graphsim), and, below
// /control, what a test asks of it: place a call to the bot, press keys, speak,
// hang up, say how somebody behaves whom the bot calls, see the calls and what
// was played to them and recorded of them, read every request and callback, let
// some of them fail, and begin anew with other settings and several bots.
// [OpenAPI] describes all of it.
//
//	s, err := control.New(control.Config{
//		BaseURL: "http://127.0.0.1:8080",
//		Webhook: "http://127.0.0.1:3978/api/calls",
//	})
//	...
//	http.ListenAndServe("127.0.0.1:8080", s)
//
// Time is real: the bot is a process of its own, whose clock nobody but itself
// can turn. What takes long can be made short by the settings.
//
// # Concurrency
//
// All methods are safe for concurrent use.
package control
