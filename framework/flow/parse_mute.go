package flow

func parseMute(p *stepParser) Spec { return &Mute{Off: p.verb.Name == "unmute"} }
