// Package fetch makes the HTTP requests of flows, and nothing but those that
// the bot's configuration allows.
//
// What a flow asks for is made of what callers type, so each request is
// treated as a possible attempt to reach what only the bot can reach
// (server-side request forgery; OWASP API Security Top 10, API7:2023, and the
// OWASP Server-Side Request Forgery Prevention Cheat Sheet):
//
//   - A flow reaches the hosts that [Config] names for it, and no others.
//   - Values are pieces beside the literal text of a URL: they are
//     percent-encoded and cannot become a host, a path segment or a parameter.
//   - Each address is checked when it is dialled, after the name was resolved,
//     so that no answer of a name server leads into a private network.
//   - Time, size and shape of the answer are bounded, and so is what one host
//     gets at the same time.
//   - Secrets go into headers, to the hosts they are bound to, and into
//     nothing else: no error of this package holds a value, a secret, or a
//     text of the other side.
//
// An example:
//
//	f, err := fetch.New(fetch.Config{
//		Hosts:   []fetch.Host{{Origin: "https://api.example.com", Flows: []string{"bank"}}},
//		Secrets: map[string]fetch.BoundSecret{"crm": {Value: key, Hosts: []string{"https://api.example.com"}}},
//	})
//	...
//	res, err := f.Do(ctx, fetch.Request{
//		Flow:    "bank",
//		Method:  "GET",
//		URL:     []fetch.Piece{fetch.Literal("https://api.example.com/accounts/"), fetch.Value(account)},
//		Headers: []fetch.Header{{Name: "Authorization", Value: []fetch.Piece{fetch.Literal("Bearer "), fetch.Secret("crm")}}},
//	})
//	outcome := fetch.OutcomeOf(res, err) // "ok", or "404" or "4xx" or "failed" with a reason
//
// A [Fetcher] is safe for concurrent use. It starts no goroutine that outlives
// a request, other than those that net/http keeps for idle connections;
// [Fetcher.Close] ends these.
package fetch
