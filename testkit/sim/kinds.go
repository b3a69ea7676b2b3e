package sim

import "slices"

// The strikes: how faults show that come again and again for a while.
const (
	LoseCallback  Strike = 160 // a callback never arrives
	Duplicate     Strike = 170 // it arrives several times, within 20 s
	LoseAnswer    Strike = 171 // it arrives, and Graph does not learn that
	Shuffle       Strike = 180 // it takes up to 2 s, others overtake it
	LateResponse  Strike = 190 // the answer to a request takes up to 6 s
	Late          Strike = 200 // it arrives once more, minutes later
	Twins         Strike = 220 // it arrives twice at the same moment
	Malformed     Strike = 230 // an element of its body is damaged, another is added
	EmptyBody     Strike = 240 // an empty one arrives besides
	Throttled     Strike = 340 // 429
	ServerError   Strike = 350 // 5xx, and it may have been executed
	LoseRequest   Strike = 360 // no answer: it never arrived
	LoseResponse  Strike = 361 // no answer: it was executed
	Refused       Strike = 362 // no connection
	SlowGraph     Strike = 363 // the request takes up to 12 s
	NotThere      Strike = 370 // 404 on a call that lives
	Conflict      Strike = 380 // 409, 412
	Forbidden     Strike = 390 // 400, 403
	Expired       Strike = 400 // 401
	TokenDown     Strike = 410 // no new tokens
	BrokenBody    Strike = 420 // 2xx, and a body that says nothing
	NeverEnds     Strike = 430 // accepted, and nothing is told of it any more
	KeysDown      Strike = 480 // no callback keys
	StoreDown     Strike = 520 // nothing is read or written
	StoreSlow     Strike = 530 // a write takes up to 2 s
	StoreFull     Strike = 540 // nothing is written
	Unsure        Strike = 550 // a write's answer is lost
	Damaged       Strike = 560 // a record has a wrong byte
	Cut           Strike = 590 // node and Graph do not reach each other
	CutStore      Strike = 591 // node and store do not reach each other
	Panics        Strike = 680 // the bot's own code panics
	Hangs         Strike = 690 // it does not end in time
	SlowWeb       Strike = 700 // a flow's request takes its time
	FailWeb       Strike = 701 // it is answered 500
	LoseWeb       Strike = 710 // it was executed, and no answer came
	NoAudio       Strike = 730 // no audio can be made of a prompt
	NoPrompt      Strike = 740 // Graph does not get a prompt
	SlowPrompt    Strike = 741 // it gets one slowly
	ManyPrompts   Strike = 742 // it gets one several times
	NoRecording   Strike = 750 // a recording is not there yet
	ShortDownload Strike = 751 // half of one comes
	NoLog         Strike = 770 // the log takes nothing
)

// Kinds is the table of the 78 faults, with how each is brought about, or where
// it is proved if it has no meaning here.
func Kinds() []Kind {
	return slices.Concat(crashKinds(), callbackKinds(), requestKinds(), storeKinds(), flowKinds())
}

func kill(n int, name string, at Point) Kind {
	return Kind{Number: n, Name: name, At: at, Durable: true}
}

func again(n int, name string, p float64, s ...Strike) Kind {
	return Kind{Number: n, Name: name, P: p, Strikes: s}
}

func elsewhere(n int, name, where string) Kind { return Kind{Number: n, Name: name, Elsewhere: where} }

func once(n int, name string, do func(*world, *fault)) Kind {
	return Kind{Number: n, Name: name, Do: do}
}

func durable(k Kind) Kind {
	k.Durable = true
	return k
}

func harsh(k Kind) Kind {
	k.Harsh = true
	return k
}

// crashKinds are the deaths of processes.
func crashKinds() []Kind {
	return []Kind{
		kill(1, "killed before a callback is read", AtAccept),
		kill(2, "killed before a callback is stored", AtKeep),
		kill(3, "killed before the answer leaves", AtKept),
		kill(4, "killed after the answer left", AtAnswered),
		kill(5, "killed while the store writes", AtMid),
		kill(6, "killed with operations planned", AtPlanned),
		kill(7, "killed before the bytes leave", AtSending),
		kill(8, "killed after Graph has done it", AtExecuted),
		kill(9, "killed before a response is recorded", AtResponded),
		kill(10, "killed while a recording is saved", AtSaving),
		durable(once(11, "killed during a hot reload", reloadAndDie)),
		elsewhere(12, "killed during a migration", "runtime/store/sqlite"),
		durable(once(13, "an event kills every process", poison)),
		elsewhere(14, "power loss", "runtime/store/sqlite"),
		elsewhere(15, "fsync fails", "runtime/store/sqlite"),
	}
}

// callbackKinds are faults of what Graph sends.
func callbackKinds() []Kind {
	return []Kind{
		harsh(again(16, "callbacks are lost", 0.05, LoseCallback)),
		again(17, "callbacks are repeated", 0.2, Duplicate, LoseAnswer),
		again(18, "callbacks overtake each other", 0.4, Shuffle),
		again(19, "responses come after their events", 0.3, LateResponse),
		again(20, "callbacks come again after the end", 0.1, Late),
		once(21, "a callback of an unknown call", unknownCall),
		again(22, "a callback is taken by two nodes at once", 0.3, Twins),
		again(23, "an element of a callback is damaged", 0.2, Malformed),
		again(24, "a callback without a body", 0.2, EmptyBody),
		elsewhere(25, "the legacy form of the first callback", "Settings.LegacyFirst of the seed, in every third run"),
		once(26, "a late established, and a failed transfer", manyEstablished),
		once(27, "keys out of order", parallelKeys),
		once(28, "keys during a prompt", keysAnyTime),
		once(29, "a caller hangs up", hangUp),
		once(30, "a burst of calls", burst),
		elsewhere(31, "slow and huge requests", "runtime/server: TestHTTPServerLimits, TestAnnouncedSize, TestBodies"),
		once(32, "a callback that is no JSON", noJSON),
		once(33, "odd paths", oddPaths),
	}
}

// requestKinds are faults of what Graph answers, and of tokens and keys.
func requestKinds() []Kind {
	return []Kind{
		again(34, "throttled", 0.3, Throttled),
		again(35, "a server error, executed or not", 0.2, ServerError),
		again(36, "no answer", 0.15, LoseRequest, LoseResponse, Refused, SlowGraph),
		harsh(again(37, "404 on a call that lives", 0.1, NotThere)),
		again(38, "conflict", 0.1, Conflict),
		harsh(again(39, "refused", 0.05, Forbidden)),
		again(40, "token not accepted", 0.2, Expired),
		again(41, "no new tokens", 1, TokenDown),
		again(42, "a broken body", 0.3, BrokenBody),
		again(43, "accepted, and never heard of again", 0.05, NeverEnds),
		elsewhere(44, "the limit of calls is reached", "Settings.MaxCalls of the seed, in every twelfth run"),
		durable(once(45, "a node dies while a call waits for long", dieLate)),
		once(46, "tokens that are none", forged),
		once(47, "the key changes", rotate),
		again(48, "no callback keys", 1, KeysDown),
		once(49, "a flood of unknown keys", flood),
		once(50, "a token with another body", replayed),
		durable(once(51, "a clock is 6 minutes wrong", clockSix)),
	}
}

// storeKinds are faults of the store, of time and of nodes.
func storeKinds() []Kind {
	return []Kind{
		harsh(again(52, "the store is down", 1, StoreDown)),
		again(53, "the store is slow", 0.5, StoreSlow),
		harsh(again(54, "the store is full", 1, StoreFull)),
		durable(again(55, "a write's answer is lost", 0.1, Unsure)),
		harsh(durable(again(56, "a record is damaged", 0.3, Damaged))),
		elsewhere(57, "two processes on one file", "runtime/store/sqlite"),
		durable(once(58, "a node stands still", standStill)),
		durable(again(59, "a node is cut off", 1, Cut, CutStore)),
		durable(once(60, "a rolling restart", rolling)),
		elsewhere(61, "a standby that lags", "runtime/store/postgres"),
		once(62, "a wall clock jumps", clockJump),
		durable(once(63, "timers of a dead node", dieIdle)),
		durable(once(64, "a node goes with its calls", dieBusy)),
	}
}

// flowKinds are faults of flows, of the bot's own code and of audio.
func flowKinds() []Kind {
	return []Kind{
		once(65, "a hot reload", reload),
		elsewhere(66, "a reload of a bad file", "runtime/ivrflow/dev"),
		elsewhere(67, "endless loops", "framework/engine: TestRepeatWithoutWait, TestRepeatCountsSteps"),
		again(68, "the bot's own code panics", 0.7, Panics),
		again(69, "it does not end", 0.7, Hangs),
		again(70, "a web service is slow or fails", 0.7, SlowWeb, FailWeb),
		again(71, "a web service's answer is lost", 0.7, LoseWeb),
		elsewhere(72, "errors in expressions", "framework/expression, framework/engine"),
		again(73, "no audio for a prompt", 0.3, NoAudio),
		again(74, "prompts fetched seldom, slowly, often", 0.3, NoPrompt, SlowPrompt, ManyPrompts),
		again(75, "recordings not there, or cut off", 0.7, NoRecording, ShortDownload),
		once(76, "nobody takes a transfer", nobody),
		again(77, "the log is blocked", 0.5, NoLog),
		durable(once(78, "a process is told to end", drain)),
	}
}
