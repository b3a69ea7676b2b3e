// Package testkit tests flows. A test is one call: what the caller does and
// hears, in a world that the test describes. It is played on the production
// engine and runtime, against the simulated Graph of testkit/graphsim, through
// real, signed notifications and real requests, in memory and in virtual time:
// a call of minutes takes milliseconds, and the same test always gives the same
// conversation.
//
// From Go:
//
//	func TestBank(t *testing.T) { testkit.Run(t, "bank.ivr.yaml") } // plays bank.ivr-test.yaml
//
//	func TestWrongPIN(t *testing.T) {
//		call := testkit.Dial(t, "bank.ivr.yaml", testkit.Given{
//			Actions: map[string][]testkit.Reply{"verify": testkit.Returns("wrong", "ok")},
//		})
//		call.Hears("enter_account").Press("12345674#")
//		call.Hears("enter_pin").Press("0000#")
//		call.Hears("wrong_pin").HangUp()
//	}
//
// Without Go's testing, [RunFile] plays a file and reports. [Options.Cover] counts what
// tests reach, [Renew] renews what failing ones expect, and a [Scribe] makes a test of a
// call that somebody makes by hand.
//
// # Test files
//
// NAME.ivr-test.yaml stands beside NAME.ivr.yaml:
//
//	flow: ./bank.ivr.yaml     # relative to this file
//	given: {...}              # for every test; a test's own given replaces it by key
//	tests:
//	  the name of a test:
//	    given: {verify: wrong, caller: "+442071838750"}
//	    strict: true          # no prompt may pass that the test does not name
//	    call: [{hears: welcome}, {press: "1"}, hang_up]
//	    expect: {ended: by_caller}
//
// Names of prompts, actions, outcomes, variables and states are checked when
// the file is read, with file, line and column, and so are types.
//
// # The caller
//
// Time stands still while the caller acts and moves while he waits. Each step
// of call begins where the one before ended.
//
//	hears: X             waits until the prompt X starts. Others may pass before it. X is a
//	                     prompt's key or words that occur in a text (spaces and capitals do
//	                     not count); a list is heard in its order. A prompt that started
//	                     after the one that was heard last counts, even if it is over.
//	hears: {end: X}      waits until X, which may have started, was heard to its end
//	press: "12#"         presses keys without a pause between them; see below
//	records: 5s          speaks for that long, from when the flow records; a WAV file
//	                     (16 kHz, 16 bits, mono, relative to the test file) is spoken as it
//	                     is. The next step follows when all is said, or the call is over.
//	wait: 5s             lets time pass
//	silence: no_input    does nothing until the flow's time-out for a first key (also:
//	                     silence alone); fails if the keys pressed before did not fit
//	silence: gave_up     does nothing until the step's tries are used up
//	signal: NAME         has the bot's program send that signal; see wait in the language
//	hang_up              puts the receiver down
//	transferred: {user: ID}   waits until that target took the call; also phone,
//	                     application, voicemail, an ID alone, a list of which one must fit, or nothing
//	redirected: {user: ID}    waits until the call is sent elsewhere unanswered; of a list
//	                     all must be among the targets
//	rejected: busy       waits until the call is refused (none, busy, forbidden, or nothing)
//	joins: {user: ID}    somebody comes into the meeting; leaves: likewise
//	let_in               the bot is let in, once it waits in the lobby
//	ended: by_flow       waits until the call is over. It is ended by_caller, by_flow,
//	                     by_transfer, by_redirect, by_reject, by_error, by_limit or
//	                     by_service, as the flow's call.ended_by says
//
// When keys are pressed: at once, at the beginning of the prompt that was heard
// last, if the caller has listened, waited or spoken since the keys before; so
// a press after hears interrupts that prompt, or is typed ahead if the prompt
// cannot be interrupted. As first step, and after another press, it waits until
// the keys before have arrived and the flow takes keys again: it waits for them
// in a menu or collect, or the caller hears a prompt that a key ends. So two
// presses in a row answer two questions; if the flow waits for the rest of one
// entry they are one entry.
//
// A step that waits fails when the call ends before. After the last step the
// flow may react to keys or speech, up to where it takes keys again; then the
// caller hangs up. If expect says who ends the call, the caller does not hang
// up but lets the call go on to its end.
//
// # The world
//
// given describes it:
//
//	verify: wrong                what the action verify returns: one of its outcomes, or
//	                             failed; a list is one reply a call, the last repeats
//	verify: {outcome: ok, after: 2s}        how long it takes
//	verify: {timeout: true}                 longer than the flow allows
//	get_balance: {balance: "12.50"}         outputs, by name or under out:; the outcome is
//	                             ok if none is given and the action has ok
//	actions: {now: ok}           the same for actions whose name is a word of given
//	params: {number: "+44..."}   what an outgoing flow is started with; the caller of the
//	                             test is whom it calls. Of a flow of kind meeting it is
//	                             those in the meeting; hang_up ends that for all
//	participants: [{user: ID}]   who is in the meeting when the bot comes; its organizer if
//	                             it is not given
//	meeting: {lobby: everybody}  who waits in the lobby, the bot too: guests (default),
//	                             nobody, everybody; and join_id, passcode, thread and
//	                             organizer of a meeting that the flow names itself
//	http: {ask: 404}             what web services answer, by the id of the step that asks,
//	                             SUB_FLOW/ID in a flow that is called, or by its address, in
//	                             which * stands for anything but a slash: a status, ok,
//	                             failed, or {status, json, text, after, timeout}; a list is
//	                             one a request, the last repeats. HTTP actions are answered
//	                             as such, or here
//	config: {service_desk: ID}   the flow's configuration; what is not given and has no
//	                             default gets a value of its type, for texts an object id
//	caller: "+442071838750"      a number, an object id of a user, hidden, or {user: ID},
//	                             {phone: N}, {guest: ID}, {application: ID}, with name: too
//	called: "+442071838000"      a number, an object id of a resource account, bot, or
//	                             {application: ID}, {phone: N}, {bot: ID}; a resource
//	                             account if it is not given
//	tenant: ID                   the caller's
//	now: 2026-11-23T10:00:00Z    when the call comes in; that time if it is not given
//	targets: {ID: busy}          what people do: answers (default), busy, no_answer,
//	                             declined, machine. Who answers presses the key that accept
//	                             asks for, a machine none
//	phones: ["+44"]              the telephone numbers that the bot may call; default all
//	graph: {playPrompt: 429}     requests that fail: an HTTP status, no_answer, ok, or
//	                             {status, code, message, retry_after, executed, no_answer}, or
//	                             {ends: unknown} for a prompt, recording or keys that fail
//	                             while they run; a list is one a request, the last repeats
//	callbacks: {tone: lost}      callbacks that are lost, duplicated, empty or {late: 2s};
//	                             any, or incoming, establishing, established, audio, tone,
//	                             transferring, transferAccepted, transferFailed, terminating,
//	                             terminated, redirecting, escalated, participants, playPrompt,
//	                             recordResponse, sendDtmfTones, invite, startHoldMusic,
//	                             addLargeGalleryView; lists as for graph
//	oddities: [duplicates]       odd behaviours of Graph by name, see graphsim.Oddities
//	seed: 7                      of whatever is left to chance
//
// A flow that does an action, or makes a request, of which the test says nothing
// fails the test. No request is sent.
// Texts are spoken as tones of their estimated length.
//
// # Expectations
//
// expect is judged when the call is over; all that fails is reported:
//
//	vars: {account: "12345674"}  variables, null for unset
//	never_hears: [goodbye]       prompts that were not heard at any time
//	ended: by_caller             who ended the call
//	do: [verify, {get_balance: {account: "12345674"}}]   all actions in order, perhaps with
//	                             some of their inputs; [] for none
//	http: [GET https://api.example.com/1, {post: URL, json: BODY, headers: {NAME: VALUE}}]
//	                             all requests in order; what is not written may be anything
//	milestones: [paid]           all milestones, in order; tags: likewise
//	states: [login, tell]        states that were passed in this order, others between
//
// # Secrets
//
// The conversation of a failing test shows sensitive values, which in a test
// are made up. Do not put real ones into tests.
package testkit
