package conformance_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

var update = flag.Bool("update", false, "write testdata/missing.json anew")

// missing is what is documented and the simulator does not do, each with the
// reason; a request's begins with the words of the refusal. Whatever it does must
// leave the lists: -update writes them anew and keeps the reasons. What is new
// gets its reason by hand.
type missing struct {
	Served   map[string]string `json:"served"`   // requests
	Answered map[string]string `json:"answered"` // properties of answers
	Sent     map[string]string `json:"sent"`     // notifications that follow
}

const missingFile = "testdata/missing.json"

func readMissing(t *testing.T) missing {
	t.Helper()
	data, err := os.ReadFile(missingFile)
	if err != nil {
		t.Fatal(err)
	}
	var m missing
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// compareMissing compares what is missing with the lists.
func compareMissing(t *testing.T, is missing) {
	t.Helper()
	was := readMissing(t)
	for _, list := range []struct {
		what    string
		is, was map[string]string
	}{{"served", is.Served, was.Served}, {"answered", is.Answered, was.Answered}, {"sent", is.Sent, was.Sent}} {
		for key, how := range list.is {
			why := list.was[key]
			if list.what == "served" && !strings.HasPrefix(why, how) {
				why = "" // it is refused for something else now
			}
			switch {
			case why != "" && why != how:
				list.is[key] = why
			case !*update:
				t.Errorf("%s is documented and not %s: %s; mend it, or write the reason into %s by hand", key, list.what, how, missingFile)
			}
		}
		for key := range list.was {
			if _, ok := list.is[key]; !ok && !*update {
				t.Errorf("%s is %s now: take it out of %s, by hand or with -update", key, list.what, missingFile)
			}
		}
	}
	if !*update {
		return
	}
	data, err := json.MarshalIndent(is, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(missingFile, append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// platform is a simulator in a bubble of time, with a bot that takes everything.
type platform struct {
	t       *testing.T
	sim     *graphsim.Sim
	version string
	token   string

	mu   sync.Mutex
	told []json.RawMessage // bodies of callbacks
	sent []answered        // all answers of the call API
}

type answered struct {
	method, path string
	status       int
	header       http.Header
	body         []byte
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		_, _ = w.Write(silence())
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Error(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, body)
	w.WriteHeader(http.StatusAccepted)
}

// silence is a second of audio in the form that the service plays.
func silence() []byte {
	const bytesOfAudio = 32000
	head := []byte("RIFF\x24\x7d\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\x00\x7d\x00\x00")
	return append(head, make([]byte, bytesOfAudio)...)
}

// onPlatform runs a test with a new simulator.
func onPlatform(t *testing.T, version string, run func(p *platform)) {
	t.Helper()
	key := signingKey() // takes real time
	synctest.Test(t, func(t *testing.T) {
		p := &platform{t: t, version: version}
		sim, err := graphsim.New(graphsim.Config{BaseURL: "https://graph.test", Webhook: "https://bot.test/calls", Seed: 1, Key: key,
			Transport: graphsim.InMemory(p)})
		if err != nil {
			t.Fatal(err)
		}
		defer sim.Close()
		p.sim = sim
		form := url.Values{"client_id": {graphsim.DefaultAppID}, "client_secret": {graphsim.DefaultSecret},
			"scope": {"https://graph.microsoft.com/.default"}, "grant_type": {"client_credentials"}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, sim.TokenURL(), strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		var grant struct {
			Token string `json:"access_token"`
		}
		if err := json.Unmarshal(p.do(r).body, &grant); err != nil || grant.Token == "" {
			t.Fatalf("no token: %v", err)
		}
		p.token = grant.Token
		run(p)
	})
}

func (p *platform) do(r *http.Request) answered {
	p.t.Helper()
	resp, err := graphsim.InMemory(p.sim).RoundTrip(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	a := answered{r.Method, r.URL.Path, resp.StatusCode, resp.Header, body}
	p.sent = append(p.sent, a)
	return a
}

// ask makes a request of the call API; path is below the version.
func (p *platform) ask(method, path string, body []byte) answered {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, "https://graph.test/"+p.version+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.token)
	r.Header.Set("User-Agent", "Conformance/1.0")
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	return p.do(r)
}

const (
	hosted    = `"mediaConfig":{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig"}`
	appHosted = `"mediaConfig":{"@odata.type":"#microsoft.graph.appHostedMediaConfig","blob":"a-blob"}`
	instance  = `"source":{"@odata.type":"#microsoft.graph.participantInfo","identity":{"@odata.type":"#microsoft.graph.identitySet","applicationInstance":{"@odata.type":"#microsoft.graph.identity","id":"` +
		graphsim.DefaultInstance + `"}}},`
)

// ring is a call that waits for an answer.
func (p *platform) ring() ivr.CallID {
	p.t.Helper()
	c, err := p.sim.Ring(graphsim.Caller{Called: ivr.Party{Kind: ivr.PartyApplication, ID: graphsim.DefaultInstance}})
	if err != nil {
		p.t.Fatal(err)
	}
	time.Sleep(time.Second)
	return c.ID()
}

// connected is a call of two with audio.
func (p *platform) connected() ivr.CallID {
	p.t.Helper()
	id := p.ring()
	p.must(p.ask("POST", "/communications/calls/"+string(id)+"/answer", []byte(`{"callbackUri":"https://bot.test/leg","acceptedModalities":["audio"],`+hosted+`}`)))
	time.Sleep(2 * time.Second)
	return id
}

func (p *platform) must(a answered) answered {
	p.t.Helper()
	if a.status >= 300 {
		p.t.Fatalf("%s %s: %d %s", a.method, a.path, a.status, a.body)
	}
	return a
}

// create makes a call of the bot's, or joins a meeting, and waits until all that
// answer have come.
func (p *platform) create(properties string) ivr.CallID {
	p.t.Helper()
	made := p.must(p.ask("POST", "/communications/calls", []byte(`{"@odata.type":"#microsoft.graph.call","callbackUri":"https://bot.test/leg","requestedModalities":["audio"],"tenantId":"`+
		p.sim.Tenant()+`",`+properties+`}`)))
	time.Sleep(20 * time.Second)
	return callOf(p.t, made)
}

// callOf is the call that an answer creates.
func callOf(t *testing.T, a answered) ivr.CallID {
	t.Helper()
	var call struct{ ID ivr.CallID }
	if err := json.Unmarshal(a.body, &call); err != nil || call.ID == "" {
		t.Fatalf("no call in %s: %v", a.body, err)
	}
	return call.ID
}

// several is a call of several with three others in it, of whom the first has a
// number. It has no chat.
func (p *platform) several(properties string, first int) (ivr.CallID, []*graphsim.Person) {
	p.t.Helper()
	var targets []string
	for i := range 3 {
		targets = append(targets, userOf(first+i))
	}
	call := p.create(instance + `"targets":[` + strings.Join(targets, ",") + `],` + properties)
	return call, p.others(call)
}

// meeting is the same as a meeting that the bot joined.
func (p *platform) meeting(properties string, first int) (ivr.CallID, []*graphsim.Person) {
	p.t.Helper()
	m := p.schedule(graphsim.MeetingPlan{})
	for i := range 3 {
		if _, err := m.Enter(ivr.Party{Kind: ivr.PartyUser, ID: userID(first + i)}); err != nil {
			p.t.Fatal(err)
		}
	}
	call := p.create(`"chatInfo":{"@odata.type":"#microsoft.graph.chatInfo","threadId":"` + m.Plan().Thread + `","messageId":"0"},
		"meetingInfo":{"@odata.type":"#microsoft.graph.organizerMeetingInfo","organizer":{"@odata.type":"#microsoft.graph.identitySet","user":{"@odata.type":"#microsoft.graph.identity","id":"` +
		m.Plan().Organizer.ID + `","tenantId":"` + p.sim.Tenant() + `"}},"allowConversationWithoutHost":true},` + properties)
	return call, p.others(call)
}

func (p *platform) schedule(plan graphsim.MeetingPlan) *graphsim.Meeting {
	p.t.Helper()
	m, err := p.sim.Schedule(plan)
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

// documented schedules the meeting that a documented request joins, if it joins
// one.
func (p *platform) documented(body []byte) {
	p.t.Helper()
	var join struct {
		ChatInfo    struct{ ThreadID string }
		MeetingInfo *struct {
			JoinMeetingID, Passcode string
			Organizer               struct {
				User struct{ ID, DisplayName string }
			}
		}
	}
	if err := json.Unmarshal(body, &join); err != nil {
		p.t.Fatal(err)
	}
	if join.MeetingInfo == nil {
		return
	}
	plan := graphsim.MeetingPlan{Thread: join.ChatInfo.ThreadID, JoinID: join.MeetingInfo.JoinMeetingID, Passcode: join.MeetingInfo.Passcode}
	if user := join.MeetingInfo.Organizer.User; user.ID != "" {
		plan.Organizer = ivr.Party{Kind: ivr.PartyUser, ID: user.ID, Name: user.DisplayName}
	}
	p.schedule(plan)
}

// others are those in a call who are no bot.
func (p *platform) others(call ivr.CallID) []*graphsim.Person {
	p.t.Helper()
	c := p.sim.Call(call)
	people := slices.DeleteFunc(c.Meeting().People(), func(one *graphsim.Person) bool { return one == c.Participant() })
	if len(people) != 3 {
		p.t.Fatalf("%d people are in the call, want 3", len(people))
	}
	return people
}

// scene is what an example's request is about.
type scene struct {
	call, other ivr.CallID // other is another call of the bot
	people      []*graphsim.Person
	group       string // an audio routing group
	id          string // what stands for {id}
}

// scene prepares the state in which a page's request makes sense.
func (p *platform) scene(x exchange) scene {
	p.t.Helper()
	var s scene
	below := func(path string) string { return "/communications/calls/" + string(s.call) + path }
	made := func(path, body string) {
		var got struct{ ID string }
		_ = json.Unmarshal(p.ask("POST", below(path), []byte(body)).body, &got)
		time.Sleep(2 * time.Second)
		if got.ID != "" {
			s.id = got.ID
		}
	}
	switch x.Page {
	case "application-post-calls":
		p.documented(x.request.Body)
		return s
	case "call-logteleconferencedevicequality":
		return s
	case "call-answer", "call-reject", "call-redirect":
		s.call = p.ring()
		return s
	case "call-transfer":
		if strings.Contains(x.Name, "group") {
			s.call, s.people = p.several(hosted, 0)
		} else {
			s.call = p.connected()
		}
	case "call-get":
		if strings.Contains(x.Name, "group") {
			s.call, s.people = p.meeting(hosted, 0)
		} else {
			s.call = p.consult([]byte(`{"transferTarget":{"identity":{"@odata.type":"#microsoft.graph.identitySet","user":{"@odata.type":"#microsoft.graph.identity","id":"` + partID + `","displayName":"Ada"}}}}`))
		}
	case "call-delete", "call-keepalive", "call-playprompt", "call-record", "call-cancelmediaprocessing", "call-subscribetotone", "call-senddtmftones":
		s.call = p.connected()
	case "call-addlargegalleryview", "addlargegalleryviewoperation-get", "call-changescreensharingrole":
		s.call, s.people = p.several(appHosted, 0)
	case "participant-delete", "participant-invite": // several are invited only where there is a chat, telephones only by an instance
		s.call, s.people = p.meeting(instance+hosted, 0)
	default:
		s.call, s.people = p.several(hosted, 0)
	}
	if len(s.people) > 0 {
		s.id = s.people[0].ID()
	}
	if bytes.Contains(x.request.Body, []byte("replacesCallId")) {
		s.other = p.consult(x.request.Body)
	}
	if strings.Contains(x.Name, "from one meeting to another") {
		s.other, s.people = p.meeting(hosted, 10)
	}
	switch x.Page {
	case "call-cancelmediaprocessing":
		made("/recordResponse", `{"clientContext":"r","initialSilenceTimeoutInSeconds":60}`)
	case "participant-get": // the page shows a bot
		s.id = p.sim.Call(s.call).Participant().ID()
	case "call-list-contentsharingsessions", "contentsharingsession-get":
		s.id = s.people[0].Share()
	case "participant-stopholdmusic":
		made("/participants/"+s.id+"/startHoldMusic", `{}`)
		s.id = s.people[0].ID()
	case "addlargegalleryviewoperation-get":
		made("/addLargeGalleryView", `{"clientContext":"gallery"}`)
	case "audioroutinggroup-get", "audioroutinggroup-update", "audioroutinggroup-delete", "call-list-audioroutinggroups":
		made("/audioRoutingGroups", `{"@odata.type":"#microsoft.graph.audioRoutingGroup","routingMode":"oneToOne","sources":["`+s.people[0].ID()+`"],"receivers":["`+s.people[1].ID()+`"]}`)
		s.group = s.id
	}
	return s
}

// consult is another call of the bot, with whom a body names.
func (p *platform) consult(body []byte) ivr.CallID {
	p.t.Helper()
	type invited struct {
		Identity json.RawMessage
	}
	var with struct {
		TransferTarget invited
		Participants   []invited
	}
	if err := json.Unmarshal(body, &with); err != nil {
		p.t.Fatal(err)
	}
	if len(with.Participants) > 0 {
		with.TransferTarget = with.Participants[0]
	}
	var identity any
	if err := json.Unmarshal(with.TransferTarget.Identity, &identity); err != nil {
		p.t.Fatal(err)
	}
	target := jsonOf(p.t, p.fit(identity, scene{}))
	source := ""
	if strings.Contains(target, `"phone"`) { // telephones are called by the instance, with its number
		source = instance
	}
	return p.create(source + `"targets":[{"@odata.type":"#microsoft.graph.invitationParticipantInfo","identity":` + target + `}],` + hosted)
}

// fit puts into a documented body what in this simulator stands for its ids and
// addresses.
func (p *platform) fit(v any, s scene) any {
	one := map[string]string{"callbackUri": "https://bot.test/leg", "uri": "https://bot.test/audio/a.wav", "tenantId": p.sim.Tenant(), "replacesCallId": string(s.other)}
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			_, isText := value.(string)
			switch {
			case isText && one[name] != "":
				v[name] = one[name]
			case isText && name == "participantId" && len(s.people) > 0:
				v[name] = s.people[0].ID()
				if user, ok := at(v, "identity", "user").(object); ok {
					user["id"] = s.people[0].Party().ID
				}
			case name == "id" && v["routingMode"] != nil && s.group != "":
				v[name] = s.group
			case name == "targets":
				v[name] = p.fit(value, s)
				for _, one := range value.([]any) { // the page has another type's tag on the second
					one.(object)["@odata.type"] = "#microsoft.graph.invitationParticipantInfo"
				}
			case name == "applicationInstance":
				value.(map[string]any)["id"] = graphsim.DefaultInstance
			case name == "application":
				value.(map[string]any)["id"] = p.sim.AppID()
			case slices.Contains([]string{"sources", "receivers", "participants"}, name):
				v[name] = p.fitList(name, value, s)
			default:
				v[name] = p.fit(value, s)
			}
		}
	case []any:
		for i := range v {
			v[i] = p.fit(v[i], s)
		}
	}
	return v
}

// fitList puts the ids of participants into a list of them.
func (p *platform) fitList(name string, v any, s scene) any {
	list, _ := v.([]any)
	for i, one := range list {
		if _, isText := one.(string); !isText {
			return p.fit(v, s)
		}
		if n := i + map[string]int{"receivers": 1}[name]; n < len(s.people) {
			list[i] = s.people[n].ID()
		}
	}
	return list
}

// short is a notification as the lists of these tests name it: "updated call
// established", "deleted playPromptOperation completed".
func short(body []byte) []string {
	var b struct {
		Value []struct {
			ChangeType, ResourceURL, Resource string
			ResourceData                      json.RawMessage
		}
	}
	if json.Unmarshal(body, &b) != nil {
		return []string{"nothing that can be read"}
	}
	var all []string
	for _, n := range b.Value {
		var data struct {
			Type          string `json:"@odata.type"`
			State, Status string
			ResultInfo    *struct{ Code any }
			ToneInfo      *struct{ Tone string }
		}
		_ = json.Unmarshal(n.ResourceData, &data) // a list has none of it
		what := strings.ToLower(n.ResourceURL + n.Resource)
		kind := data.Type[strings.LastIndexByte(data.Type, '.')+1:]
		for _, name := range []string{"call", "participants", "contentsharingsessions"} {
			if strings.Contains(what, "/"+name) && data.Type == "" {
				kind = name
			}
		}
		words := []string{n.ChangeType, kind, data.State + data.Status}
		if data.State == "established" && data.ResultInfo != nil {
			words = append(words, "with a result")
		}
		if data.ToneInfo != nil {
			words = append(words, "with a key")
		}
		all = append(all, strings.ToLower(strings.Join(words, " ")))
	}
	return all
}

// TestSimulatorServesDocumentedRequests sends each documented request to the
// simulator, in a state in which it makes sense. It answers with the documented
// status and properties, and tells afterwards what the page shows.
func TestSimulatorServesDocumentedRequests(t *testing.T) {
	is := missing{map[string]string{}, map[string]string{}, map[string]string{}}
	served := 0
	for _, x := range exchanges(t) {
		if slices.Contains(removed, x.request.Path) {
			continue
		}
		t.Run(x.id(), func(t *testing.T) {
			told := map[string]bool{}
			for _, how := range []graphsim.Behaviour{graphsim.Answers, graphsim.Declined} {
				onPlatform(t, x.Version, func(p *platform) {
					a := p.play(x, how)
					if want := x.response.Status; want != 0 && a.status != want || a.status >= 300 {
						is.Served[x.id()+", "+x.request.Method] = fmt.Sprintf("%d %s", a.status, a.reason())
						return
					}
					if how == graphsim.Answers {
						served++
						p.compare(x, a, is)
					}
					for _, body := range p.told {
						for _, n := range short(body) {
							told[n] = true
						}
					}
				})
			}
			if is.Served[x.id()+", "+x.request.Method] == "" {
				follows(x, told, is)
			}
		})
	}
	t.Logf("%d documented requests are served, %d are not", served, len(is.Served))
	compareMissing(t, is)
}

// reason is the message of a refusal.
func (a answered) reason() string {
	var body struct{ Error struct{ Message string } }
	if json.Unmarshal(a.body, &body) != nil {
		return string(a.body)
	}
	return body.Error.Message
}

// play sends an example's request, and waits for what follows.
func (p *platform) play(x exchange, how graphsim.Behaviour) answered {
	t := p.t
	s := p.scene(x)
	p.mu.Lock()
	p.told = nil
	p.mu.Unlock()
	var body []byte
	if len(x.request.Body) > 0 {
		var v any
		if err := json.Unmarshal(x.request.Body, &v); err != nil {
			t.Fatal(err)
		}
		p.willBehave(v, how)
		drop(v, slices.Concat(undeclared, stray[x.Version+"/"+x.Page]))
		body = []byte(jsonOf(t, p.fit(v, s)))
	}
	path := strings.NewReplacer("{call}", string(s.call), "{id}", s.id).Replace(x.request.Path)
	a := p.ask(x.request.Method, path, body)
	if x.Page == "call-transfer" && s.other != "" && how == graphsim.Declined {
		p.sim.Call(s.other).HangUp() // the target, who has answered already
	}
	time.Sleep(3 * time.Second)
	if c := p.sim.Call(s.call); c != nil && a.status < 300 {
		switch x.Page {
		case "call-subscribetotone":
			c.Press('1')
		case "call-record":
			c.SpeakFor(2 * time.Second)
		}
	}
	if a.status < 300 && bytes.Contains(body, []byte("isContentSharingNotificationEnabled")) {
		if s.call == "" {
			s.call = callOf(t, a)
		}
		p.present(s.call)
	}
	time.Sleep(2 * time.Minute)
	synctest.Wait()
	return a
}

// present has somebody come into a call, show a screen, and stop that.
func (p *platform) present(call ivr.CallID) {
	time.Sleep(20 * time.Second)
	c := p.sim.Call(call)
	if c.State() != ivr.StateEstablished {
		return // nobody took the call
	}
	p.must(p.ask("POST", "/communications/calls/"+string(call)+"/participants/invite", []byte(`{"participants":[`+userOf(30)+`]}`)))
	time.Sleep(20 * time.Second)
	who := c.Meeting().Find(userID(30))
	who.Share()
	who.Share() // another window
	who.StopSharing()
}

// TestSimulatorKeepsToTheDescription checks all that the simulator answers and
// tells, in all documented examples and what leads to them, against the OpenAPI
// description.
func TestSimulatorKeepsToTheDescription(t *testing.T) {
	d := openAPI(t)
	answers, callbacks := 0, 0
	faults := map[string]string{}
	for _, x := range exchanges(t) {
		if slices.Contains(removed, x.request.Path) {
			continue
		}
		onPlatform(t, x.Version, func(p *platform) {
			p.play(x, graphsim.Answers)
			for _, a := range p.sent {
				path, ok := strings.CutPrefix(a.path, "/"+x.Version)
				if !ok || a.status >= 300 {
					continue
				}
				answers++
				for _, fault := range d.response(a.method, path, a.status, a.body) {
					faults[fault] = x.id() + ": " + a.method + " " + path
				}
			}
			for _, body := range p.told {
				callbacks++
				for _, fault := range d.callback(body) {
					faults[fault] = x.id() + ": " + string(body)
				}
			}
		})
	}
	for fault, where := range faults {
		if !undescribed.MatchString(fault) {
			t.Errorf("%s\n%s", fault, where)
		}
	}
	t.Logf("%d answers, %d callbacks", answers, callbacks)
	if answers < 80 || callbacks < 50 {
		t.Errorf("%d answers and %d callbacks, want 80 and 50 or more", answers, callbacks)
	}
}

// undescribed is what occurs in examples although no type has it.
var undescribed = regexp.MustCompile(`(source|targets\[\d+\]|participants\[\d+\])\.(id|languageId|region) is not described$|` +
	`completionReason is operationCanceled, want`)

// callback says what is wrong with the body of a callback: its envelope, and each
// resource by its type tag.
func (d *description) callback(body []byte) []string {
	faults := d.text(object{"$ref": "#/components/schemas/microsoft.graph.commsNotifications"}, body)
	var b struct {
		Value []struct{ ResourceData any }
	}
	if err := json.Unmarshal(body, &b); err != nil {
		return []string{err.Error()}
	}
	for _, n := range b.Value {
		list, isList := n.ResourceData.([]any)
		if !isList {
			list = []any{n.ResourceData}
		}
		for _, one := range list {
			tag, _ := at(one, "@odata.type").(string)
			name := strings.TrimPrefix(tag, "#")
			if d.schemas[name] == nil {
				faults = append(faults, fmt.Sprintf("a resource of type %q", tag))
				continue
			}
			delete(one.(map[string]any), "@odata.type") // it chose the schema
			partial := object{"properties": object{}}
			properties, required := partial["properties"].(object), []any{}
			d.collect(d.resolve(object{"$ref": "#/components/schemas/" + name}), properties, &required)
			faults = append(faults, d.check(partial, one, name)...)
		}
	}
	return faults
}

// willBehave has everybody whom a body names act in one way.
func (p *platform) willBehave(v any, how graphsim.Behaviour) {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if who, ok := value.(map[string]any); ok && (name == "user" || name == "phone" || name == "application") {
				if id, ok := who["id"].(string); ok {
					p.sim.SetTarget(id, how)
				}
			}
			p.willBehave(value, how)
		}
	case []any:
		for _, one := range v {
			p.willBehave(one, how)
		}
	}
}

// compare looks for the documented properties in an answer.
func (p *platform) compare(x exchange, a answered, is missing) {
	t := p.t
	if x.response.Location != "" && a.header.Get("Location") == "" {
		is.Answered[x.Version+"/"+x.Page+" Location"] = "?"
	}
	if len(x.response.Body) == 0 {
		return
	}
	var want, got any
	if err := json.Unmarshal(x.response.Body, &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(a.body, &got); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	for _, path := range lacks(simplify(want, true), got, "") {
		is.Answered[x.Version+"/"+x.Page+" "+path] = "?"
	}
}

// lacks are the paths of what a documented value has and another has not. Of
// lists the first element counts; type tags and statuses have to be the same, of
// other texts and numbers only the kind.
func lacks(want, got any, path string) []string {
	var all []string
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			return []string{path}
		}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			all = append(all, lacks(want[name], have[name], path+"/"+name)...)
		}
	case []any:
		have, ok := got.([]any)
		if !ok || len(have) == 0 {
			return []string{path}
		}
		return lacks(want[0], have[0], path)
	case string:
		have, ok := got.(string)
		exact := strings.HasSuffix(path, "/@odata.type") || strings.HasSuffix(path, "/status") || strings.HasSuffix(path, "/state")
		if !ok || exact && !strings.EqualFold(have, want) {
			return []string{path}
		}
	default:
		if fmt.Sprintf("%T", want) != fmt.Sprintf("%T", got) {
			return []string{path}
		}
	}
	return all
}

// follows looks for the documented notifications among those that came.
func follows(x exchange, told map[string]bool, is missing) {
	for _, m := range x.follows {
		for _, n := range short(m.Body) {
			if !told[n] {
				is.Sent[x.Version+"/"+x.Page+": "+n] = fmt.Sprintf("there follow %q", slices.Sorted(maps.Keys(told)))
			}
		}
	}
}
