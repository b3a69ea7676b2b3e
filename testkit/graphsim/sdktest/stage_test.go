package sdktest

import (
	"time"

	"github.com/google/uuid"
	"github.com/microsoftgraph/msgraph-sdk-go/communications"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

type callBuilder = communications.CallsCallItemRequestBuilder

// call is the library's way to one call.
func (w *world) call(id ivr.CallID) *callBuilder { return w.calls.ByCallId(string(id)) }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(explain(err))
	}
}

func hosted() models.MediaConfigable { return models.NewServiceHostedMediaConfig() }

func ownMedia() models.MediaConfigable {
	m := models.NewAppHostedMediaConfig()
	m.SetBlob(new("<blob>"))
	return m
}

// user is somebody of the bot's tenant.
func user(id string) models.IdentitySetable {
	who := models.NewIdentity()
	who.SetId(&id)
	who.SetDisplayName(new("Display " + id))
	set := models.NewIdentitySet()
	set.SetUser(who)
	return set
}

// phone is a telephone, in the type that has a property for it.
func phone(number string) models.IdentitySetable {
	who := models.NewIdentity()
	who.SetId(&number)
	set := models.NewCommunicationsIdentitySet()
	set.SetPhone(who)
	return set
}

func invitation(who models.IdentitySetable) models.InvitationParticipantInfoable {
	m := models.NewInvitationParticipantInfo()
	m.SetIdentity(who)
	return m
}

// newCall is a call to those who are given.
func newCall(targets ...models.InvitationParticipantInfoable) models.Callable {
	m := models.NewCall()
	m.SetCallbackUri(new(webhook))
	m.SetTargets(targets)
	m.SetRequestedModalities([]models.Modality{models.AUDIO_MODALITY})
	m.SetMediaConfig(hosted())
	m.SetTenantId(new(graphsim.DefaultTenant))
	return m
}

// joining is the bot's call into a meeting.
func joining(m *graphsim.Meeting, media models.MediaConfigable) models.Callable {
	plan := m.Plan()
	organizer := models.NewIdentity()
	organizer.SetId(&plan.Organizer.ID)
	organizer.SetAdditionalData(map[string]any{"tenantId": plan.Organizer.Tenant})
	set := models.NewIdentitySet()
	set.SetUser(organizer)
	meeting := models.NewOrganizerMeetingInfo()
	meeting.SetOrganizer(set)
	chat := models.NewChatInfo()
	chat.SetThreadId(&plan.Thread)
	chat.SetMessageId(new("0"))
	c := newCall()
	c.SetTargets(nil)
	c.SetMeetingInfo(meeting)
	c.SetChatInfo(chat)
	c.SetMediaConfig(media)
	return c
}

func (w *world) ring(from graphsim.Caller) *graphsim.Call {
	w.t.Helper()
	c, err := w.sim.Ring(from)
	w.must(err)
	pass(50 * time.Millisecond)
	return c
}

func answerBody() communications.CallsItemAnswerPostRequestBodyable {
	b := communications.NewCallsItemAnswerPostRequestBody()
	b.SetCallbackUri(new(webhook))
	b.SetAcceptedModalities([]models.Modality{models.AUDIO_MODALITY})
	b.SetMediaConfig(hosted())
	return b
}

// connected is a call that the bot answered, and that has audio.
func (w *world) connected(from graphsim.Caller) *graphsim.Call {
	w.t.Helper()
	c := w.ring(from)
	w.must(w.call(c.ID()).Answer().Post(w.t.Context(), answerBody(), nil))
	pass(time.Second)
	return c
}

// create makes a call, and waits for its audio.
func (w *world) create(body models.Callable) *graphsim.Call {
	w.t.Helper()
	made, err := w.calls.Post(w.t.Context(), body, nil)
	w.must(err)
	pass(5 * time.Second)
	return w.sim.Call(ivr.CallID(*made.GetId()))
}

func fromPhone() graphsim.Caller {
	return graphsim.Caller{ID: ivr.Party{Kind: ivr.PartyPhone, ID: "+14255550199"}, Called: ivr.Party{Kind: ivr.PartyPhone, ID: "+14255550100"}}
}

func person(name string) ivr.Party {
	return ivr.Party{Kind: ivr.PartyUser, ID: "user-" + name, Name: name, Tenant: graphsim.DefaultTenant}
}

// table is a meeting with Bob, who organizes it, Eve, and the bot.
type table struct {
	*world
	m        *graphsim.Meeting
	id       string // of the bot's call
	c        *callBuilder
	bob, eve *graphsim.Person
	me       *graphsim.Person // the bot
}

func (w *world) table(media models.MediaConfigable) *table {
	w.t.Helper()
	m, err := w.sim.Schedule(graphsim.MeetingPlan{Organizer: person("Bob")})
	w.must(err)
	bob, err := m.Enter(person("Bob"))
	w.must(err)
	eve, err := m.Enter(person("Eve"))
	w.must(err)
	c := w.create(joining(m, media))
	w.told()
	return &table{world: w, m: m, id: string(c.ID()), c: w.call(c.ID()), bob: bob, eve: eve, me: m.Find(graphsim.DefaultAppID)}
}

// routing is a group in which Bob speaks to the others.
func (b *table) routing() models.AudioRoutingGroupable {
	g := models.NewAudioRoutingGroup()
	g.SetId(new("group-1"))
	g.SetRoutingMode(new(models.MULTICAST_ROUTINGMODE))
	g.SetSources([]string{b.bob.ID()})
	g.SetReceivers([]string{b.eve.ID(), b.me.ID()})
	return g
}

func mediaPrompt() models.Promptable {
	info := models.NewMediaInfo()
	info.SetUri(new(prompt))
	info.SetResourceId(new("prompt-1"))
	m := models.NewMediaPrompt()
	m.SetMediaInfo(info)
	return m
}

func quality() models.TeleconferenceDeviceQualityable {
	id := uuid.MustParse("5f0c7c7e-0000-4000-8000-000000000001")
	audio := models.NewTeleconferenceDeviceAudioQuality()
	audio.SetChannelIndex(new(int32(1)))
	q := models.NewTeleconferenceDeviceQuality()
	q.SetCallChainId(&id)
	q.SetParticipantId(&id)
	q.SetMediaLegId(&id)
	q.SetCloudServiceDeploymentEnvironment(new("prod"))
	q.SetCloudServiceDeploymentId(new("1"))
	q.SetCloudServiceInstanceName(new("instance"))
	q.SetCloudServiceName(new("service"))
	q.SetDeviceName(new("Room 1"))
	q.SetDeviceDescription(new("a device"))
	q.SetMediaQualityList([]models.TeleconferenceDeviceMediaQualityable{audio})
	return q
}
