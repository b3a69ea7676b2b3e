package graph_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/graph"
)

const (
	tid     = "11111111-2222-4333-8444-0123456789ab"
	oid     = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
	thread  = "19:meeting_TWVldGluZzE@thread.v2"
	threadE = "19%3ameeting_TWVldGluZzE%40thread.v2"
	contE   = "%7b%22Tid%22%3a%22" + tid + "%22%2c%22Oid%22%3a%22" + oid + "%22%7d"
	contR   = `{"Tid":"` + tid + `","Oid":"` + oid + `"}`
	public  = "teams.microsoft.com"
	long    = "https://" + public + "/l/meetup-join/" + threadE + "/0?context=" + contE
	raw     = "https://" + public + "/l/meetup-join/" + thread + "/0?context=" + contR
	short   = "https://" + public + "/meet/2414128301281?p=NzhDLMLT8b07DrkwkE"

	wantLong  = thread + " 0  " + tid + " " + oid + " " + public
	wantShort = "2414128301281 NzhDLMLT8b07DrkwkE " + public
)

// pathOf is a link without its host.
func pathOf(link string) string { return strings.TrimPrefix(link, "https://"+public) }

func safeLink(link string) string {
	return "https://nam12.safelinks.protection.outlook.com/?url=" + url.QueryEscape(link) + "&data=05%7C02%7Ca%40x.example%7C0&sdata=x%3D&reserved=0"
}

func launcher(path string) string {
	return "https://" + public + "/dl/launcher/launcher.html?url=" + url.QueryEscape("/_#"+path) +
		"&type=meetup-join&deeplinkId=" + oid + "&directDl=true&msLaunch=true"
}

func light(host, coords string) string {
	return "https://" + host + "/light-meetings/launch?agent=web&version=1&coords=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(coords)))
}

const coords = `{"conversationId":"` + thread + `","messageId":"0","tenantId":"` + tid + `","organizerId":"` + oid + `"}`

// summary is a join in one line.
func summary(j graph.Join) string {
	m := j.MeetingInfo
	if j.ChatInfo == nil {
		return m.JoinMeetingID + " " + m.Passcode + " " + j.Host
	}
	c := j.ChatInfo
	return strings.Join([]string{c.ThreadID, c.MessageID, c.ReplyChainMessageID, m.Organizer.User.TenantID, m.Organizer.User.ID, j.Host}, " ")
}

func withContext(context string) string {
	return "https://" + public + "/l/meetup-join/" + threadE + "/0?context=" + url.QueryEscape(context)
}

type joinCase struct{ name, url, want string }

func goodJoins() []joinCase {
	on := func(host, threadID, message string) string {
		return threadID + " " + message + "  " + tid + " " + oid + " " + host
	}
	return []joinCase{
		{"long", long, wantLong},
		{"long, not escaped", raw, wantLong},
		{"long, escaped twice", strings.ReplaceAll(long, "%", "%25"), wantLong},
		{"long, escaped three times", strings.ReplaceAll(long, "%", "%2525"), wantLong},
		{"long, escaped whole", url.QueryEscape(long), wantLong},
		{"long, escaped whole twice", url.QueryEscape(url.QueryEscape(long)), wantLong},
		{"long, question mark escaped", "https://" + public + "/l/meetup-join/" + threadE + "/0%3fcontext%3d" + url.QueryEscape(contE), wantLong},
		{"long, capital escapes", strings.NewReplacer("%3a", "%3A", "%7b", "%7B", "%7d", "%7D", "%2c", "%2C").Replace(long), wantLong},
		{"long, only the context escaped", "https://" + public + "/l/meetup-join/" + thread + "/0?context=" + contE, wantLong},
		{"long, more parameters", long + "&anon=true&launchAgent=join_launcher&lang=en", wantLong},
		{"long, parameters before", strings.Replace(long, "?context", "?anon=true&context", 1), wantLong},
		{"long, copied from HTML", strings.Replace(long, "?context", "?anon=true&amp;context", 1), wantLong},
		{"long, Context", strings.Replace(long, "?context", "?Context", 1), wantLong},
		{"long, slash at the end", strings.Replace(long, "/0?", "/0/?", 1), wantLong},
		{"long, path in capitals", strings.Replace(long, "/l/meetup-join/", "/L/Meetup-Join/", 1), wantLong},
		{"long, host in capitals", strings.Replace(long, public, "Teams.Microsoft.COM", 1), wantLong},
		{"long, scheme in capitals", strings.Replace(long, "https", "HTTPS", 1), wantLong},
		{"long, no scheme", strings.TrimPrefix(long, "https://"), wantLong},
		{"long, spaces around", " \t" + long + "\r\n", wantLong},
		{"long, angle brackets", "<" + long + ">", wantLong},
		{"long, a fragment", long + "#/join", wantLong},
		{"context in lower case", withContext(strings.ToLower(contR)), wantLong},
		{"context in capitals", withContext(`{"TID":"` + tid + `","OID":"` + oid + `"}`), wantLong},
		{"context with spaces", withContext(`{ "Tid": "` + tid + `", "Oid": "` + oid + `" }`), wantLong},
		{"context with unknown members", withContext(`{"Tid":"` + tid + `","Oid":"` + oid + `","IsBroadcastMeeting":true,"role":"a","x":{"y":[1]}}`), wantLong},
		{"GUIDs in capitals", withContext(`{"Tid":"` + strings.ToUpper(tid) + `","Oid":"` + strings.ToUpper(oid) + `"}`), wantLong},
		{"MessageId", withContext(`{"Tid":"` + tid + `","Oid":"` + oid + `","MessageId":"1533758867081"}`),
			thread + " 0 1533758867081 " + tid + " " + oid + " " + public},
		{"messageId", withContext(`{"Tid":"` + tid + `","Oid":"` + oid + `","messageId":"0"}`), thread + " 0 0 " + tid + " " + oid + " " + public},
		{"MessageId as a number", withContext(`{"Tid":"` + tid + `","Oid":"` + oid + `","MessageId":1533758867081}`),
			thread + " 0 1533758867081 " + tid + " " + oid + " " + public},
		{"MessageId null", withContext(`{"Tid":"` + tid + `","Oid":"` + oid + `","MessageId":null}`), wantLong},
		{"MessageId empty", withContext(`{"Tid":"` + tid + `","Oid":"` + oid + `","MessageId":""}`), wantLong},
		{"channel, tacv2", strings.NewReplacer(threadE, "19%3aAbc-1_d%40thread.tacv2", "/0?", "/1788865197722?").Replace(long),
			on(public, "19:Abc-1_d@thread.tacv2", "1788865197722")},
		{"channel, skype", strings.NewReplacer(threadE, "19%3acbee7c1c860e465f8258e3cebf7bee0d%40thread.skype", "/0?", "/1533758867081?").Replace(long),
			on(public, "19:cbee7c1c860e465f8258e3cebf7bee0d@thread.skype", "1533758867081")},
		{"chat of two", strings.Replace(long, threadE, "19%3a"+oid+"_"+tid+"%40unq.gbl.spaces", 1), on(public, "19:"+oid+"_"+tid+"@unq.gbl.spaces", "0")},
		{"meeting on skype", strings.Replace(long, "thread.v2", "thread.skype", 1), on(public, "19:meeting_TWVldGluZzE@thread.skype", "0")},
		{"new public host", strings.Replace(long, public, "teams.cloud.microsoft", 1), on("teams.cloud.microsoft", thread, "0")},
		{"GCC High", strings.NewReplacer(public, "gov.teams.microsoft.us", "meeting", "gcch%3ameeting").Replace(long),
			on("gov.teams.microsoft.us", "19:gcch:meeting_TWVldGluZzE@thread.v2", "0")},
		{"DoD", strings.NewReplacer(public, "dod.teams.microsoft.us", "meeting", "dod:meeting").Replace(raw),
			on("dod.teams.microsoft.us", "19:dod:meeting_TWVldGluZzE@thread.v2", "0")},
		{"government", strings.Replace(long, public, "teams.microsoft.us", 1), on("teams.microsoft.us", thread, "0")},
		{"China", strings.Replace(long, public, "teams.microsoftonline.cn", 1), on("teams.microsoftonline.cn", thread, "0")},

		{"short", short, wantShort},
		{"short, no scheme", strings.TrimPrefix(short, "https://"), wantShort},
		{"short, escaped whole", url.QueryEscape(short), wantShort},
		{"short, question mark escaped", strings.NewReplacer("?", "%3f", "=", "%3d").Replace(short), wantShort},
		{"short, no passcode", "https://" + public + "/meet/2414128301281", "2414128301281  " + public},
		{"short, empty passcode", "https://" + public + "/meet/2414128301281?p=", "2414128301281  " + public},
		{"short, more parameters", strings.Replace(short, "?", "?anon=true&", 1) + "&lang=de", wantShort},
		{"short, copied from HTML", strings.Replace(short, "?", "?anon=true&amp;", 1), wantShort},
		{"short, P", strings.Replace(short, "?p", "?P", 1), wantShort},
		{"short, a fragment", short + "#/join", wantShort},
		{"short, new public host", strings.Replace(short, public, "teams.cloud.microsoft", 1), strings.Replace(wantShort, public, "teams.cloud.microsoft", 1)},
		{"short, GCC High", strings.Replace(short, public, "gov.teams.microsoft.us", 1), strings.Replace(wantShort, public, "gov.teams.microsoft.us", 1)},
		{"short, DoD", strings.Replace(short, public, "dod.teams.microsoft.us", 1), strings.Replace(wantShort, public, "dod.teams.microsoft.us", 1)},
		{"short, China", strings.Replace(short, public, "teams.microsoftonline.cn", 1), strings.Replace(wantShort, public, "teams.microsoftonline.cn", 1)},
		{"short, escaped passcode", "https://" + public + "/meet/2414128301281?p=a%2Bb%2F%21", "2414128301281 a+b/! " + public},

		{"bare id", "123456789012", "123456789012  "},
		{"bare id, spaces", " 123 456 789 012\n", "123456789012  "},
		{"bare id, no-break spaces", "123\u00a0456\u00a0789\u00a0012", "123456789012  "},
		{"bare id, shortest", "1234567", "1234567  "},
		{"bare id, longest", "12345678901234567890", "12345678901234567890  "},

		{"app, long", strings.Replace(long, "https:", "msteams:", 1), wantLong},
		{"app, long, no host", "msteams:" + pathOf(long), wantLong},
		{"app, long, l as host", "msteams:/" + pathOf(long), wantLong},
		{"app, short", strings.Replace(short, "https:", "msteams:", 1), wantShort},
		{"app, short, no host", "MSTeams:///meet/2414128301281?p=NzhDLMLT8b07DrkwkE", wantShort},
		{"launcher, long", launcher(pathOf(long) + "&anon=true"), wantLong},
		{"launcher, long, not escaped inside", launcher(pathOf(raw)), wantLong},
		{"launcher, short", launcher(pathOf(short) + "&anon=true"), wantShort},
		{"launcher, escaped twice", "https://" + public + "/dl/launcher/launcher.html?url=" + url.QueryEscape(url.QueryEscape("/_#"+pathOf(long))), wantLong},
		{"launcher, not escaped", "https://" + public + "/dl/launcher/launcher.html?url=/_#" + pathOf(raw) + "&type=meetup-join&directDl=true", wantLong},
		{"launcher, no fragment", "https://" + public + "/dl/launcher/launcher.html?url=" + url.QueryEscape(pathOf(short)), wantShort},
		{"launcher, absolute", "https://" + public + "/dl/launcher/launcher.html?type=x&url=" + url.QueryEscape(long), wantLong},
		{"browser, long", "https://" + public + "/v2/?meetingjoin=true#" + pathOf(long) + "&anon=true", wantLong},
		{"browser, short", "https://" + public + "/v2/?meetingjoin=true#" + pathOf(short), wantShort},
		{"old browser", "https://" + public + "/_#" + pathOf(long), wantLong},
		{"light", light(public, coords), wantLong},
		{"light, no padding", strings.ReplaceAll(light(public, coords), "%3D", ""), wantLong},
		{"light, escaped inside", light(public, url.PathEscape(coords)), wantLong},
		{"light, DoD", light("dod.teams.microsoft.us", coords), on("dod.teams.microsoft.us", thread, "0")},
		{"light behind a fragment", "https://" + public + "/v2/#" + pathOf(light(public, coords)), wantLong},
		{"Safe Links, long", safeLink(long), wantLong},
		{"Safe Links, short", safeLink(short), wantShort},
		{"Safe Links, launcher", safeLink(launcher(pathOf(long))), wantLong},
		{"Safe Links in Safe Links", safeLink(safeLink(long)), wantLong},
		{"Safe Links, copied from HTML", strings.ReplaceAll(safeLink(long), "&", "&amp;"), wantLong},
		{"Safe Links, government", strings.Replace(safeLink(short), "nam12.safelinks.protection.outlook.com", "usg02.safelinks.protection.office365.us", 1), wantShort},
		{"Safe Links, no scheme inside", safeLink(strings.TrimPrefix(short, "https://")), wantShort},
	}
}

func TestParseJoinURL(t *testing.T) {
	for _, test := range goodJoins() {
		t.Run(test.name, func(t *testing.T) {
			j, err := graph.ParseJoinURL(test.url)
			if err != nil {
				t.Fatalf("%s: %v", test.url, err)
			}
			if got := summary(j); got != test.want {
				t.Errorf("%s:\n got %s\nwant %s", test.url, got, test.want)
			}
			if tenant := j.TenantID; j.ChatInfo != nil && tenant != tid || j.ChatInfo == nil && tenant != "" {
				t.Errorf("tenant %q", tenant)
			}
			checkJoin(t, j)
		})
	}
}

// badJoins are URLs and what their errors say.
func badJoins() []joinCase {
	path := func(p string) string { return "https://" + public + p }
	return []joinCase{
		{"empty", "", "neither a link nor a meeting id"},
		{"word", "standup", "neither a link nor a meeting id"},
		{"long text", "https://" + public + "/" + strings.Repeat("a", graph.MaxJoinURL), "length: "},
		{"id too short", "123456", "neither a link nor a meeting id"},
		{"id too long", "123456789012345678901", "neither a link nor a meeting id"},
		{"id with passcode", "123 456 789 012 aB3x", "byte 4: there is a space"},
		{"space inside", strings.Replace(long, "meeting_", "meeting_ ", 1), "byte 56: there is a space"},
		{"line break inside", strings.Replace(short, "?", "?\n", 1), "there is a space or control character"},
		{"NUL inside", strings.Replace(short, "?", "?\x00", 1), "there is a space or control character"},
		{"zero-width space inside", strings.Replace(short, "?", "?\u200b", 1), "there is a space or control character"},
		{"http", strings.Replace(long, "https", "http", 1), `scheme: "http" is not https`},
		{"mail", "mailto:x@" + public + "/meet/1", "scheme: "},
		{"javascript", "javascript://" + public + pathOf(short), "scheme: "},
		{"no scheme, relative", pathOf(long), "neither a link"},
		{"no scheme, two slashes", "//" + public + pathOf(long), "neither a link"},
		{"only the host", "https://" + public, "path: \"/\" leads to no meeting"},

		{"consumer, short", "https://teams.live.com/meet/932211819669?p=vgDyYU2qScCdH9wJmh", "host: it is a meeting of a personal account"},
		{"consumer, launcher", strings.Replace(launcher(pathOf(short)), public, "teams.live.com", 1), "host: it is a meeting of a personal account"},
		{"consumer, tenant", withContext(`{"Tid":"9188040D-6c67-4b5b-b112-36a304b66dad","Oid":"` + oid + `"}`), "context: Tid: it is a meeting of a personal account"},
		{"registration", "https://events.teams.microsoft.com/event/" + oid + "@" + tid, "host: it is the registration page"},
		{"phone numbers", "https://dialin.teams.microsoft.com/" + oid + "?id=123456789", "host: it is a help page"},
		{"help", "https://aka.ms/JoinTeamsMeeting?omkt=en-US", "host: it is a help page"},
		{"another service", "https://zoom.us/j/123456789", `host: "zoom.us" is no host of Teams`},
		{"suffix trick", strings.Replace(long, public, public+".evil.example", 1), "host: "},
		{"prefix trick", strings.Replace(long, public, "evil-"+public, 1), "host: "},
		{"subdomain", strings.Replace(long, public, "x."+public, 1), "host: "},
		{"dot at the end", strings.Replace(long, public, public+".", 1), "host: "},
		{"port", strings.Replace(long, public, public+":8443", 1), "host: "},
		{"user trick", strings.Replace(long, public, public+"@evil.example", 1), "host: there is a user name"},
		{"user", strings.Replace(long, public, "a:b@"+public, 1), "host: there is a user name"},
		{"backslash trick", strings.Replace(long, public, public+`\@evil.example`, 1), ""},
		{"look-alike letters", strings.Replace(long, public, "te\u0430ms.microsoft.com", 1), "host: "},
		{"escaped host", strings.Replace(long, public, "teams%2emicrosoft.com", 1), ""},
		{"app, wrong host", strings.Replace(long, "https://"+public, "msteams://evil.example", 1), "host: "},
		{"Safe Links trick, suffix", strings.Replace(safeLink(long), "outlook.com", "outlook.com.evil.example", 1), "host: "},
		{"Safe Links trick, prefix", strings.Replace(safeLink(long), "nam12.", "nam12.evil", 1), "host: "},
		{"Safe Links, no region", strings.Replace(safeLink(long), "nam12.", "", 1), "host: "},
		{"Safe Links, elsewhere", safeLink("https://evil.example" + pathOf(long)), `host: "evil.example"`},
		{"Safe Links, empty", "https://nam12.safelinks.protection.outlook.com/?data=1", "parameter url: it is missing"},
		{"Safe Links, path only", safeLink(pathOf(long)), "neither a link"},
		{"Safe Links, join path on it", "https://nam12.safelinks.protection.outlook.com" + pathOf(long), "parameter url: it is missing"},
		{"Safe Links, bad escape", "https://nam12.safelinks.protection.outlook.com/?url=%zz", "parameter url: its percent-encoding is broken"},
		{"Safe Links without end", strings.Repeat("https://nam12.safelinks.protection.outlook.com/?url=", 20), "wrapper: more than 6 links"},
		{"launcher, elsewhere", "https://" + public + "/dl/launcher/launcher.html?url=" + url.QueryEscape("https://evil.example"+pathOf(long)), "host: "},
		{"launcher, elsewhere without scheme", "https://" + public + "/dl/launcher/launcher.html?url=" + url.QueryEscape("//evil.example"+pathOf(long)), "path: "},
		{"launcher, empty", "https://" + public + "/dl/launcher/launcher.html", "parameter url: it is missing"},
		{"launcher, a chat", launcher("/l/chat/0/0?users=a"), "path: "},
		{"launcher in circles", "https://" + public + "/#" + strings.Repeat("/#", 50), "wrapper: more than 6 links"},

		{"a chat", path("/l/chat/19:x@thread.v2/0"), `path: "/l/chat/19:x@thread.v2/0" leads to no meeting`},
		{"a channel", path("/l/channel/19:x@thread.tacv2/General"), "leads to no meeting"},
		{"a new meeting", path("/l/meeting/new?subject=x"), "leads to no meeting"},
		{"no l", path("/meetup-join/" + threadE + "/0?context=" + contE), "leads to no meeting"},
		{"fragment without slash", path("/v2/#meet/2414128301281"), "leads to no meeting"},
		{"short, no id", path("/meet/"), "path: after /meet/"},
		{"short, no digits", path("/meet/abc?p=x"), `meeting id: "abc" is not 7 to 20 digits`},
		{"short, more path", path("/meet/2414128301281/x?p=y"), "path: after /meet/"},
		{"short, passcode twice", short + "&p=other", "parameter p: it is there twice"},
		{"short, passcode with a space", short + "%20x", "passcode: "},
		{"short, passcode too long", short + strings.Repeat("x", 128), "passcode: "},
		{"short, passcode not ASCII", short + "%C3%A4", "passcode: "},
		{"short, passcode badly escaped", short + "%4", "parameter p: its percent-encoding is broken"},

		{"long, cut after the path", path("/l/meetup-join/"), "path: after /l/meetup-join/"},
		{"long, bare id", path("/l/meetup-join/389141384648269"), "path: after /l/meetup-join/"},
		{"long, no message id", path("/l/meetup-join/" + threadE + "?context=" + contE), "path: after /l/meetup-join/"},
		{"long, more path", strings.Replace(long, "/0?", "/0/1?", 1), "path: after /l/meetup-join/"},
		{"long, path badly escaped", strings.Replace(long, "%3a", "%3", 1), ""},
		{"long, path badly escaped inside", strings.Replace(long, "19%3a", "19%253", 1), "path: its percent-encoding is broken"},
		{"long, escaped four times", strings.ReplaceAll(long, "%", "%252525"), "path: thread id: "},
		{"thread, no number", strings.Replace(long, "19%3a", "", 1), "path: thread id: "},
		{"thread, another number", strings.Replace(long, "19%3a", "28%3a", 1), "path: thread id: "},
		{"thread, no domain", strings.Replace(long, "%40thread.v2", "", 1), "path: thread id: "},
		{"thread, two domains", strings.Replace(long, "%40", "%40x%40", 1), "path: thread id: "},
		{"thread, a slash", strings.Replace(long, "meeting_", "meeting%2f", 1), "path: thread id: "},
		{"thread, a line break", strings.Replace(long, "meeting_", "meeting%0a", 1), "path: thread id: "},
		{"thread, long", strings.Replace(long, "meeting_", "meeting_"+strings.Repeat("x", 200), 1), "path: thread id: "},
		{"message, a word", strings.Replace(long, "/0?", "/conversations?", 1), "path: message id: "},
		{"message, long", strings.Replace(long, "/0?", "/123456789012345678901?", 1), "path: message id: "},
		{"message, negative", strings.Replace(long, "/0?", "/-1?", 1), "path: message id: "},
		{"no context", path("/l/meetup-join/" + threadE + "/0"), "parameter context: it is missing"},
		{"context empty", path("/l/meetup-join/" + threadE + "/0?context="), "parameter context: it is missing"},
		{"context twice", long + "&Context=" + contE, "parameter context: it is there twice"},
		{"context cut", strings.TrimSuffix(long, "%22%7d"), "parameter context: it is not the JSON"},
		{"context badly escaped", long + "%", "parameter context: its percent-encoding is broken"},
		{"context, no JSON", withContext("x"), "parameter context: it is not the JSON"},
		{"context, a list", withContext("[" + contR + "]"), "parameter context: it is not the JSON"},
		{"context, two objects", withContext(contR + contR), "parameter context: it is not the JSON"},
		{"context, deep", withContext(`{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}"), "nested more than"},
		{"context, Tid twice", withContext(`{"Tid":"` + tid + `","tid":"` + oid + `","Oid":"` + oid + `"}`), "parameter context: "},
		{"context, Tid a number", withContext(`{"Tid":1,"Oid":"` + oid + `"}`), "parameter context: "},
		{"context, no Tid", withContext(`{"Oid":"` + oid + `"}`), "context: Tid: it is missing"},
		{"context, no Oid", withContext(`{"Tid":"` + tid + `"}`), "context: Oid: it is missing"},
		{"context, Tid null", withContext(`{"Tid":null,"Oid":"` + oid + `"}`), "context: Tid: it is missing"},
		{"context, Tid no GUID", withContext(`{"Tid":"contoso.com","Oid":"` + oid + `"}`), `context: Tid: "contoso.com" is not the GUID`},
		{"context, Tid short", withContext(`{"Tid":"` + tid[1:] + `","Oid":"` + oid + `"}`), "context: Tid: "},
		{"context, Tid in braces", withContext(`{"Tid":"{` + tid + `}","Oid":"` + oid + `"}`), "context: Tid: "},
		{"context, Oid with a g", withContext(`{"Tid":"` + tid + `","Oid":"g` + oid[1:] + `"}`), "context: Oid: "},
		{"context, Oid without dashes", withContext(`{"Tid":"` + tid + `","Oid":"` + strings.ReplaceAll(oid, "-", "") + `"}`), "context: Oid: "},
		{"context, MessageId a word", withContext(`{"Tid":"` + tid + `","Oid":"` + oid + `","MessageId":"x"}`), "context: MessageId: "},
		{"context, MessageId an object", withContext(`{"Tid":"` + tid + `","Oid":"` + oid + `","MessageId":{}}`), "context: MessageId: "},
		{"context, MessageId a fraction", withContext(`{"Tid":"` + tid + `","Oid":"` + oid + `","MessageId":1.5}`), "context: MessageId: "},
		{"light, no coords", path("/light-meetings/launch?p=cM5g&anon=true"), "parameter coords: it is missing"},
		{"light, no base64", path("/light-meetings/launch?coords=%21"), "parameter coords: illegal base64"},
		{"light, no JSON", light(public, "x"), "parameter coords: it is not the JSON"},
		{"light, no organizer", light(public, strings.Replace(coords, "organizerId", "x", 1)), "coords: organizerId: it is missing"},
		{"light, bad tenant", light(public, strings.Replace(coords, tid, "x", 1)), "coords: tenantId: "},
		{"light, consumer", strings.Replace(light(public, coords), public, "teams.live.com", 1), "host: it is a meeting of a personal account"},
	}
}

func TestParseJoinURLRefuses(t *testing.T) {
	secrets := regexp.MustCompile(`NzhDLMLT|vgDyYU2q|cM5g`)
	for _, test := range badJoins() {
		t.Run(test.name, func(t *testing.T) {
			j, err := graph.ParseJoinURL(test.url)
			if err == nil {
				t.Fatalf("%s gives %s", test.url, summary(j))
			}
			text := err.Error()
			if !strings.HasPrefix(text, "joining a meeting: ") || !strings.Contains(text, test.want) || !strings.Contains(text, "; ") || len(text) > 400 {
				t.Errorf("%s:\n got %s\nwant %s", test.url, text, test.want)
			}
			if secrets.MatchString(text) {
				t.Errorf("the error shows the passcode: %s", text)
			}
			if !reflect.DeepEqual(j, graph.Join{}) {
				t.Errorf("%+v with an error", j)
			}
		})
	}
}

func TestJoinByID(t *testing.T) {
	j, err := graph.JoinByID(" 123 456 789 012 ", " aB3xYz ")
	if err != nil || summary(j) != "123456789012 aB3xYz " {
		t.Errorf("got %+v, %v", j, err)
	}
	for _, test := range []struct{ id, passcode, want string }{
		{"", "x", "meeting id: "}, {"123-456-789", "x", "meeting id: "}, {"+1234567", "", "meeting id: "}, {"\u0661\u0662\u0663\u0664\u0665\u0666\u0667", "", "meeting id: "},
		{"123456789", "secret word", "passcode: "}, {"123456789", "secret\n", ""}, {"123456789", strings.Repeat("secret", 30), "passcode: "},
	} {
		_, err := graph.JoinByID(test.id, test.passcode)
		if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%q %q: got %v, want %s", test.id, test.passcode, err, test.want)
		}
	}
}

// joinURL writes a join as a link.
func joinURL(j graph.Join) string {
	host := j.Host
	if host == "" {
		host = public
	}
	m := j.MeetingInfo
	if j.ChatInfo == nil {
		return "https://" + host + "/meet/" + m.JoinMeetingID + "?p=" + url.QueryEscape(m.Passcode)
	}
	context := map[string]string{"Tid": j.TenantID, "Oid": m.Organizer.User.ID, "MessageId": j.ChatInfo.ReplyChainMessageID}
	text, _ := json.Marshal(context) // strings always marshal
	return "https://" + host + "/l/meetup-join/" + url.PathEscape(j.ChatInfo.ThreadID) + "/" + j.ChatInfo.MessageID + "?context=" + url.QueryEscape(string(text))
}

// checkJoin checks what is true of every join: it is complete, and says the
// same after it was written as a link and as JSON.
func checkJoin(t *testing.T, j graph.Join) {
	t.Helper()
	if j.MeetingInfo == nil || (j.ChatInfo == nil) != (j.MeetingInfo.ODataType == graph.TypeJoinMeetingIDMeetingInfo) {
		t.Fatalf("incomplete: %+v", j)
	}
	for _, link := range []string{joinURL(j), url.QueryEscape(joinURL(j)), safeLink(joinURL(j))} {
		again, err := graph.ParseJoinURL(link)
		if j.Host == "" {
			again.Host = ""
		}
		if err != nil || !reflect.DeepEqual(again, j) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", link, err, again, j)
		}
	}
	body := marshal(t, j)
	var again graph.Join
	if err := json.Unmarshal(body, &again); err != nil || !reflect.DeepEqual(again, j) {
		t.Errorf("%s: %v, %+v", body, err, again)
	}
}

// TestMeetingInfoMatchesMetadata checks what a new call would hold.
func TestMeetingInfoMatchesMetadata(t *testing.T) {
	compiler := metadataCompiler(t)
	check := func(name string, v any) {
		t.Helper()
		schema, err := compiler.Compile("metadata.json#/$defs/microsoft.graph." + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(schema, marshal(t, v)); err != nil {
			t.Errorf("%s: %v", marshal(t, v), err)
		}
	}
	for _, link := range []string{long, short, "123 456 789 012"} {
		j, err := graph.ParseJoinURL(link)
		if err != nil {
			t.Fatal(err)
		}
		j.MeetingInfo.AllowConversationWithoutHost = new(true)
		check("meetingInfo", j.MeetingInfo)
		if j.ChatInfo != nil {
			check("chatInfo", j.ChatInfo)
		}
	}
	check("meetingInfo", graph.TokenMeeting("token"))
}

// FuzzParseJoinURL: any text may be given. Nothing panics, and what is read is
// complete and names a known host.
func FuzzParseJoinURL(f *testing.F) {
	for _, test := range append(goodJoins(), badJoins()...) {
		f.Add(test.url)
	}
	hosts := regexp.MustCompile(`^(|teams\.microsoft\.com|teams\.cloud\.microsoft|((gov|dod)\.)?teams\.microsoft\.us|teams\.microsoftonline\.cn)$`)
	f.Fuzz(func(t *testing.T, text string) {
		j, err := graph.ParseJoinURL(text)
		if err != nil {
			if len(err.Error()) > 2000 {
				t.Errorf("%d bytes of error", len(err.Error()))
			}
			return
		}
		if !hosts.MatchString(j.Host) {
			t.Errorf("host %q", j.Host)
		}
		checkJoin(t, j)
	})
}
