package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// TestHostileURLs asks for each of the texts twice: when the flow is allowed
// another host, and when the host of the text is itself on the list.
func TestHostileURLs(t *testing.T) {
	if n := len(slices.Compact(slices.Sorted(slices.Values(hostileURLs())))); n < 100 || n != len(hostileURLs()) {
		t.Fatalf("%d different targets of %d, want 100 at least", n, len(hostileURLs()))
	}
	tr, ns := newTrap(t), everythingIsLoopback()
	for _, raw := range hostileURLs() {
		target := strings.ReplaceAll(raw, "P", tr.port)
		t.Run(raw, func(t *testing.T) {
			refusedElsewhere(t, target, ns)
			refusedEvenIfListed(t, target, ns)
		})
	}
	if n := tr.accepted.Load(); n != 0 {
		t.Errorf("the listener on loopback had %d connections", n)
	}
	t.Logf("%d targets, each asked for twice: 0 connections", len(hostileURLs()))
}

// everythingIsLoopback is a name server for which the names of the table lead
// to this machine.
func everythingIsLoopback() *names {
	here := [][]string{{"127.0.0.1", "::1"}}
	return &names{hosts: map[string][][]string{
		"api.test": here, "localhost": here, "ip6-localhost": here, "metadata.google.internal": {{"169.254.169.254"}},
	}}
}

// refusedElsewhere asks when only api.test is allowed. What names another host
// must not even be looked up.
func refusedElsewhere(t *testing.T, target string, ns *names) {
	t.Helper()
	f := fetcher(t, Config{Resolver: ns.resolver(), Hosts: []Host{{Origin: "https://api.test", Flows: []string{"f"}}}})
	var s spy
	s.watch(f)
	before := ns.count()
	res, err := f.Do(t.Context(), get(target))
	if err == nil || res.Status != 0 || s.count() != 0 || ns.count() != before {
		t.Errorf("not listed: got %+v, %v; %d dials, %d questions to the name server", res, err, s.count(), ns.count()-before)
	}
}

// refusedEvenIfListed puts the text's host on the list. Either the
// configuration is refused, or the dial.
func refusedEvenIfListed(t *testing.T, target string, ns *names) {
	t.Helper()
	host := target
	if i := strings.Index(target, "://"); i >= 0 {
		if end := strings.IndexAny(target[i+3:], "/?#"); end >= 0 {
			host = target[:i+3+end]
		}
	}
	f, err := New(Config{Resolver: ns.resolver(), AllowHTTP: true, Hosts: []Host{{Origin: host, Flows: []string{"f"}}}})
	if err != nil {
		return
	}
	defer f.Close()
	var s spy
	s.watch(f)
	res, err := f.Do(t.Context(), get(target))
	if err == nil || res.Status != 0 || s.count() != 0 {
		t.Errorf("listed: got %+v, %v; the guard let %v pass", res, err, s.passed)
	}
}

func TestNamesThatLeadInside(t *testing.T) {
	for _, address := range specialAddresses() {
		t.Run(address, func(t *testing.T) {
			ns := &names{hosts: map[string][][]string{"api.test": {{address}}}}
			f := fetcher(t, Config{Resolver: ns.resolver(), Hosts: []Host{{Origin: "https://api.test", Flows: []string{"f"}}}})
			var s spy
			s.watch(f)
			_, err := f.Do(t.Context(), get("https://api.test/"))
			e := wantKind(t, err, ErrAddress)
			if s.count() != 0 || e.Reason != "not_allowed" || ns.count() == 0 {
				t.Errorf("got %v with reason %q; the guard let %v pass", err, e.Reason, s.passed)
			}
		})
	}
	t.Logf("%d addresses behind a name: 0 dials", len(specialAddresses()))
}

// Public addresses pass, or the tests above would prove nothing.
func TestPublicAddressesPass(t *testing.T) {
	for address := range strings.FieldsSeq("8.8.8.8 1.1.1.1 93.184.215.14 100.63.255.255 100.128.0.0 172.15.0.1 172.32.0.1 11.0.0.1 223.255.255.255 2606:4700::1111 2a00:1450::1 2001:4860:4860::8888") {
		ns := &names{hosts: map[string][][]string{"api.test": {{address}}}}
		f := fetcher(t, Config{Resolver: ns.resolver(), Hosts: []Host{{Origin: "https://api.test", Flows: []string{"f"}}}})
		var s spy
		s.watch(f)
		_, err := f.Do(t.Context(), get("https://api.test/"))
		wantKind(t, err, ErrConnect)
		if s.count() != 1 || s.passed[0].Addr().String() != address || s.passed[0].Port() != 443 {
			t.Errorf("%s: the guard let %v pass", address, s.passed)
		}
	}
}

// A name that leads to a public address first, and inside later.
func TestRebinding(t *testing.T) {
	inside := []string{"127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"}
	for _, address := range inside {
		ns := &names{hosts: map[string][][]string{"api.test": {{"8.8.8.8"}, {address}}}}
		f := fetcher(t, Config{Resolver: ns.resolver(), Hosts: []Host{{Origin: "https://api.test", Flows: []string{"f"}}}})
		var s spy
		s.watch(f)
		_, err := f.Do(t.Context(), get("https://api.test/"))
		wantKind(t, err, ErrConnect)
		for range 3 {
			_, err = f.Do(t.Context(), get("https://api.test/"))
			wantKind(t, err, ErrAddress)
		}
		if s.count() != 1 {
			t.Errorf("%s: the guard let %v pass", address, s.passed)
		}
	}
}

// What no rule names is not dialled, whatever asks for it.
func TestUnknownAddresses(t *testing.T) {
	f := fetcher(t, Config{Hosts: []Host{{Origin: "https://api.test", Flows: []string{"f"}}}})
	for _, transport := range []*http.Transport{f.pooled, f.fresh} {
		for _, address := range []string{"8.8.8.8:443", "api.test:80", "other.test:443", "127.0.0.1:443"} {
			if c, err := transport.DialContext(t.Context(), "tcp", address); !errors.Is(err, errGuard) {
				t.Errorf("%s: got %v, %v", address, c, err)
			}
		}
	}
}

// Several answers at once: only the public one is dialled.
func TestMixedAnswers(t *testing.T) {
	for _, answers := range [][]string{
		{"8.8.8.8", "127.0.0.1"},
		{"127.0.0.1", "8.8.8.8"},
		{"10.0.0.1", "8.8.8.8", "192.168.1.1", "fd00::1", "::1"},
	} {
		ns := &names{hosts: map[string][][]string{"api.test": {answers}}}
		f := fetcher(t, Config{Resolver: ns.resolver(), Hosts: []Host{{Origin: "https://api.test", Flows: []string{"f"}}}})
		var s spy
		s.watch(f)
		if _, err := f.Do(t.Context(), get("https://api.test/")); err == nil {
			t.Fatal("no error")
		}
		for _, a := range s.passed {
			if a.String() != "8.8.8.8:443" {
				t.Errorf("%v: the guard let %s pass", answers, a)
			}
		}
	}
}

func TestHostileRedirects(t *testing.T) {
	tr := newTrap(t)
	var hits atomic.Int64
	location := ""
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if hits.Add(1); r.URL.Path == "/" {
			w.Header()["Location"] = []string{location}
			w.WriteHeader(http.StatusFound)
		}
	})
	for _, raw := range hostileLocations() {
		location = strings.NewReplacer("P", tr.port, "S", portOf(t, server.URL)).Replace(raw)
		t.Run(fmt.Sprintf("%.60q", raw), func(t *testing.T) {
			ns := everythingIsLoopback()
			f := fetcher(t, Config{Resolver: ns.resolver()}, server)
			hits.Store(0)
			res, err := f.Do(t.Context(), get(server.URL+"/"))
			if err == nil || hits.Load() > 1 || ns.count() > 0 {
				t.Errorf("got %+v, %v; %d requests, %d questions to the name server", res, err, hits.Load(), ns.count())
			}
		})
	}
	if n := tr.accepted.Load(); n != 0 {
		t.Errorf("the listener on loopback had %d connections", n)
	}
	t.Logf("%d redirects: 0 connections elsewhere", len(hostileLocations()))
}
