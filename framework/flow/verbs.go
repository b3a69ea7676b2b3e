package flow

import (
	"slices"

	"github.com/ivrflow/ivrflow/framework/tree"
)

// Verb describes a word that starts a step. The table of all verbs drives the
// loader's checks, the manual, the JSON Schema and completion.
type Verb struct {
	Name string
	Doc  string // one sentence
	// Main is the option that a bare value stands for: "play: welcome" is
	// "play: {prompt: welcome}". Empty if the verb takes none.
	Main     string
	Bare     bool // may stand alone, without a value: "answer"
	Options  []Option
	Outcomes []Outcome
	// Open: a step can have more outcomes than these, which depend on what it
	// names, such as an action.
	Open bool
	// Numbered is what further outcomes look like that each step can have, a
	// regular expression; empty for none.
	Numbered string

	Kinds []Kind // the kinds of flow that can use it; nil: all
	Audio bool   // plays or listens, or needs the answered call: takes the call first

	parse func(*stepParser) Spec
}

// OptionType says what an option's value is. Each type has a schema, see
// [Option.typed].
type OptionType string

// The types of options.
const (
	OptPrompt   OptionType = "prompt"
	OptPrompts  OptionType = "prompts" // one prompt a try
	OptDuration OptionType = "duration"
	OptInt      OptionType = "int"
	OptBool     OptionType = "bool"
	OptWord     OptionType = "word"    // one of Words
	OptKey      OptionType = "key"     // one DTMF key
	OptKeys     OptionType = "keys"    // several DTMF keys
	OptKeyMap   OptionType = "key map" // DTMF keys with their handlers
	OptLength   OptionType = "length"  // 4 or 4..6
	OptVar      OptionType = "variable"
	OptVars     OptionType = "variables"
	OptState    OptionType = "state"
	OptFlow     OptionType = "flow"
	OptName     OptionType = "name"
	OptText     OptionType = "text" // a template
	OptTarget   OptionType = "target"
	OptTargets  OptionType = "targets"
	OptWho      OptionType = "participant"
	OptWhos     OptionType = "participants"
	OptMap      OptionType = "map"
	OptCases    OptionType = "cases"
	OptJSON     OptionType = "json" // any value, whose texts are templates
)

// Option is a key of a step, or of another map of a flow.
type Option struct {
	Name     string
	Type     OptionType
	Words    []string   // of OptWord; of another type the values that there are, or that may stand in its place
	Fields   []Option   // of OptMap and OptNamed: the keys of the map, or of each named one
	Values   OptionType // of OptMap without Fields: its values
	Keys     string     // of OptMap without Fields: what its keys look like, a regular expression; names if empty
	Pattern  string     // of a text: what it looks like, a regular expression
	Reserved []string   // of names: those that mean something else
	Most     int        // of targets: how many there may be
	Default  string     // as written in a flow; empty if there is none, or if Doc says it
	Doc      string
	Example  string // as written in a flow
	Required bool
}

// Outcome is a way in which a step can end.
type Outcome struct {
	Name   string
	Doc    string
	Must   bool   // must be handled: in the step, in defaults, or in handlers
	Parent string // the outcome it goes to if nobody handles it; empty for none
	// Declared says that an action or a flow declares it: what it means is not
	// known, so that nobody should go on as if all were well.
	Declared bool
}

// Names that many outcomes share.
const (
	outcomeDone   = "done"
	outcomeFailed = "failed"
	outcomeGaveUp = "gave_up"
	outcomeElse   = "else"
	outcomeOK     = "ok"
)

func done(doc string) Outcome { return Outcome{Name: outcomeDone, Doc: doc} }

func failed(doc string) Outcome { return Outcome{Name: outcomeFailed, Doc: doc} }

func must(name, doc string) Outcome { return Outcome{Name: name, Doc: doc, Must: true} }

// Verbs is the table of all verbs, in the order of the manual.
func Verbs() []Verb {
	return slices.Concat(audioVerbs(), callVerbs(), meetingVerbs(), dataVerbs())
}

// audioVerbs speak and listen.
func audioVerbs() []Verb {
	return []Verb{
		{
			Name: "play", Doc: "Plays prompts to the end.", Main: "prompt", Audio: true, parse: parsePlay,
			Options: []Option{
				{Name: "prompt", Type: OptPrompt, Required: true, Doc: "what is heard"},
				{Name: "loop", Type: OptInt, Default: "1", Doc: "how often the whole is played, 1 to 20"},
				{Name: "barge_in", Type: OptBool, Doc: "true: a key ends the prompt and is kept; false: keys are dropped until it ends; not written: keys are kept and the prompt goes on"},
			},
			Outcomes: []Outcome{done("the prompt was heard"), failed("it could not be played")},
		},
		{
			Name: "menu", Doc: "Plays a prompt and waits for one of the keys.", Main: "prompt", Audio: true, parse: parseMenu,
			Options: append([]Option{
				{Name: "prompt", Type: OptPrompt, Required: true, Doc: "what is heard"},
				{Name: "keys", Type: OptKeyMap, Doc: `each key, or several as in "12", with what follows; needed unless there are choices`},
				{Name: "first_key", Type: OptDuration, Default: "5s", Doc: "from the end of the prompt to the first key"},
				{Name: "between_keys", Type: OptDuration, Default: "2s", Doc: "from one key to the next, while more could come"},
				{Name: "choices", Type: OptVar, Doc: "a list whose items the caller chooses from, with the keys 1 to 9"},
				{Name: "label", Type: OptText, Default: "${item}", Doc: "with choices: what is said of each item; ${key} is its key"},
				{Name: "max", Type: OptInt, Default: "8", Doc: "with choices: how many are offered, 1 to 9"},
				{Name: "into", Type: OptVar, Doc: "with choices: the variable that gets the item"},
			}, inputOptions()...),
			Outcomes: []Outcome{done("with choices: an item was chosen"), must(outcomeGaveUp, "as many tries failed as there are"), failed("the prompt could not be played")},
		},
		{
			Name: "collect", Doc: "Collects keys into a variable.", Main: "var", Audio: true, parse: parseCollect,
			Options: append([]Option{
				{Name: "var", Type: OptVar, Required: true, Doc: "where the value goes"},
				{Name: "prompt", Type: OptPrompt, Doc: "what is heard"},
				{Name: "length", Type: OptLength, Doc: "how many keys: 4, or 4..6; the variable's length if not written, else 1..30"},
				{Name: "ends_with", Type: OptKey, Default: "pound", Doc: "the key that ends the entry and is not part of it, or none"},
				{Name: "first_key", Type: OptDuration, Default: "5s", Doc: "from the end of the prompt to the first key"},
				{Name: "between_keys", Type: OptDuration, Default: "3s", Doc: "from one key to the next, while more could come"},
				{Name: "terminate", Type: OptDuration, Default: "0s", Doc: "how long to wait for ends_with once all keys are there"},
				{Name: "whole", Type: OptDuration, Default: "30s", Doc: "for the whole entry, from its first key"},
				{Name: "allowed", Type: OptKeys, Doc: "the keys that count; those the variable's type can hold if not written"},
			}, inputOptions()...),
			Outcomes: []Outcome{done("the variable has the value"), must(outcomeGaveUp, "as many tries failed as there are"), failed("the prompt could not be played")},
		},
		{
			Name: "confirm", Doc: "Reads a variable back: one key accepts it, another says that it is wrong.", Main: "var", Audio: true, parse: parseConfirm,
			Options: append([]Option{
				{Name: "var", Type: OptVar, Required: true, Doc: "what is read back"},
				{Name: "prompt", Type: OptPrompt, Doc: "what is heard; the value and the two keys if not written"},
				{Name: "accept", Type: OptKey, Default: "1", Doc: "the key that accepts"},
				{Name: "again", Type: OptKey, Default: "2", Doc: "the key that says that it is wrong"},
				{Name: "first_key", Type: OptDuration, Default: "5s", Doc: "from the end of the prompt to the key"},
			}, inputOptions()...),
			Outcomes: []Outcome{done("the caller accepted the value"), must("rejected", "the caller says that it is wrong"),
				must(outcomeGaveUp, "as many tries failed as there are"), failed("the prompt could not be played")},
		},
		{
			Name: "record", Doc: "Records the caller into a recording variable.", Main: "var", Audio: true, parse: parseRecord,
			Options: []Option{
				{Name: "var", Type: OptVar, Required: true, Doc: "where the recording goes"},
				{Name: "prompt", Type: OptPrompt, Doc: "what is heard first"},
				{Name: "barge_in", Type: OptBool, Default: "true", Doc: "a key ends the prompt"},
				{Name: "first_key", Type: OptDuration, Default: "5s", Doc: "with consent: asked, how long to wait for the answer"},
				{Name: "max", Type: OptDuration, Default: "60s", Doc: "whole seconds, to 120s; to 30m with keep_on_hangup"},
				{Name: "silence", Type: OptDuration, Default: "4s", Doc: "silence that ends the recording, whole seconds"},
				{Name: "initial_silence", Type: OptDuration, Default: "5s", Doc: "silence at the start that ends it, whole seconds"},
				{Name: "stop_keys", Type: OptKeys, Default: "0123456789*#", Doc: "the keys that end it; none for none"},
				{Name: "beep", Type: OptBool, Default: "true", Doc: "a tone before the recording"},
				{Name: "consent", Type: OptWord, Words: []string{string(ConsentAnnounced), string(ConsentAsked), string(ConsentNotRequired)}, Required: true, Doc: "how the caller agreed to be recorded"},
				{Name: "keep_on_hangup", Type: OptMap, Fields: piecesFields(), Words: []string{"true", "false"}, Doc: "{every: 15s}: record in pieces of this length, so that a hang-up loses at most the last"},
			},
			Outcomes: []Outcome{done("the recording is kept"), must("empty", "nothing, or less than a second"),
				must("refused", "with consent: asked, the caller did not press 1"), failed("it could not be recorded or fetched")},
		},
	}
}

// callVerbs say what becomes of the call.
func callVerbs() []Verb {
	return []Verb{
		{
			Name: "transfer", Doc: "Hands the caller over.", Audio: true, parse: parseTransfer, Kinds: []Kind{Incoming, Outgoing},
			Options: append(targetOptions(),
				append([]Option{{Name: "voicemail", Type: OptTarget, Pattern: orDynamic(guidForm.String()), Example: "5f0c7c7e-0000-4000-8000-000000000001", Doc: "a Teams user's voicemail, by the user's object id (experimental)"},
					{Name: "kind", Type: OptWord, Words: []string{"blind", "consult"}, Default: "blind", Doc: "blind: the platform transfers and we are gone; consult: the target is called first"},
					{Name: "on_unknown", Type: OptWord, Words: []string{"fail", "retry"}, Default: "fail", Doc: "what to do if nobody can tell whether the transfer happened"}},
					consultOptions()...)...),
			Outcomes: append([]Outcome{done("the caller is gone to the target; only steps without audio can follow"), must(outcomeFailed, "the caller is still here")},
				consultOutcomes()...),
		},
		{
			Name: "dial", Doc: "Calls somebody; the flow goes on with that call.", parse: parseDial, Kinds: []Kind{Outgoing},
			Options: append(targetOptions(),
				Option{Name: "ring", Type: OptDuration, Default: "30s", Doc: "how long the phone rings, 5s to 115s in whole seconds"},
				Option{Name: "announce", Type: OptPrompt, Doc: "what the callee hears first"},
				Option{Name: "accept", Type: OptKey, Doc: "the key with which the callee takes the call, within 10 s; not written: by answering"}),
			Outcomes: []Outcome{{Name: "answered", Doc: "the callee has taken the call"},
				{Name: "busy", Doc: "the callee is on the phone", Parent: outcomeFailed},
				{Name: "no_answer", Doc: "nobody answered in time, or the callee cannot be reached", Parent: outcomeFailed},
				{Name: "declined", Doc: "the callee did not want the call, or did not press accept", Parent: outcomeFailed},
				must(outcomeFailed, "there is no call")},
		},
		{
			Name: "hunt", Doc: "Calls the members of a group in turn, and hands the caller over to who takes the call.", Main: "group", Audio: true, parse: parseHunt, Kinds: []Kind{Incoming, Outgoing},
			Options: slices.Concat([]Option{
				{Name: "group", Type: OptName, Required: true, Doc: "a group of the flow's groups"},
				{Name: "order", Type: OptWord, Words: []string{string(OrderGiven), string(OrderRandom), string(OrderRoundRobin)}, Default: string(OrderGiven), Doc: "round_robin: each hunt begins one member further than the one before"},
				{Name: "rounds", Type: OptInt, Default: "1", Doc: "how often the whole group is gone through, 1 to 10"},
			}, askOptions("20s", "member"), []Option{
				{Name: "every", Type: OptMap, Values: OptPrompt, Keys: tree.DurationPattern, Doc: "{30s: PROMPT}: what the caller hears now and then instead of the music; 5s to 10m"},
				{Name: "max_wait", Type: OptDuration, Doc: "how long the caller waits at most, 10s to 1h"},
				{Name: "keys", Type: OptKeyMap, Doc: "single keys with which the caller leaves, with what follows"},
			}),
			Outcomes: []Outcome{done("the caller is gone to a member; only steps without audio can follow"), must("exhausted", "nobody took the call"),
				{Name: "too_long", Doc: "max_wait is over", Parent: outcomeFailed}, failed("the caller could not be handed over, and is still here")},
		},
		{
			Name: "redirect", Doc: "Sends the unanswered call elsewhere.", Main: "to", parse: parseRedirect, Kinds: []Kind{Incoming},
			Options: append([]Option{
				{Name: "to", Type: OptTargets, Most: maxTargets, Doc: "up to 25 targets, which ring together"},
				{Name: "ring", Type: OptDuration, Doc: "15s to 90s in whole seconds; the platform's own time if not written"},
			}, targetOptions()...),
			Outcomes: []Outcome{must(outcomeFailed, "refused by the platform; the call is still unanswered")},
		},
		{
			Name: "reject", Doc: "Refuses the unanswered call.", Main: "reason", Bare: true, parse: parseReject, Kinds: []Kind{Incoming},
			Options: []Option{{Name: "reason", Type: OptWord, Words: []string{"none", "busy", "forbidden"}, Default: "none", Doc: "what the caller's side is told"}},
		},
		{
			Name: "answer", Doc: "Takes the call; implied before the first step that needs audio.", Main: "prefetch", Bare: true, Audio: true, parse: parseAnswer, Kinds: []Kind{Incoming},
			Options:  []Option{{Name: "prefetch", Type: OptPrompt, Doc: "prompts that the platform fetches while it connects"}},
			Outcomes: []Outcome{done("audio flows"), failed("the call could not be taken")},
		},
		{
			Name: "send_keys", Doc: "Plays DTMF into the call, for a machine at its other end.", Main: "keys", Audio: true, parse: parseSendKeys,
			Options: []Option{
				{Name: "keys", Type: OptText, Pattern: orDynamic("^(" + keysPattern + ")$"), Example: "12#", Required: true, Doc: `the keys as on the keypad, such as "12#", at most 64`},
				{Name: "between", Type: OptDuration, Default: "300ms", Doc: "from one key to the next, 50ms to 10s"},
			},
			Outcomes: []Outcome{done("all keys were sent"), failed("they were not, or nobody can tell")},
		},
		{
			Name: "mute", Doc: "Mutes the bot: nobody hears what it plays. In a meeting also others.", Main: "who", Bare: true, Audio: true, parse: parseMute,
			Options:  append([]Option{{Name: "who", Type: OptWord, Words: []string{"everyone"}, Doc: "in a meeting: everyone but the bot"}}, whoOptions()...),
			Outcomes: []Outcome{done("the bot, or who is named, is muted"), failed("it did not work; the platform does this in group calls and meetings only")},
		},
		{
			Name: "unmute", Doc: "Ends mute.", Bare: true, Audio: true, parse: parseMute,
			Outcomes: []Outcome{done("the bot is heard again"), failed("the platform refused, or did not answer")},
		},
		{
			Name: "wait", Doc: "Waits for a time, a key, a signal of the bot or people, whatever comes first.", Main: "for", parse: parseWait,
			Options: []Option{
				{Name: "for", Type: OptDuration, Required: true, Doc: "how long, 100ms to 1h"},
				{Name: "keys", Type: OptKeyMap, Doc: "single keys that end the wait, with what follows; the call is answered first"},
				{Name: "signal", Type: OptName, Doc: "the signal that ends the wait, also if it came before"},
				{Name: "people", Type: OptBool, Default: "false", Doc: "in a meeting: the wait ends when somebody joins or leaves, also if that was since the last such wait"},
			},
			Outcomes: []Outcome{done("the time is over"), {Name: "signalled", Doc: "the signal came", Parent: outcomeDone},
				{Name: "joined", Doc: "with people: somebody has joined", Parent: outcomeDone}, {Name: "left", Doc: "with people: somebody has left", Parent: outcomeDone}},
		},
		{Name: "end", Doc: "Hangs up.", Bare: true, parse: parseEnd},
	}
}

// dataVerbs work without the caller.
func dataVerbs() []Verb {
	return []Verb{
		{
			Name: "do", Doc: "Runs an action of the flow: Go code of the bot, or an HTTP request.", Main: "action", Open: true, parse: parseDo,
			Options: []Option{
				{Name: "action", Type: OptName, Required: true, Doc: "an action of the flow's actions"},
				{Name: "with", Type: OptMap, Values: OptValue, Doc: "inputs that are not the variables of the same name"},
				{Name: "into", Type: OptMap, Values: OptVar, Doc: "variables for outputs that do not go to those of the same name"},
			},
			Outcomes: []Outcome{failed("the action could not be run, or took too long")},
		},
		{
			Name: "http", Doc: "Makes one HTTPS request to a host that the bot's configuration allows.", Numbered: statusForm.String(), parse: parseHTTP,
			Options: append(requestOptions(),
				Option{Name: "timeout", Type: OptDuration, Default: "5s", Doc: "with all tries, 100ms to 15s"},
				Option{Name: "retry", Type: OptMap, Fields: retryFields(MaxRequestRetries), Doc: "{max: 0 to 5, backoff: 200ms}: again after transport errors"},
				Option{Name: "into", Type: OptMap, Values: OptVar, Keys: partForm.String(), Doc: "parts of the answer's body with the variables that they go to"},
				Option{Name: "waiting", Type: OptPrompt, Doc: "plays, over and over, while the answer takes longer than 1 s"}),
			Outcomes: []Outcome{{Name: outcomeOK, Doc: "the host answered 2xx"}, must(outcomeFailed, "no usable answer, or a status that is not handled")},
		},
		{Name: "set", Doc: "Assigns values to variables.", Main: "values", parse: parseSet,
			Options: []Option{{Name: "values", Type: OptMap, Values: OptValue, Required: true, Doc: "variables with their values; locale sets the caller's language"}}},
		{Name: "forget", Doc: "Makes variables unset and forgets their values.", Main: "vars", parse: parseForget,
			Options: []Option{{Name: "vars", Type: OptVars, Required: true, Doc: "the variables"}}},
		{Name: "switch", Doc: "Takes the first case that holds.", Main: "cases", parse: parseSwitch,
			Options: []Option{{Name: "cases", Type: OptCases, Required: true, Doc: "a list of {when, then}, and {else} as the last"}}},
		{
			Name: "hours", Doc: "Asks a schedule whether somebody is there now.", Main: "schedule", parse: parseHours,
			Options:  []Option{{Name: "schedule", Type: OptName, Required: true, Doc: "a schedule of the flow's schedules"}},
			Outcomes: []Outcome{must("open", "it is open"), must("closed", "it is closed"), {Name: "holiday", Doc: "it is a holiday, and closed", Parent: "closed"}},
		},
		{
			Name: "call", Doc: "Runs another flow as a sub-flow and comes back.", Main: "flow", Open: true, parse: parseCall,
			Options: []Option{
				{Name: "flow", Type: OptFlow, Required: true, Doc: "the flow NAME.ivr.yaml beside this file or above it, or a ready-made one, flows/NAME"},
				{Name: "with", Type: OptMap, Values: OptValue, Doc: "the flow's parameters with their values"},
				{Name: "into", Type: OptMap, Values: OptVar, Doc: "variables for what the flow returns, where they have another name"},
				{Name: "at", Type: OptName, Doc: "the state in which the flow begins; its start if not written"},
			},
			Outcomes: []Outcome{done("it came back with a plain return"), failed("something in it failed, or flows call each other too deep")},
		},
		{Name: "return", Doc: "Goes back to the flow that called this one; ends the call if none did.", Main: "outcome", Bare: true, parse: parseReturn,
			Options: []Option{{Name: "outcome", Type: OptName, Default: "done", Doc: "one of the flow's outcomes, done or failed"}}},
		{Name: "goto", Doc: "Goes to a state.", Main: "state", parse: parseGoto,
			Options: []Option{{Name: "state", Type: OptState, Required: true, Doc: "the state"}}},
		{Name: "milestone", Doc: "Marks for the call's record how far the caller came.", Main: "name", parse: parseMark,
			Options: []Option{{Name: "name", Type: OptName, Required: true, Doc: "the milestone"}, {Name: "text", Type: OptText, Doc: "more about it"}}},
		{Name: "log", Doc: "Writes a line into the call's record.", Main: "text", parse: parseMark,
			Options: []Option{{Name: "text", Type: OptText, Required: true, Doc: "the line"}}},
		{Name: "tag", Doc: "Marks the call for reports.", Main: "name", parse: parseMark,
			Options: []Option{{Name: "name", Type: OptName, Required: true, Doc: "the tag"}, {Name: "text", Type: OptText, Doc: "its value"}}},
	}
}

// inputOptions are the options that menu and collect share.
func inputOptions() []Option {
	return []Option{
		{Name: "tries", Type: OptInt, Default: "3", Doc: "failed tries until gave_up, 1 to 20"},
		{Name: "barge_in", Type: OptBool, Default: "true", Doc: "a key ends the prompt and counts; false: keys are dropped until it ends"},
		{Name: "no_input", Type: OptPrompts, Doc: "what is heard when nothing was pressed: one entry a try, the last repeats"},
		{Name: "no_match", Type: OptPrompts, Doc: "what is heard when it did not fit: one entry a try, the last repeats"},
		{Name: "reprompt", Type: OptBool, Default: "true", Doc: "the step's prompt follows no_input and no_match"},
		{Name: "flush", Type: OptBool, Default: "false", Doc: "forget the keys pressed before"},
	}
}

func targetOptions() []Option {
	return []Option{
		{Name: "user", Type: OptTarget, Pattern: orDynamic(guidForm.String()), Example: "5f0c7c7e-0000-4000-8000-000000000001", Doc: "a Teams user's object id"},
		{Name: "phone", Type: OptTarget, Pattern: orDynamic(e164Form.String()), Example: "+442071838750", Doc: "a telephone number in E.164, in quotes"},
		{Name: "application", Type: OptTarget, Pattern: orDynamic(guidForm.String()), Example: "5f0c7c7e-0000-4000-8000-000000000001", Doc: "a resource account's object id: a queue, an auto attendant, a bot"},
		{Name: "dynamic", Type: OptBool, Default: "false", Doc: "true: the target may be made from what the caller typed or a web service answered"},
	}
}

// requestOptions are the options that http shares with actions that are done
// over HTTP.
func requestOptions() []Option {
	url, example := originForm.String(), "https://api.example.com/accounts/${account}"
	return []Option{
		{Name: "get", Type: OptText, Pattern: url, Example: example, Doc: "the URL to read, with its values as ${...}; one of the four methods is required"},
		{Name: "post", Type: OptText, Pattern: url, Example: example, Doc: "the URL to post to"},
		{Name: "put", Type: OptText, Pattern: url, Example: example, Doc: "the URL to put to"},
		{Name: "delete", Type: OptText, Pattern: url, Example: example, Doc: "the URL to delete"},
		{Name: "headers", Type: OptMap, Values: OptText, Keys: headerForm.String(), Doc: "headers with their values, which may hold ${secret.NAME}"},
		{Name: "json", Type: OptJSON, Doc: "the body of post and put: a map, a list or a value"},
	}
}
