package prompt_test

import (
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

func TestSSML(t *testing.T) {
	if got, want := prompt.SSML("Good <emphasis>bye</emphasis>.", "en-GB"), `<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-GB">Good <emphasis>bye</emphasis>.</speak>`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if own := `<speak xml:lang="de">Hallo</speak>`; prompt.SSML(own, "en-GB") != own {
		t.Error("a document of its own is changed")
	}
	if got := prompt.Unmarked("Fish &amp;\n<break time='1s'/> chips, <emphasis>now</emphasis>."); got != "Fish & chips, now." {
		t.Errorf("what is heard: %q", got)
	}
}

func TestCheckSSML(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                       "",
		"a <break time=\"300ms\"/> b": "",
		"<speak>x</speak>":            "",
		" <speak version='1.1'><p>x</p></speak> ": "",
		"a &amp; b &lt; c &#228;":                 "",
		"<emphasis>x":                             "closed by </speak>",
		"x</emphasis>":                            "closed by </emphasis>",
		"fish & chips":                            "&amp;",
		"a < b":                                   "&lt;",
		"&nbsp;":                                  "invalid character entity",
		"<break time=300ms/>":                     "unquoted",
		"<speak>x</speak><speak>y</speak>":        "outside of <speak>",
		"<speak>x</speak> y":                      "outside of <speak>",
		"x</speak><speak>":                        "outside of <speak>",
		"<!DOCTYPE speak [<!ENTITY a \"b\">]>":    "declarations",
		"<?xml version=\"1.0\"?><speak>x</speak>": "declarations",
		"bell \x07":                               "illegal character",
	} {
		err := prompt.CheckSSML(text)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
