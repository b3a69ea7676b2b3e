package graphsim

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// maxBody is how much of a request is read.
const maxBody = 1 << 20

// readBody decodes the body of a request into an object; nil if there is none.
func (s *Sim) readBody(r *http.Request) (object, *failure) {
	plain, fail := s.plainBody(r)
	if fail != nil {
		return nil, fail
	}
	b, err := io.ReadAll(io.LimitReader(plain, maxBody+1))
	switch {
	case err != nil:
		return nil, invalid("The request body could not be read: " + err.Error())
	case len(b) > maxBody:
		return nil, &failure{status: http.StatusRequestEntityTooLarge, code: "RequestEntityTooLarge", message: "The request body is larger than 1 MiB."}
	case len(b) == 0:
		return nil, nil
	}
	body, fail := decodeBody(r.Header.Get("Content-Type"), b)
	if fail == nil && s.set.NamesIgnoreCase {
		body, _ = rename(body, canonicalNames()).(object)
	}
	return body, fail
}

// plainBody is the body of a request without its compression. Microsoft's
// clients for Go and others compress every body unless they are told not to, and
// say what environments answer that do not take it:
// https://github.com/microsoftgraph/msgraph-sdk-design/blob/master/middleware/CompressionHandler.md
func (s *Sim) plainBody(r *http.Request) (io.Reader, *failure) {
	coding := r.Header.Get("Content-Encoding")
	switch {
	case coding == "" || strings.EqualFold(coding, "identity"):
		return r.Body, nil
	case !strings.EqualFold(coding, "gzip"):
		return nil, &failure{status: http.StatusUnsupportedMediaType, code: "UnsupportedMediaType",
			message: fmt.Sprintf("The content encoding %q is not supported; send gzip, or the body as it is.", coding)}
	case s.set.PlainBodies:
		return nil, &failure{status: http.StatusBadRequest, code: "BadRequest",
			message: "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."}
	}
	plain, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, invalid("The request body is not gzip, which its Content-Encoding says: " + err.Error())
	}
	return plain, nil
}

// decodeBody reads a JSON object strictly: no name twice, nothing after it,
// and none of the "$id" and "$ref" that serialisers add to keep references.
func decodeBody(contentType string, b []byte) (object, *failure) {
	kind, _, _ := mime.ParseMediaType(contentType)
	if kind != "application/json" {
		return nil, &failure{status: http.StatusUnsupportedMediaType, code: "UnsupportedMediaType",
			message: fmt.Sprintf("The content type %q is not supported; send application/json.", contentType)}
	}
	if body, ok := plainObject(b); ok {
		return body, nil
	}
	return anyObject(b)
}

// anyObject reads every JSON object that decodeBody takes.
func anyObject(b []byte) (object, *failure) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var body object
	if err := d.Decode(&body); err != nil || body == nil {
		return nil, invalid(fmt.Sprintf("Unable to read JSON request payload: an object is expected (%v).", err))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, invalid("Unable to read JSON request payload: something follows the object.")
	}
	read, reference := countNames(body)
	switch {
	case reference != "":
		return nil, invalid("Unable to read JSON request payload: the name '" + reference + "' is not allowed.")
	case read != writtenNames(b):
		return nil, invalid("Unable to read JSON request payload: an object has a name twice.")
	}
	return body, nil
}

// countNames counts the names in all objects of a value, and finds the first
// in order that begins with "$".
func countNames(v any) (n int, reference string) {
	add := func(below int, found string) {
		n += below
		if found != "" && (reference == "" || found < reference) {
			reference = found
		}
	}
	switch v := v.(type) {
	case object:
		for name, value := range v {
			if strings.HasPrefix(name, "$") {
				add(0, name)
			}
			add(countNames(value))
		}
		n += len(v)
	case []any:
		for _, e := range v {
			add(countNames(e))
		}
	}
	return n, reference
}

// writtenNames counts the names in valid JSON as it was written: the colons
// outside of strings. There are more than were read if one came twice.
func writtenNames(b []byte) (n int) {
	inString := false
	for i := 0; i < len(b); i++ {
		switch {
		case inString && b[i] == '\\':
			i++
		case b[i] == '"':
			inString = !inString
		case !inString && b[i] == ':':
			n++
		}
	}
	return n
}

// rename writes the names in a value as the documentation does.
func rename(v any, canonical map[string]string) any {
	switch v := v.(type) {
	case object:
		m := make(object, len(v))
		for name, value := range v {
			if known, ok := canonical[strings.ToLower(name)]; ok {
				name = known
			}
			m[name] = rename(value, canonical)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = rename(e, canonical)
		}
		return list
	}
	return v
}

// canonicalNames are all names that a request can hold, by their lower case.
func canonicalNames() map[string]string {
	all := map[string]string{}
	learn := func(params []param) {
		for _, p := range params {
			all[strings.ToLower(p.name)] = p.name
		}
	}
	for _, a := range actions() {
		learn(a.params)
	}
	for _, properties := range [...][]param{mediaInfoProperties(), mediaPromptProperties(), mediaConfigProperties(),
		callOptionsProperties(), invitationProperties(), identityProperties(), callProperties(), chatProperties(), appHostedProperties(),
		participantProperties(), qualityProperties(), streamProperties()} {
		learn(properties)
	}
	for _, properties := range meetingTypes() {
		learn(properties)
	}
	for _, p := range targetKinds() {
		all[strings.ToLower(p.name)] = p.name
	}
	return all
}

// acceptsJSON says whether a client takes the answers, which are all JSON.
func acceptsJSON(r *http.Request) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	if strings.TrimSpace(accept) == "" {
		return true
	}
	for part := range strings.SplitSeq(accept, ",") {
		switch kind, _, _ := mime.ParseMediaType(part); kind {
		case "*/*", "application/*", "application/json":
			return true
		}
	}
	return false
}
