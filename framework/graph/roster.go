package graph

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// RosterChange is what happened to a participant.
type RosterChange uint8

// The changes of a roster.
const (
	// ParticipantJoined is somebody new, perhaps in the lobby yet.
	ParticipantJoined RosterChange = iota + 1
	// ParticipantLeft is somebody who is not there any more.
	ParticipantLeft
	// ParticipantChanged is somebody of whom something is different: muted,
	// admitted from the lobby, another stream.
	ParticipantChanged
)

var rosterChanges = [...]string{"unknown", "joined", "left", "changed"}

// String is the change for people and logs.
func (c RosterChange) String() string {
	if int(c) < len(rosterChanges) {
		return rosterChanges[c]
	}
	return rosterChanges[0]
}

// RosterEvent is a change of one participant.
type RosterEvent struct {
	Change RosterChange
	// Participant is as the service tells it now; of one who left, as it was last
	// known, with RemovedState if the service said why.
	Participant Participant
	Before      *Participant // of a change: as it was
}

// Roster is who is in a call. It takes what the service tells one after another
// and says what is different:
//
//	list, err := notification.Participants()
//	for _, e := range roster.Update(list) { ... } // joined, left, changed
//
// The zero Roster is empty. It is no more than its participants: Roster.Update
// of a stored list makes one again. It is not safe for concurrent use.
//
// Whether a notification's list is whole or holds changes only is not
// documented. All examples look whole, and callOptions.isDeltaRosterEnabled
// asks for changes: so Update is for calls without that option and
// [Roster.Merge] for those with it. See
// https://learn.microsoft.com/graph/api/resources/participant and
// https://learn.microsoft.com/graph/api/resources/calloptions
type Roster struct {
	people []Participant
	latest Int            // the highest sequence number of a list so far
	gone   map[string]Int // by id: the sequence number with which somebody left
}

// Participants are those who are there, in the order in which they came.
func (r *Roster) Participants() []Participant { return slices.Clone(r.people) }

// Participant finds one by the id of the participation.
func (r *Roster) Participant(id string) (Participant, bool) {
	i := slices.IndexFunc(r.people, func(p Participant) bool { return p.ID == id })
	if i < 0 {
		return Participant{}, false
	}
	return r.people[i], true
}

// index is where a participant is in the roster, -1 for nowhere.
func (r *Roster) index(p Participant) int { return slices.IndexFunc(r.people, p.is) }

// is reports whether two elements of rosters are about the same participation.
// The page of invite shows elements whose id is null: they go by who it is.
func (p Participant) is(other Participant) bool {
	if p.ID != "" && other.ID != "" {
		return p.ID == other.ID
	}
	return p.who() != "" && p.who() == other.who()
}

func (p Participant) who() string { return p.Info.Identity.Party().ID }

// Update takes a whole list: who is not on it has left. The events tell first who
// left. A list whose sequence numbers are all lower than the latest is late, and
// changes nothing.
func (r *Roster) Update(list []Participant) []RosterEvent {
	newest := newestOf(list)
	if newest != 0 && newest < r.latest {
		return nil
	}
	var events []RosterEvent
	for _, p := range slices.Clone(r.people) {
		if !slices.ContainsFunc(list, p.is) {
			events = append(events, r.remove(p, newest))
		}
	}
	return append(events, r.Merge(list)...)
}

// Merge takes a list of changes: who is not on it is as before. Who has a
// RemovedState has left. What bears a lower sequence number than what is known
// of the same participant is late, and is left out, as is an element that names
// nobody.
func (r *Roster) Merge(list []Participant) []RosterEvent {
	r.latest = max(r.latest, newestOf(list))
	var events []RosterEvent
	for _, p := range list {
		i := r.index(p)
		switch {
		case p.ID == "" && p.who() == "" || r.isLate(p, i):
		case i < 0 && p.RemovedState != nil:
			r.forget(p)
		case i < 0:
			r.people = append(r.people, p)
			delete(r.gone, p.ID)
			events = append(events, RosterEvent{Change: ParticipantJoined, Participant: p})
		case p.RemovedState != nil:
			was := r.people[i]
			was.RemovedState, was.RosterSequenceNumber = p.RemovedState, p.RosterSequenceNumber
			events = append(events, r.remove(was, p.RosterSequenceNumber))
		default:
			was := r.people[i]
			r.people[i] = p
			if !sameParticipant(was, p) {
				events = append(events, RosterEvent{Change: ParticipantChanged, Participant: p, Before: &was})
			}
		}
	}
	return events
}

// isLate says that more is known of a participant, who has the index i in the
// roster.
func (r *Roster) isLate(p Participant, i int) bool {
	known := r.gone[p.ID]
	if i >= 0 {
		known = r.people[i].RosterSequenceNumber
	}
	return p.RosterSequenceNumber != 0 && p.RosterSequenceNumber < known
}

func (r *Roster) remove(p Participant, at Int) RosterEvent {
	i := r.index(p)
	r.people = slices.Delete(r.people, i, i+1)
	p.RosterSequenceNumber = max(p.RosterSequenceNumber, at)
	r.forget(p)
	return RosterEvent{Change: ParticipantLeft, Participant: p}
}

// longestGone bounds how many who left are remembered.
const longestGone = 1000

// forget remembers when somebody left, so that what comes late does not bring
// them back.
func (r *Roster) forget(p Participant) {
	if p.RosterSequenceNumber == 0 {
		return
	}
	if r.gone == nil || len(r.gone) >= longestGone {
		r.gone = map[string]Int{}
	}
	r.gone[p.ID] = p.RosterSequenceNumber
}

func newestOf(list []Participant) Int {
	var newest Int
	for _, p := range list {
		newest = max(newest, p.RosterSequenceNumber)
	}
	return newest
}

// sameParticipant compares all but the number of the update.
func sameParticipant(a, b Participant) bool {
	a.RosterSequenceNumber, b.RosterSequenceNumber = 0, 0
	return reflect.DeepEqual(a, b)
}

// Participants are those of a roster's notification (KindRoster). The service
// sends one alone, too: "one entity or an array", see
// https://learn.microsoft.com/graph/api/resources/commsnotification
func (n Notification) Participants() ([]Participant, error) {
	return listOf[Participant](n, KindRoster)
}

// ContentSharingSessions are the shared screens of a notification about them
// (KindContentSharing). The page of answer shows notifications that have no data
// and name the session in their address: it then has its id alone.
func (n Notification) ContentSharingSessions() ([]ContentSharingSession, error) {
	list, err := listOf[ContentSharingSession](n, KindContentSharing)
	address := strings.Trim(cmp.Or(n.ResourceURL, n.Resource), "/")
	if id := address[strings.LastIndexByte(address, '/')+1:]; err == nil && len(list) == 0 && !strings.EqualFold(id, "contentSharingSessions") {
		list = []ContentSharingSession{{ID: id}}
	}
	return list, err
}

// listOf reads a notification's data, one entity or a list.
func listOf[T any](n Notification, kind Kind) ([]T, error) {
	if n.Kind != kind {
		return nil, fmt.Errorf("reading a notification: it is about %q, not about %q", n.Kind, kind)
	}
	data := bytes.TrimSpace(n.Other)
	if len(data) > 0 && data[0] == '{' {
		data = append(append([]byte{'['}, data...), ']')
	}
	var list []T
	if len(data) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("reading a notification about %q: %w", kind, err)
	}
	return list, nil
}

// ParticipantNotice tells a bot that records by policy that somebody whose calls
// are recorded joins a call or has left one (resource types
// participantJoiningNotification and participantLeftNotification). Their
// addresses, and the status with which a joining is answered, are not
// documented.
type ParticipantNotice struct {
	ODataType     string        `json:"@odata.type,omitempty"`
	ID            string        `json:"id,omitempty"`
	Call          *CallResource `json:"call,omitempty"`
	ParticipantID string        `json:"participantId,omitempty"` // of one who left
	Other         Properties    `json:"-"`
}

// UnmarshalJSON reads a notice and keeps what it does not know.
func (p *ParticipantNotice) UnmarshalJSON(data []byte) error {
	type plain ParticipantNotice
	return decodeOpen(data, (*plain)(p))
}

// MarshalJSON writes a notice with what it does not know.
func (p ParticipantNotice) MarshalJSON() ([]byte, error) { return encodeOpen(p, false) }

// ParticipantNotice is the data of a notification of KindJoining or KindLeft.
func (n Notification) ParticipantNotice() (ParticipantNotice, error) {
	var p ParticipantNotice
	if n.Kind != KindJoining && n.Kind != KindLeft {
		return p, fmt.Errorf("reading a notification: it is about %q, not about a participant who joins or left", n.Kind)
	}
	if err := json.Unmarshal(n.Other, &p); err != nil {
		return p, fmt.Errorf("reading a notification about %q: %w", n.Kind, err)
	}
	return p, nil
}
