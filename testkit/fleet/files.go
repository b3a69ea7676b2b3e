package fleet

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// The people to whom calls are handed over: one is always busy, one answers.
const (
	busyDesk = "5f0c7c7e-0000-4000-8000-000000000008"
	openDesk = "5f0c7c7e-0000-4000-8000-000000000009"
)

// desk is the flow. Each key is told to the web service. Then 7 posts a note, 8
// and 9 hand the caller over, 0 ends the call, and the others do nothing.
const desk = `ivr: 1
flow: desk
start: main
vars:
  key: {type: digits, length: 1, default: "0"}
states:
  main:
    - collect: key
      prompt: {silence: 100ms}
      first_key: 2s
      tries: 20
      gave_up: end
    - goto: heard
  heard:
    - http: {get: "SERVICE/heard/${call.caller ?? \"nobody\"}/${key}", timeout: 2s, retry: {max: 2, backoff: 100ms}}
      failed: again
    - switch:
        - {when: key == "7", then: note}
        - {when: key == "8", then: busy}
        - {when: key == "9", then: open}
        - {when: key == "0", then: bye}
        - {else: main}
  again: # too many at once, or the service was not there
    - wait: 300ms
    - goto: heard
  note:
    - http: {post: "SERVICE/noted/${call.caller ?? \"nobody\"}/${key}", timeout: 2s}
      failed: []
    - goto: main
  busy:
    - transfer: {user: BUSY}
      failed: main
  open:
    - transfer: {user: OPEN}
      failed: main
  bye: end
`

const botFile = `app_id: %s
secret: {env: IVRFLOW_FLEET_SECRET}
key: {env: IVRFLOW_FLEET_KEY}
tenants: [%s]
public_url: %s
listen: 127.0.0.1:0
graph: {url: %s/beta, login_url: %s, metadata_url: %s}
flows: [desk.ivr.yaml]
drain: 2s
hosts: [{url: "%s", networks: [127.0.0.0/8]}]
%s`

// write writes a node's files and returns the path of its configuration.
func (f *Fleet) write(n *Node) (string, error) {
	flow := strings.NewReplacer("SERVICE", f.service.URL, "BUSY", busyDesk, "OPEN", openDesk).Replace(desk)
	bot := fmt.Sprintf(botFile, f.sim.AppID(), f.sim.Tenant(), f.balancer.server.URL,
		f.graph.URL, f.graph.URL, f.sim.Discovery(), f.service.URL, f.cfg.Extra)
	for name, text := range map[string]string{"desk.ivr.yaml": flow, "bot.yaml": bot} {
		if err := os.WriteFile(filepath.Join(n.dir, name), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	return filepath.Join(n.dir, "bot.yaml"), nil
}

// trust writes the certificates that the nodes believe.
func (f *Fleet) trust() error {
	var text strings.Builder
	for _, c := range f.service.TLS.Certificates[0].Certificate {
		if err := pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: c}); err != nil {
			return err
		}
	}
	return os.WriteFile(f.certFile(), []byte(text.String()), 0o600)
}

func (f *Fleet) certFile() string { return filepath.Join(f.cfg.Dir, "trusted.pem") }

// env is what the nodes find in their environment.
func (f *Fleet) env() []string {
	return append([]string{
		"IVRFLOW_FLEET_SECRET=" + graphsim.DefaultSecret,
		"IVRFLOW_FLEET_KEY=" + f.key,
		"SSL_CERT_FILE=" + f.certFile(),
	}, f.cfg.Env...)
}

func newKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return base64.StdEncoding.EncodeToString(key)
}
