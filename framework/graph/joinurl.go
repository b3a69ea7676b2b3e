package graph

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// Bounds of what [ParseJoinURL] reads.
const (
	// MaxJoinURL is the size in bytes of the longest join URL. Real ones are far
	// shorter, wrappers included.
	MaxJoinURL = 8 << 10

	maxWraps   = 6 // URLs inside each other
	maxEscapes = 3 // times that a part is percent-encoded
)

// Join is what a new call needs to join a meeting.
type Join struct {
	ChatInfo    *ChatInfo // nil for a meeting that is named by its id
	MeetingInfo *MeetingInfo
	// TenantID is the organizer's tenant. It is empty for a meeting that is
	// named by its id: whoever joins must know the tenant from elsewhere.
	TenantID string
	// Host is the Teams host of the link, in lower case. It tells the cloud:
	// "teams.microsoft.com", "gov.teams.microsoft.us". Empty for a bare id.
	Host string
}

const (
	consumerCause = "it is a meeting of a personal account, which belongs to no organization, and calls join meetings of organizations only"
	consumerMend  = "have the meeting made with a work or school account"
	wholeLink     = "copy the whole link from the invitation"
)

var (
	meetingPattern  = regexp.MustCompile(`^[0-9]{7,20}$`)
	passcodePattern = regexp.MustCompile(`^[!-~]{1,128}$`)
	// Safe Links have a host for each region.
	safeLinksPattern = regexp.MustCompile(`^[a-z0-9]+\.safelinks\.protection\.(outlook\.com|office365\.us|outlook\.cn)$`)
)

// ParseJoinURL reads the join URL of a Teams meeting, in the forms in which
// Teams hands it out: the long link (l/meetup-join) with the meeting's chat
// and organizer, the short one (meet) with its id and passcode, either of them
// for the apps (msteams:), for the browser (launcher, v2, light-meetings),
// behind Safe Links or percent-encoded again, and a bare meeting id. Members
// and parameters that it does not know are ignored. Hosts must be those of
// Teams in the public, US government or China cloud. An error names the place
// in the URL, the cause and the mend, and never the passcode. Nothing is
// fetched.
func ParseJoinURL(text string) (Join, error) {
	text = strings.Trim(strings.TrimSpace(text), "<>")
	if len(text) > MaxJoinURL {
		return Join{}, refuse("length", fmt.Sprintf("%d bytes are more than %d", len(text), MaxJoinURL), "give the link alone")
	}
	if id := withoutSpaces(text); meetingPattern.MatchString(id) {
		return JoinByID(id, "")
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }); i >= 0 {
		return Join{}, refuse(fmt.Sprintf("byte %d", i+1), "there is a space or control character",
			"give the link alone, without line breaks; a meeting id is 7 to 20 digits")
	}
	for range maxWraps {
		u, err := parseJoinLink(text)
		if err != nil {
			return Join{}, err
		}
		if text, err = u.wrapped(); err != nil {
			return Join{}, err
		}
		if text == "" {
			return u.join()
		}
	}
	return Join{}, refuse("wrapper", fmt.Sprintf("more than %d links are inside each other", maxWraps), wholeLink)
}

// JoinByID is a meeting by the id and the passcode of its invitation. Spaces
// in the id are ignored; the passcode is empty for a meeting that has none.
func JoinByID(id, passcode string) (Join, error) {
	id, passcode = withoutSpaces(id), strings.TrimSpace(passcode)
	if !meetingPattern.MatchString(id) {
		return Join{}, refuse("meeting id", fmt.Sprintf("%.40q is not 7 to 20 digits", id), "copy the meeting id from the invitation")
	}
	if passcode != "" && !passcodePattern.MatchString(passcode) {
		return Join{}, refuse("passcode", "it is longer than 128 characters, or holds a space or a character outside of ASCII",
			"copy the passcode from the invitation")
	}
	return Join{MeetingInfo: MeetingByID(id, passcode)}, nil
}

// joinLink is one layer of a join URL.
type joinLink struct {
	host     string
	path     []string // unescaped, without empty ends
	query    string   // as it stands
	fragment string   // as it stands
}

// parseJoinLink splits one layer and checks its host.
func parseJoinLink(text string) (joinLink, error) {
	text, err := unpercent("URL", text, func(s string) bool {
		return strings.Contains(s, "/") && (strings.Contains(s, "?") || !strings.Contains(strings.ToLower(s), "%3f"))
	})
	if err != nil {
		return joinLink{}, err
	}
	text, fragment, _ := strings.Cut(withScheme(text), "#")
	u, err := url.Parse(text)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the text, which has the passcode
		}
		return joinLink{}, refuse("URL", err.Error(), wholeLink)
	}
	l := joinLink{host: strings.ToLower(u.Host), query: u.RawQuery, fragment: fragment}
	switch {
	case u.Scheme == "":
		return joinLink{}, refuse("URL", "it is neither a link nor a meeting id of 7 to 20 digits", wholeLink)
	case u.Scheme != "https":
		return joinLink{}, refuse("scheme", fmt.Sprintf("%.40q is not https", u.Scheme), wholeLink)
	case u.User != nil:
		return joinLink{}, refuse("host", "there is a user name before it", "remove what stands before the @, if you trust the link")
	}
	if err := checkJoinHost(l.host); err != nil {
		return joinLink{}, err
	}
	for segment := range strings.SplitSeq(strings.Trim(u.EscapedPath(), "/"), "/") {
		segment, err := unpercent("path", segment, func(s string) bool { return !strings.Contains(s, "%") })
		if err != nil {
			return joinLink{}, err
		}
		l.path = append(l.path, segment)
	}
	return l, nil
}

// withScheme is the link as an https URL. The apps' links (msteams:) may have
// no host; those of the public cloud do so.
func withScheme(text string) string {
	const app = "msteams:"
	if len(text) >= len(app) && strings.EqualFold(text[:len(app)], app) {
		text = strings.TrimLeft(text[len(app):], "/")
		if first, _, _ := strings.Cut(text, "/"); !strings.Contains(first, ".") {
			text = "teams.microsoft.com/" + text
		}
	}
	if i := strings.IndexAny(text, ":/"); i > 0 && text[i] == '/' {
		return "https://" + text
	}
	return text
}

func checkJoinHost(host string) error {
	switch host {
	case "teams.microsoft.com", "teams.cloud.microsoft",
		"teams.microsoft.us", "gov.teams.microsoft.us", "dod.teams.microsoft.us", "teams.microsoftonline.cn":
		return nil
	case "teams.live.com":
		return refuse("host", consumerCause, consumerMend)
	case "events.teams.microsoft.com":
		return refuse("host", "it is the registration page of an event", "give the join link that the registration brings")
	case "dialin.teams.microsoft.com", "aka.ms":
		return refuse("host", "it is a help page of the invitation", "give the invitation's join link, or its meeting id and passcode")
	}
	if safeLinksPattern.MatchString(host) {
		return nil
	}
	return refuse("host", fmt.Sprintf("%.80q is no host of Teams", host),
		"give a link to teams.microsoft.com, teams.cloud.microsoft, gov.teams.microsoft.us, dod.teams.microsoft.us or teams.microsoftonline.cn")
}

// wrapped is the link that this one leads to, "" if it is the meeting's own.
func (l joinLink) wrapped() (string, error) {
	isSafeLink := safeLinksPattern.MatchString(l.host)
	if !isSafeLink && (l.at("l", "meetup-join") || l.at("meet")) {
		return "", nil
	}
	if strings.HasPrefix(l.fragment, "/") && !isSafeLink {
		return l.host + l.fragment, nil
	}
	if !isSafeLink && !l.at("dl", "launcher") {
		return "", nil
	}
	inner, err := param(l.query, "url")
	if err != nil {
		return "", err
	}
	if inner == "" {
		return "", refuse("parameter url", "it is missing, and the meeting's link with it", wholeLink)
	}
	inner, err = unpercent("parameter url", inner, func(s string) bool { return strings.Contains(s, "/") })
	if strings.HasPrefix(inner, "/") && !isSafeLink {
		inner = l.host + inner
	}
	return inner, err
}

// param is a parameter of a query, ignoring case; "" if it is not there. In
// links that were copied from HTML the ampersand may still be "&amp;".
func param(query, name string) (string, error) {
	found := ""
	for part := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(strings.TrimPrefix(part, "amp;"), "=")
		if !strings.EqualFold(key, name) || value == "" {
			continue
		}
		if found != "" {
			return "", refuse("parameter "+name, "it is there twice", wholeLink)
		}
		found = value
	}
	value, err := url.QueryUnescape(found)
	if err != nil {
		return "", refuse("parameter "+name, "its percent-encoding is broken", wholeLink)
	}
	return value, nil
}

// unpercent takes off percent-encoding until the text is as it should be, or
// has none left, or [maxEscapes] times.
func unpercent(place, text string, done func(string) bool) (string, error) {
	for range maxEscapes {
		if done(text) || !strings.Contains(text, "%") {
			break
		}
		plain, err := url.PathUnescape(text)
		if err != nil {
			return "", refuse(place, "its percent-encoding is broken", wholeLink)
		}
		text = plain
	}
	return text, nil
}

func withoutSpaces(s string) string {
	return strings.Join(strings.Fields(s), "")
}

// refuse is the error of what cannot be joined: where it stands, why, and what
// to do. Causes from elsewhere may quote the URL at length; they are cut.
func refuse(place, cause, mend string) error {
	return fmt.Errorf("joining a meeting: %s: %.300s; %s", place, cause, mend)
}
