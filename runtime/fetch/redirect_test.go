package fetch

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// seen is what one request of a chain was.
type seen struct{ method, path, key, secret, auth, other, body string }

// chain redirects along the pages "/1", "/2" and so on, up to a last one.
type chain struct {
	status, last int
	location     func(page int) string
	got          []seen
}

func (c *chain) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h := r.Header
	c.got = append(c.got, seen{r.Method, r.URL.Path, h.Get("Idempotency-Key"), h.Get("X-Key"), h.Get("Authorization"), h.Get("X-Other"), string(body)})
	page, _ := strconv.Atoi(r.URL.Path[1:])
	if page < c.last {
		w.Header().Set("Location", c.location(page+1))
		w.WriteHeader(c.status)
	}
}

func samePort(page int) string { return fmt.Sprintf("/%d?x=1#f", page) }

func TestRedirects(t *testing.T) {
	c := &chain{location: samePort}
	server := serve(t, c.serve)
	f := fetcher(t, Config{}, server)
	for _, tt := range []struct {
		method string
		status int
		last   int
		want   string // methods of the requests
		fails  bool
	}{
		{"GET", 301, 2, "GET GET GET", false}, {"GET", 302, 1, "GET GET", false}, {"GET", 303, 1, "GET GET", false}, {"GET", 307, 1, "GET GET", false}, {"GET", 308, 2, "GET GET GET", false},
		{"GET", 302, 3, "GET GET GET", true}, {"GET", 302, 1000, "GET GET GET", true}, {"POST", 307, 1000, "POST POST POST", true},
		{"POST", 301, 1, "POST GET", false}, {"POST", 302, 1, "POST GET", false}, {"POST", 303, 2, "POST GET GET", false}, {"POST", 307, 1, "POST POST", false}, {"POST", 308, 1, "POST POST", false},
		{"PUT", 301, 1, "PUT PUT", false}, {"PUT", 303, 1, "PUT GET", false}, {"DELETE", 302, 1, "DELETE DELETE", false}, {"DELETE", 303, 1, "DELETE GET", false},
	} {
		t.Run(fmt.Sprint(tt.method, tt.status, tt.last), func(t *testing.T) {
			c.status, c.last, c.got = tt.status, tt.last, nil
			req := Request{Flow: "f", Method: tt.method, URL: []Piece{Literal(server.URL + "/0")}, Key: "op-1"}
			if tt.method == "POST" || tt.method == "PUT" {
				req.JSON = 1
			}
			res, err := f.Do(t.Context(), req)
			methods := []string{}
			for i, s := range c.got {
				methods = append(methods, s.method)
				if changes := s.method != "GET"; changes != (s.key != "") || (changes && req.JSON != nil) != (s.body != "") || s.path != fmt.Sprintf("/%d", i) {
					t.Errorf("request %d was %+v", i, s)
				}
			}
			if got := strings.Join(methods, " "); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if !tt.fails {
				if err != nil || res.Status != 200 {
					t.Errorf("got %+v, %v", res, err)
				}
				return
			}
			if e := wantKind(t, err, ErrRedirects); res.Status != tt.status || (e.Reason == ivr.ReasonUnknownResult) != (tt.method == "POST") {
				t.Errorf("got %+v with reason %q", res, e.Reason)
			}
		})
	}
}

// A redirect to itself ends after two.
func TestRedirectLoop(t *testing.T) {
	hits := 0
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		hits++
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
	})
	f := fetcher(t, Config{}, server)
	_, err := f.Do(t.Context(), with(get(server.URL+"/"), func(r *Request) { r.Retry.Max = 5 }))
	wantKind(t, err, ErrRedirects)
	if hits != 1+MaxRedirects {
		t.Errorf("%d requests", hits)
	}
}

// To another port of the same host, if the flow may call it, a request goes
// without its secrets; with them to the same port only.
func TestRedirectsDropSecrets(t *testing.T) {
	second := &chain{}
	other := serve(t, second.serve)
	first := &chain{status: 307, last: 1}
	server := serve(t, first.serve)
	f := fetcher(t, Config{Secrets: map[string]BoundSecret{"crm": {Value: ivr.NewSecret("s3cret"), Hosts: []string{server.URL, other.URL}}}}, server, other)
	req := get(server.URL + "/0")
	req.Headers = []Header{
		{Name: "Authorization", Value: []Piece{Literal("Bearer "), Value("token")}},
		{Name: "x-key", Value: []Piece{Secret("crm")}},
		{Name: "X-Other", Value: []Piece{Literal("1")}},
	}
	first.location = func(page int) string { return other.URL + samePort(page) }
	if res, err := f.Do(t.Context(), req); err != nil || res.Status != 200 {
		t.Fatalf("got %+v, %v", res, err)
	}
	first.location = samePort
	if res, err := f.Do(t.Context(), req); err != nil || res.Status != 200 {
		t.Fatalf("got %+v, %v", res, err)
	}
	full := seen{"GET", "/0", "", "s3cret", "Bearer token", "1", ""}
	if want := []seen{full, full, {"GET", "/1", "", "s3cret", "Bearer token", "1", ""}}; !slices.Equal(first.got, want) {
		t.Errorf("the first got %+v", first.got)
	}
	if want := []seen{{"GET", "/1", "", "", "", "1", ""}}; !slices.Equal(second.got, want) {
		t.Errorf("the second got %+v", second.got)
	}
}

// A port that another flow may call is no place for this one.
func TestRedirectToAnotherFlowsPort(t *testing.T) {
	second := &chain{}
	other := serve(t, second.serve)
	first := &chain{status: 302, last: 1, location: func(page int) string { return other.URL + samePort(page) }}
	server := serve(t, first.serve)
	f := fetcher(t, Config{Hosts: []Host{{Origin: other.URL, Flows: []string{"g"}, Networks: []string{"127.0.0.0/8"}}}}, server)
	_, err := f.Do(t.Context(), get(server.URL+"/0"))
	wantKind(t, err, ErrRedirect)
	if len(second.got) != 0 {
		t.Errorf("it got %v", second.got)
	}
}

// Neither another host that the flow may call, nor from TLS to none.
func TestRedirectsElsewhere(t *testing.T) {
	flows := []string{"f"}
	r, err := Config{AllowHTTP: true, Hosts: []Host{
		{Origin: "https://api.test", Flows: flows}, {Origin: "http://api.test", Flows: flows}, {Origin: "https://api.test:8443", Flows: flows},
		{Origin: "https://other.test", Flows: flows}, {Origin: "https://sub.api.test", Flows: flows},
	}}.withDefaults().check()
	if err != nil {
		t.Fatal(err)
	}
	f := &Fetcher{rules: r}
	for _, tt := range []struct {
		from, to string
		ok       bool
	}{
		{"https://api.test/", "/x", true}, {"https://api.test/", "https://API.test:443/x", true}, {"https://api.test/", "//api.test:8443/x", true},
		{"https://api.test/", "https://other.test/", false}, {"https://api.test/", "//other.test/", false}, {"https://sub.api.test/", "https://api.test/", false}, {"https://api.test/", "https://sub.api.test/", false},
		{"https://api.test/", "http://api.test/x", false}, {"https://api.test:8443/", "http://api.test/", false}, {"http://api.test/", "https://api.test/", true}, {"http://api.test/", "/x", true},
	} {
		o, u, err := buildURL([]Piece{Literal(tt.from)})
		if err != nil {
			t.Fatal(err)
		}
		answer := &http.Response{StatusCode: 302, Header: http.Header{"Location": {tt.to}}}
		next, refused := f.redirect(&plan{flow: "f"}, hop{origin: o, url: u, method: "GET"}, answer)
		if (next != nil) != tt.ok || (refused == nil) != tt.ok {
			t.Errorf("%s to %s: got %v, %v", tt.from, tt.to, next, refused)
		}
	}
}
