// Package prove finds out what holds of all calls of a flow.
//
//	r, err := prove.Run(ctx, f, prove.Options{})
//	r.Print(os.Stdout, nil)
//
// It explores the engine itself, not a copy of its rules: a node is a session of
// the engine, and an edge is what [engine.Step] makes of something that may happen
// (an [Act]). All is concrete, times and values too, so that every path is a call
// that can be played; each counter-example is played once more on a fresh session
// before it is told. What makes the number of nodes finite is that few things of
// those that may happen have to be tried, and that much of a session does not
// matter for what may still happen.
//
// # What is tried
//
// Where several things that may happen lead to calls that go on alike, one is tried.
//
//   - The platform's answers to requests that only keep the call going (subscribing
//     to keys, cancelling, keeping alive, hanging up, counting) come at once, and
//     well. If one fails, no step takes another outcome because of it. A cancelled
//     prompt reports at once: a key that comes before it does what it would do after,
//     or is kept for the next step that listens.
//   - Prompts and recordings that the engine repeats by itself, answers that come
//     twice, in another order or not at all lead to an outcome that is tried: done or
//     failed. So no deadline of an operation runs out. Why something failed, and who
//     ended the call, is tried in all ways only if an expression reads it.
//   - Something that takes its time may come at any moment: before or after any timer
//     that spans it. Those that belong to what the call waits for run out in their
//     order; those that span more (the call's, a section's, a hunt's) may run out
//     wherever they are armed.
//   - That a call takes too many steps is tried where it waits, as if its time were
//     over, and between two steps that follow each other at once if something else
//     may come of it and so many steps may have been taken. See strike.
//   - Keys are pressed where a step takes them, once its prompt is over. A key that
//     ends the prompt, or was typed ahead, is taken by the same step and leads to the
//     same state; only a prompt is not begun, which invariants may see. See ahead.go.
//     What is typed into a collect is judged as a whole: until then nothing sees it.
//   - Of the values that come from outside (typed, returned, configured), one is tried
//     for each way in which the constants that conditions compare them with divide
//     them; see depends.go. Of texts there is one for each way in which the conditions
//     can hold together; see texts.go. Where a condition does more with a value this is
//     noted as a [Doubt], and nothing is called proved.
//   - Of a parameter that is a list, of which one item at a time is read, not all lists
//     are tried, if they are many. In a second exploration an item is any of those that
//     conditions tell apart, whenever it is read; what holds there holds for all lists.
//     What happens, and what does not hold, is only told of lists that stay as they are;
//     see rows.go.
//   - A recording in stretches goes on by one stretch, or to its last.
//   - In a meeting people come and go one at a time, each with a roster of its own, as
//     the platform tells of it; see meeting.go. Those whom the flow does not name are
//     alike, and more of them than conditions count are many. They come and go where it
//     matters when they do; see commute.go. A deadline, a lost answer and a list that
//     is read lead to what is tried: done or failed.
//
// # What is forgotten
//
// Two states are one node if their keys are equal; see key.go. The key has no ids,
// no absolute times, no log, no deadlines; of variables only those that a step,
// section or invariant may still read, and of those that are only handed on, that
// they are set; of the people in a meeting who of those whom the flow names is there,
// and how many others are, as far as that is counted; of counts no more than a handler
// asks for. A test follows states with equal keys, and finds that the same may happen to
// them and leads to equal keys again, and others compare the verdicts with those of an
// obvious enumeration that forgets nothing.
//
// # Where it stands
//
//   - What may happen to a call: world.go, by what it is that happens act.go, entry.go,
//     returns.go, starts.go, meeting.go, crowd.go; what comes of it: apply.go, happens.go.
//   - Which values stand for all: facts.go, depends.go, values.go, texts.go, compare.go,
//     opaque.go; lists whose items decide: rows.go, loose.go.
//   - The exploration: explore.go; which states are one: key.go, live.go, commute.go; what
//     is not an act of its own: keys typed ahead (ahead.go), a limit between two steps
//     (strike.go).
//   - The properties: ends.go (way_out, silence, hang_up), reach.go, sinks.go (limits,
//     secrets), promises.go with watch.go, must.go and quiet.go (invariants), exits.go; the
//     ways that they measure: far.go, farthest.go, late.go, components.go.
//   - Calls that show something: replay.go, slow.go (all comes at the last moment), tell.go,
//     print.go; as tests: tests.go, write.go and those whose names begin with write.
//   - The report: prove.go, property.go; which acts make which moves, for coverage: moves.go.
//   - Two flows that get the same calls: pair.go and those whose names begin with pair.
package prove
