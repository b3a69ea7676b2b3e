package graph

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// downloadTimeout is how long the download of a recording may take.
const downloadTimeout = 60 * time.Second

// Download fetches a finished recording with its own token. Hosts names the
// hosts that may be asked besides Graph's, as "host", "host:port" or
// "*.domain"; the address comes over the wire and is not trusted. It must be
// https (http if Graph itself is on loopback), a redirect is followed on the
// same host only, and at most [MaxRecording] bytes are read. Every error is an
// [*Error] and names the host, never the address or the token.
func (c *Client) Download(ctx context.Context, ref ivr.RecordingRef, hosts []string) ([]byte, error) {
	failed := &Error{Op: "fetch recording", ClientRequestID: newID()}
	if failed.Err = c.checkLocation(ref.Location, hosts); failed.Err != nil {
		failed.final = ivr.ReasonNotAllowed
		return nil, failed
	}
	ctx, cancel := context.WithTimeout(ctx, downloadTimeout)
	defer cancel()
	h := http.Header{}
	h.Set("Authorization", "Bearer "+ref.Token.Reveal())
	h.Set("Client-Request-Id", failed.ClientRequestID)
	answer, err := c.do(ctx, c.download.Do, outgoing{http.MethodGet, ref.Location, nil, h}, failed)
	if err != nil {
		return nil, failed
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		failed.answered(answer, c.now())
		failed.Message = "the recording was not delivered"
		return nil, failed
	}
	failed.Sent = true
	audio, err := io.ReadAll(io.LimitReader(answer.Body, MaxRecording+1))
	if err != nil {
		failed.Err = err
		return nil, failed
	}
	if len(audio) > MaxRecording {
		failed.final, failed.Err = ivr.ReasonMedia, fmt.Errorf("the recording has more than %d bytes", MaxRecording)
		return nil, failed
	}
	return audio, nil
}

func (c *Client) checkLocation(location string, hosts []string) error {
	u, err := url.Parse(location)
	switch {
	case location == "":
		return errors.New("the recording has no location")
	case err != nil || u.Host == "" || u.User != nil:
		return errors.New("the recording's location is no plain absolute address")
	case u.Scheme == "http" && isLoopback(u.Hostname()) && isLoopback(c.baseURL.Hostname()), u.Scheme == "https":
	default:
		return fmt.Errorf("the recording's location at %q is not https", u.Host)
	}
	if strings.EqualFold(u.Host, c.baseURL.Host) {
		return nil
	}
	for _, host := range hosts {
		if hostMatches(u, host) {
			return nil
		}
	}
	return fmt.Errorf("the recording is kept at %q, which is not among the allowed recording hosts; add it if it is the service's", u.Host)
}

// hostMatches reports whether an address is on an allowed host.
func hostMatches(u *url.URL, allowed string) bool {
	if domain, ok := strings.CutPrefix(allowed, "*"); ok {
		name := strings.ToLower(u.Hostname())
		return strings.HasPrefix(domain, ".") && strings.HasSuffix(name, strings.ToLower(domain)) &&
			(u.Port() == "" || u.Port() == "443")
	}
	return strings.EqualFold(u.Host, allowed)
}
