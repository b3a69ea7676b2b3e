// Package sim runs a whole installation in one process, in virtual time and
// from a seed: nodes that are real bots, the simulated Graph of
// testkit/graphsim, a store, the network between them, callers, people in meetings,
// operators who end calls and hand them over, and faults of all of these. Nothing in a
// run is left to chance but what the seed decides, so that a run can be repeated,
// event by event.
//
//	kit, err := sim.NewKit()
//	r := kit.Run(sim.Options{Seed: 17})
//	fmt.Println(r.Calls, r.Well, r.Violations)
//
// While a run goes on, and at its end, it is judged from outside: by what the
// simulated Graph saw on its wires, by what the store was given, and by what
// callers heard. See the table of [Invariants], and that of [Kinds] for the
// faults.
//
// A run is single-threaded: functions of all nodes run one after another on one
// goroutine, and pause where a real one would wait for the network, the store
// or the time. A node that is killed does nothing any more: its handles (store,
// transport, clock) are dead. A [Point] is a place at such a handle where a
// node can be killed or stopped.
//
// # When a call ends well
//
// Every caller has a script (see [Scripts]) with an aim: the goal of the flow
// that is rung, the way out of a caller who says nothing, or that the caller
// hangs up. A call ends well if, at the end of the run, it is over in Graph and
// in the store, and either
//
//   - the flow has committed the milestone that the script aims at,
//   - the target of a transfer, a hunt or a redirection has taken the call, where
//     the script aims at that,
//   - the caller has hung up as the script says,
//   - an operator has ended the call or handed it over from outside, or
//   - the flow's failed branch was heard to the end that the flow gives it (see
//     Script.Sorry), where only that was left: nobody knew whether a transfer or a
//     redirection was carried out, so that it must not be repeated; or the bot's own
//     code or a web service has failed, and the flow has committed "gave_up".
//
// A caller whose call is not answered rings again, twice at most, as people do;
// this counts as one call. What keeps a call from ending well without any fault
// of ours (Graph drops it, a target never answers) counts against it all the
// same: at least 95 of 100 calls of a run of many seeds end well.
package sim
