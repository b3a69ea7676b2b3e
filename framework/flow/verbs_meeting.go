package flow

// meetingVerbs are those of flows of kind meeting.
func meetingVerbs() []Verb {
	meeting := []Kind{Meeting}
	return []Verb{
		{
			Name: "join", Doc: "Joins a meeting; the flow goes on in it.", Main: "link", Bare: true, parse: parseJoin, Kinds: meeting,
			Options: []Option{
				{Name: "link", Type: OptText, Example: "https://teams.microsoft.com/meet/1234567890?p=secret", Doc: "the join link of the invitation, in any form in which Teams hands it out; none of link, join_id and organizer: the meeting that the bot's program names"},
				{Name: "join_id", Type: OptText, Example: "123 456 789 0", Doc: "the meeting id of the invitation, in quotes"},
				{Name: "passcode", Type: OptText, Doc: "the passcode that goes with join_id"},
				{Name: "organizer", Type: OptTarget, Pattern: orDynamic(guidForm.String()), Example: "5f0c7c7e-0000-4000-8000-000000000001", Doc: "the organizer's object id; needs thread"},
				{Name: "thread", Type: OptText, Example: "19:meeting_abc@thread.v2", Doc: "the thread id of the meeting's chat, with organizer"},
				{Name: "tenant", Type: OptText, Doc: "the organizer's tenant; the bot's own if not written"},
				{Name: "wait", Type: OptDuration, Default: "60s", Doc: "how long the bot waits to be let in, 5s to 15m"},
			},
			Outcomes: []Outcome{done("the bot is in the meeting"),
				{Name: "lobby", Doc: "nobody let the bot in; it has left the lobby", Parent: outcomeFailed},
				must(outcomeFailed, "the meeting could not be joined")},
		},
		{
			Name: "invite", Doc: "Asks people into the meeting.", Main: "to", Audio: true, parse: parseInvite, Kinds: meeting,
			Options:  append([]Option{{Name: "to", Type: OptTargets, Most: maxInvited, Doc: "up to 5 targets, who are asked together"}}, targetOptions()...),
			Outcomes: []Outcome{done("the platform has invited them; call.roster tells who came"), must(outcomeFailed, "they were not, or nobody can tell")},
		},
		{
			Name: "hold", Doc: "Puts a participant on hold: music, apart from the meeting. One at a time.", Main: "participant", Audio: true, parse: parseHold, Kinds: meeting,
			Options:  append(whoOptions(), Option{Name: "music", Type: OptPrompt, Doc: "what the participant hears; the platform's music if not written"}),
			Outcomes: []Outcome{done("the participant is on hold"), failed("that participant is not in the meeting, another is on hold, or the platform refused")},
		},
		{
			Name: "resume", Doc: "Brings the participant who is on hold back into the meeting.", Main: "participant", Bare: true, Audio: true, parse: parseHold, Kinds: meeting,
			Options:  whoOptions(),
			Outcomes: []Outcome{done("the participant is back"), failed("nobody is on hold, or the platform refused")},
		},
		{
			Name: "route_audio", Doc: "Lets one participant speak to others apart from the meeting.", Main: "from", Audio: true, parse: parseRouteAudio, Kinds: meeting,
			Options: []Option{
				{Name: "from", Type: OptWho, Doc: "who speaks: bot, or a participant"},
				{Name: "to", Type: OptWhos, Doc: "who hears it: bot, a participant, or a list"},
				{Name: "name", Type: OptName, Default: "main", Doc: "with which the flow changes or ends it"},
				{Name: "stop", Type: OptBool, Default: "false", Doc: "true: the one of that name is ended"},
			},
			Outcomes: []Outcome{done("they hear it"), failed("somebody is not in the meeting, or the platform refused")},
		},
		{
			Name: "gallery", Doc: "Adds the large gallery view to the meeting.", Bare: true, Audio: true, parse: parseGallery, Kinds: meeting,
			Outcomes: []Outcome{done("it is there"), failed("the platform refused; it does this for bots that host their media")},
		},
		{
			Name: "recording_status", Doc: "Tells the people in the meeting whether the bot records it.", Main: "status", Audio: true, parse: parseRecordingStatus, Kinds: meeting,
			Options:  []Option{{Name: "status", Type: OptWord, Words: []string{"recording", "not_recording", "failed"}, Required: true, Doc: "what they are told"}},
			Outcomes: []Outcome{done("they were told"), must(outcomeFailed, "they were not; the platform does this for recording by policy")},
		},
	}
}

// whoOptions name a participant.
func whoOptions() []Option {
	return []Option{
		{Name: "user", Type: OptTarget, Pattern: orDynamic(guidForm.String()), Example: "5f0c7c7e-0000-4000-8000-000000000001", Doc: "a participant by the Teams user's object id"},
		{Name: "phone", Type: OptTarget, Pattern: orDynamic(e164Form.String()), Example: "+442071838750", Doc: "a participant by telephone number in E.164, in quotes"},
		{Name: "application", Type: OptTarget, Pattern: orDynamic(guidForm.String()), Example: "5f0c7c7e-0000-4000-8000-000000000001", Doc: "a bot or resource account by its id"},
		{Name: "participant", Type: OptText, Example: "${call.roster[0].id}", Doc: "a participant by the id in call.roster"},
	}
}
