package flow

import "github.com/ivrflow/ivrflow/framework/tree"

// The rules of the loader's findings. Each has a heading in the manual and a
// pair of golden files in testdata.
const (
	ruleDuplicateKey = tree.RuleDuplicateKey
	ruleUnknownKey   = tree.RuleUnknownKey
	ruleWrongType    = tree.RuleWrongType
	ruleUnquoted     = tree.RuleUnquoted
	ruleTooLarge     = tree.RuleTooLarge

	ruleMissingKey      = "missing-key"
	ruleRange           = "range"
	ruleReserved        = "reserved-name"
	ruleName            = "ill-formed-name"
	ruleInvariant       = "invariant"
	ruleUnknownVerb     = "unknown-verb"
	ruleOneVerb         = "one-verb"
	ruleUnknownState    = "unknown-state"
	ruleUnknownPrompt   = "unknown-prompt"
	ruleUnknownVariable = "unknown-variable"
	ruleUnknownAction   = "unknown-action"
	ruleUnknownOutcome  = "unknown-outcome"
	ruleUnknownLocale   = "unknown-locale"
	ruleUnknownSchedule = "unknown-schedule"
	ruleUnknownGroup    = "unknown-group"
	ruleUnknownFlow     = "unknown-flow"
	ruleSharedName      = "shared-name"
	ruleDuplicateID     = "duplicate-id"
	rulePathRunsOut     = "path-runs-out"
	ruleUnhandled       = "unhandled-outcome"
	ruleUnreachable     = "unreachable-state"
	ruleUnreachableStep = "unreachable-step"
	ruleEndlessLoop     = "endless-loop"
	ruleUnset           = "unset-variable"
	ruleWrongKind       = "wrong-kind"
	ruleAfterAnswer     = "redirect-after-answer"
	ruleAnswerLate      = "late-answer"
	ruleTooManyPrompts  = "too-many-prompts"
	ruleWAV             = "wav"
	ruleFile            = "file"
	ruleSSML            = "ssml"
	ruleNeverTyped      = "never-typed"
	ruleExpression      = "expression"
	ruleDynamicTarget   = "dynamic-target"
	ruleTarget          = "target"
	ruleSensitive       = "sensitive-sink"
	ruleNoAudio         = "no-audio-here"
	ruleNoCall          = "no-call-yet"
	ruleHTTP            = "http"
	ruleUnusedPrompt    = "unused-prompt"
	ruleUnusedVariable  = "unused-variable"
	ruleUnusedAction    = "unused-action"
	ruleUnusedSchedule  = "unused-schedule"
	ruleUnusedGroup     = "unused-group"
	ruleMenuAmbiguity   = "menu-ambiguity"
	ruleLongMenu        = "long-menu"
	ruleTranslation     = "missing-translation"
	ruleUnrecorded      = "unrecorded-words"
	ruleShortFirstKey   = "short-first-key"
	ruleLostRecording   = "lost-recording"
	ruleHiddenCaller    = "hidden-caller"
	ruleNoWayOut        = "no-way-out"
	ruleForgotten       = "forgotten-outcome"
	ruleMachine         = "machine"
)
