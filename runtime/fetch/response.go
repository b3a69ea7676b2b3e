package fetch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// Response is the answer to a request. All of it is another's word: it must
// not become a URL, a target or a prompt without the checks of these.
type Response struct {
	Method string // of the request
	Tries  int    // how many were made; 0 if the request was refused as it is
	Status int    // 0 if no answer came

	Body BodyKind
	JSON any    // of BodyJSON: see below
	Text string // of BodyText: UTF-8
}

// BodyKind says what an answer's body is.
type BodyKind int

// The kinds of a body. JSON is decoded to nil, bool, string, []any and
// map[string]any. Its numbers are float64 where that keeps all their digits;
// integers beyond 2^53 and numbers of more than 15 digits are json.Number, the
// text as it was sent, so that no account number loses its end.
const (
	BodyNone BodyKind = iota // none, or one that was not read
	BodyJSON
	BodyText
)

// read makes a Response of an answer. The body of an answer that is no success
// is a courtesy: proxies put pages there, so whatever is wrong with it does
// not hide the status.
func read(ctx context.Context, p *plan, answer *http.Response) (Response, error) {
	defer answer.Body.Close()
	res := Response{Status: answer.StatusCode}
	if p.statusOnly || !res.ok() && res.Status < 400 {
		return res, nil
	}
	full, err := res.readBody(answer)
	switch {
	case err == nil:
		return full, nil
	case !res.ok():
		return res, nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return res, p.received(e)
	}
	return res, p.broke(ctx, err, true)
}

func (r Response) ok() bool { return r.Status >= 200 && r.Status < 300 }

// readBody is r with the body. An error that is not an *Error is the
// network's.
func (r Response) readBody(answer *http.Response) (Response, error) {
	if enc := answer.Header.Values("Content-Encoding"); len(enc) > 1 || len(enc) == 1 && !strings.EqualFold(enc[0], "identity") {
		return r, fault(ErrEncoding, "")
	}
	if answer.ContentLength > MaxBody {
		return r, fault(ErrTooLarge, "more than %d bytes", MaxBody)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, MaxBody+1))
	switch {
	case err != nil:
		return r, err
	case len(body) > MaxBody:
		return r, fault(ErrTooLarge, "more than %d bytes", MaxBody)
	case len(body) == 0:
		return r, nil
	}
	return r.decode(answer.Header.Get("Content-Type"), body)
}

// decode is r with a body that is there in full.
func (r Response) decode(contentType string, body []byte) (Response, error) {
	switch {
	case isJSONType(contentType):
		v, err := decodeJSON(body)
		r.Body, r.JSON = BodyJSON, v
		return r, err
	case isPlainText(contentType) && utf8.Valid(body):
		r.Body, r.Text = BodyText, string(bytes.TrimPrefix(body, byteOrderMark()))
		return r, nil
	}
	return r, fault(ErrContentType, "")
}

// isPlainText reports text/plain in UTF-8 or a part of it.
func isPlainText(contentType string) bool {
	media, params, err := mime.ParseMediaType(contentType)
	switch strings.ToLower(params["charset"]) {
	case "", "utf-8", "us-ascii":
		return err == nil && media == "text/plain"
	}
	return false
}

// byteOrderMark is what some senders put before UTF-8; a reader may ignore it
// (RFC 8259, section 8.1).
func byteOrderMark() []byte { return []byte("\xef\xbb\xbf") }
