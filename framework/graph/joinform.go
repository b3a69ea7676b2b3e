package graph

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// consumerTenant is the tenant of all personal accounts.
const consumerTenant = "9188040d-6c67-4b5b-b112-36a304b66dad"

var (
	guidPattern    = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	threadPattern  = regexp.MustCompile(`^19:[A-Za-z0-9_:.+=-]{1,200}@[a-z0-9]+(\.[a-z0-9]+){1,4}$`)
	messagePattern = regexp.MustCompile(`^[0-9]{1,20}$`)
)

// join is what the link says about its meeting.
func (l joinLink) join() (Join, error) {
	j, err := Join{}, error(nil)
	switch {
	case l.at("l", "meetup-join"):
		j, err = l.joinLong()
	case l.at("meet"):
		j, err = l.joinShort()
	case l.at("light-meetings", "launch"):
		j, err = l.joinLight()
	default:
		err = refuse("path", fmt.Sprintf("%.80q leads to no meeting", "/"+strings.Join(l.path, "/")),
			"give the meeting's join link, which has /l/meetup-join/ or /meet/ in it")
	}
	if err != nil {
		return Join{}, err
	}
	j.Host = l.host
	return j, nil
}

// at tells whether the path begins with these segments, ignoring case.
func (l joinLink) at(segments ...string) bool {
	if len(l.path) < len(segments) {
		return false
	}
	for i, s := range segments {
		if !strings.EqualFold(l.path[i], s) {
			return false
		}
	}
	return true
}

// joinShort reads /meet/{id}?p={passcode}.
func (l joinLink) joinShort() (Join, error) {
	if len(l.path) != 2 {
		return Join{}, refuse("path", "after /meet/ comes the meeting id and nothing else", wholeLink)
	}
	passcode, err := param(l.query, "p")
	if err != nil {
		return Join{}, err
	}
	return JoinByID(l.path[1], passcode)
}

// joinLong reads /l/meetup-join/{thread}/{message}?context={...}.
func (l joinLink) joinLong() (Join, error) {
	if len(l.path) != 4 {
		return Join{}, refuse("path", "after /l/meetup-join/ come the thread id and the message id and nothing else", wholeLink)
	}
	text, err := param(l.query, "context")
	if err != nil {
		return Join{}, err
	}
	text, err = unpercent("parameter context", text, func(s string) bool { return strings.HasPrefix(s, "{") })
	if err != nil {
		return Join{}, err
	}
	var context struct {
		Tid, Oid  string
		MessageID json.RawMessage
	}
	if err := readJoinJSON("parameter context", text, &context); err != nil {
		return Join{}, err
	}
	c := coordinates{thread: l.path[2], message: l.path[3], tenant: context.Tid, organizer: context.Oid}
	if reply := strings.Trim(string(context.MessageID), `"`); reply != "null" {
		c.reply = reply
	}
	return c.join([...]string{"path: thread id", "path: message id", "context: MessageId", "context: Tid", "context: Oid"})
}

// joinLight reads /light-meetings/launch?coords={base64 of JSON}, where
// browsers that are not signed in end up.
func (l joinLink) joinLight() (Join, error) {
	text, err := param(l.query, "coords")
	if err != nil {
		return Join{}, err
	}
	// A plus that was not escaped has become a space.
	text = strings.TrimRight(strings.NewReplacer(" ", "+", "-", "+", "_", "/").Replace(text), "=")
	decoded, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return Join{}, refuse("parameter coords", err.Error(), wholeLink)
	}
	text, err = unpercent("parameter coords", string(decoded), func(s string) bool { return strings.HasPrefix(s, "{") })
	if err != nil {
		return Join{}, err
	}
	var coords struct{ ConversationID, MessageID, TenantID, OrganizerID string }
	if err := readJoinJSON("parameter coords", text, &coords); err != nil {
		return Join{}, err
	}
	c := coordinates{thread: coords.ConversationID, message: coords.MessageID, tenant: coords.TenantID, organizer: coords.OrganizerID}
	return c.join([...]string{"coords: conversationId", "coords: messageId", "", "coords: tenantId", "coords: organizerId"})
}

// coordinates are what a long link says.
type coordinates struct{ thread, message, reply, tenant, organizer string }

// join checks the coordinates; places are where they stand in the URL.
func (c coordinates) join(places [5]string) (Join, error) {
	for i, check := range [...]struct {
		value, form string
		pattern     *regexp.Regexp
		optional    bool
	}{
		{c.thread, "a thread id, such as 19:meeting_...@thread.v2", threadPattern, false},
		{c.message, "a message id: 1 to 20 digits, 0 for none", messagePattern, false},
		{c.reply, "a message id: 1 to 20 digits", messagePattern, true},
		{c.tenant, "the GUID of the organizer's tenant", guidPattern, false},
		{c.organizer, "the GUID of the organizer", guidPattern, false},
	} {
		switch {
		case check.value == "" && !check.optional:
			return Join{}, refuse(places[i], "it is missing", wholeLink+", or give the meeting id and passcode")
		case check.value != "" && !check.pattern.MatchString(check.value):
			return Join{}, refuse(places[i], fmt.Sprintf("%.80q is not %s", check.value, check.form), wholeLink)
		}
	}
	tenant, organizer := strings.ToLower(c.tenant), strings.ToLower(c.organizer)
	if tenant == consumerTenant {
		return Join{}, refuse(places[3], consumerCause, consumerMend)
	}
	return Join{
		ChatInfo:    &ChatInfo{ODataType: TypeChatInfo, ThreadID: c.thread, MessageID: c.message, ReplyChainMessageID: c.reply},
		MeetingInfo: OrganizerMeeting(organizer, tenant),
		TenantID:    tenant,
	}, nil
}

// readJoinJSON reads the JSON inside a join URL.
func readJoinJSON(place, text string, into any) error {
	if text == "" {
		return refuse(place, "it is missing", wholeLink+", or give the meeting id and passcode")
	}
	err := checkShape([]byte(text))
	if err == nil {
		err = json.Unmarshal([]byte(text), into)
	}
	if err != nil {
		return refuse(place, "it is not the JSON that belongs there: "+err.Error(), wholeLink)
	}
	return nil
}
