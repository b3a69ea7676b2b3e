package dev_test

import (
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/ivrflow/dev"
)

const asker = `ivr: 1
flow: asker
vars: {account: {type: digits, default: "12345678"}, balance: {type: money, currency: GBP}, pin: {type: digits, length: 4, sensitive: true}, name: {type: string}}
actions: {look: {in: [account], out: [name], outcomes: [ok, lost], http: {get: "HOST/people/${account}", into: {people.0.name: name}, outcomes: {404: lost}}}}
prompts: {told: "It is", none: "None.", sorry: "Sorry.", lost: "Lost."}
start: main
states:
  main:
    - answer
    - {do: look, lost: [{play: lost}], failed: [{log: "look ${result.reason}"}]}
    - http: {get: "HOST/accounts/${account}", headers: {Authorization: "Bearer ${secret.crm}"}, into: {balance: balance, keys.pin: pin}}
      id: ask
      404: [{play: none}, end]
      failed: [{log: "asked ${result.reason}"}, {play: sorry}, end]
    - play: [told, {say_as: money, value: "${balance}"}]
    - end
`

// Without a configuration nobody is asked: dev says so, and answers itself.
func TestHTTPStandIns(t *testing.T) {
	flow := flowFile(t, strings.ReplaceAll(asker, "HOST", "https://api.example.com:8443"))
	const missing = "https://api.example.com:8443 is not asked: no configuration allows it, so dev answers itself (--config bot.yaml"
	for name, c := range map[string]struct {
		given []string
		want  []string
	}{
		"plausible":  {nil, []string{missing, "look → ok {name: example}", "ask → 200 {balance: 1234.50 GBP, keys.pin: (hidden)} (played by dev; --given ask=STATUS)", "told: It is", "GET https://api.example.com:8443/accounts/${…}: ok"}},
		"a status":   {[]string{"ask=404", "look=lost"}, []string{"look → lost", "lost: Lost.", "ask → 404", "none: None."}},
		"one a use":  {[]string{"ask=503|200"}, []string{"ask → 503", "sorry: Sorry."}},
		"no service": {[]string{"ask=failed", "look=failed"}, []string{"look → failed, as given", "log look unreachable", "ask → failed, as given", "log asked unreachable", "sorry: Sorry."}},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, dev.Options{Path: flow, Fast: true, Given: c.given, Script: "wait 1s"}, "")
			inOrder(t, r.out, c.want...)
		})
	}
	r := run(t, dev.Options{Path: flow, Fast: true, Given: []string{"ask=fine", "asks=404"}}, "")
	wantCode(t, r, dev.ExitUsage)
	inOrder(t, r.err, "--given ask=fine: an http step is answered with a status such as 404, with ok, or failed", `--given asks: the flow "asker" declares no action "asks"`)
}

// With a configuration its hosts are asked, and no others.
func TestHTTPConfig(t *testing.T) {
	asked := make(lines, 10)
	api := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	api.Config.ErrorLog = log.New(asked, "", 0)
	api.StartTLS()
	defer api.Close()
	flow := flowFile(t, strings.ReplaceAll(asker, "HOST", api.URL))
	config := func(more string) string {
		return write(t, filepath.Join(filepath.Dir(flow), "bot.yaml"), `app_id: 6f1d3c52-9a4b-4e0e-8d27-3b5f0c9e7a11
secret: {env: IVRFLOW_TEST_NOT_SET}
tenants: [b41b72d0-4e9f-4c26-8a69-f949f367c91d]
public_url: https://bot.example.com
speech: {command: [cat]}
flows: [test.ivr.yaml]
`+more)
	}
	allowed := `hosts: [{url: "` + api.URL + `", networks: [127.0.0.0/8]}]
secrets: {crm: {env: IVRFLOW_TEST_NO_CRM, hosts: ["` + api.URL + `"]}}
`
	r := run(t, dev.Options{Path: flow, Bot: config(allowed), Script: "wait 1s"}, "")
	// Nobody known has signed the server's certificate, so it is not believed.
	inOrder(t, r.out, "log look unreachable", "log asked unreachable", "sorry: Sorry.")
	if text := <-asked; !strings.Contains(text, "TLS handshake error") {
		t.Errorf("the server tells %q", text)
	}
	inOrder(t, r.err, "IVRFLOW_TEST_NO_CRM is not set here")
	r = run(t, dev.Options{Path: flow, Bot: config("")}, "")
	wantCode(t, r, dev.ExitUsage)
	inOrder(t, r.err, "add "+api.URL+" to hosts")
	r = run(t, dev.Options{Path: flow, Bot: config(allowed), Fast: true}, "")
	wantCode(t, r, dev.ExitUsage)
	inOrder(t, r.err, "leave --config out")
	r = run(t, dev.Options{Path: flow, Bot: "none.yaml"}, "")
	wantCode(t, r, dev.ExitUsage)
	inOrder(t, r.err, "--config: reading configuration")
}

// lines are what is written, one by one.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}
