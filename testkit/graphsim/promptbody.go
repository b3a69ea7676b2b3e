package graphsim

import "fmt"

// media is a mediaInfo: one piece of audio to be fetched.
type media struct{ uri, resourceID string }

// mediaInfoProperties are those of
// https://learn.microsoft.com/graph/api/resources/mediainfo
func mediaInfoProperties() []param {
	return []param{{name: "uri", kind: text}, {name: "resourceId", kind: text}}
}

// mediaPromptProperties are those of
// https://learn.microsoft.com/graph/api/resources/mediaprompt, and a leftover
// of the beta's metadata, which does nothing.
func mediaPromptProperties() []param {
	return []param{{name: "mediaInfo", kind: entity}, {name: "loop", kind: whole, betaOnly: true}}
}

// readMedia reads a mediaInfo.
func readMedia(place string, v any) (media, *failure) {
	m, ok := v.(object)
	if !ok {
		return media{}, invalid(place + " must be an object of type mediaInfo.")
	}
	if fail := checkTag(place, m, "mediaInfo", false); fail != nil {
		return media{}, fail
	}
	if fail := checkProperties(place, m, mediaInfoProperties(), true); fail != nil {
		return media{}, fail
	}
	if str(m, "uri") == "" {
		return media{}, invalid(place + ".uri is missing.")
	}
	return media{uri: str(m, "uri"), resourceID: str(m, "resourceId")}, nil
}

// readPrompts reads a list of mediaPrompts.
func readPrompts(x *exchange, most int) ([]media, *failure) {
	prompts := items(x.body, "prompts")
	if len(prompts) > most {
		return nil, invalid(fmt.Sprintf("'prompts' has %d elements; at most %d are allowed.", len(prompts), most))
	}
	all := make([]media, 0, len(prompts))
	for i, v := range prompts {
		info, fail := readPrompt(fmt.Sprintf("prompts[%d]", i), v, x.beta())
		if fail != nil {
			return nil, fail
		}
		all = append(all, info)
	}
	return all, nil
}

func readPrompt(place string, v any, beta bool) (media, *failure) {
	m, ok := v.(object)
	if !ok {
		return media{}, invalid(place + " must be an object.")
	}
	if fail := checkTag(place, m, "mediaPrompt", true); fail != nil {
		return media{}, fail
	}
	if fail := checkProperties(place, m, mediaPromptProperties(), beta); fail != nil {
		return media{}, fail
	}
	return readMedia(place+".mediaInfo", m["mediaInfo"])
}
