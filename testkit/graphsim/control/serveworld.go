package control

import (
	"net/http"
	"time"
)

// Info is what a bot and a test need to know of the simulator.
type Info struct {
	URL        string    `json:"url" doc:"the simulator"`
	Graph      []string  `json:"graph" doc:"the roots of the call API"`
	TokenURL   string    `json:"token_url" doc:"where the bot gets access tokens"`
	Metadata   string    `json:"metadata_url" doc:"OpenID metadata, by which the bot verifies callbacks"`
	Issuer     string    `json:"issuer" doc:"of callbacks' tokens"`
	Thumbprint string    `json:"key_thumbprint" doc:"of the key that signs callbacks: SHA-256 of its JWK, RFC 7638"`
	AppID      string    `json:"app_id"`
	Tenant     string    `json:"tenant"`
	Instance   string    `json:"instance" doc:"the bot's application instance (resource account), which owns its telephone numbers"`
	Bot        string    `json:"bot" doc:"where incoming calls are posted"`
	Control    string    `json:"control" doc:"root of this interface"`
	Began      time.Time `json:"began"`
	Clock      string    `json:"clock" enum:"real" doc:"time is real: it cannot be turned"`
	Sum        Summary   `json:"sum" doc:"what went on since the simulator began"`
	Setup      Setup     `json:"setup" doc:"how it began, or was last reset; later faults and people have lists of their own"`
}

// Rotate says what becomes of the old keys.
type Rotate struct {
	Forget bool `json:"forget,omitempty" doc:"the old keys are published no longer"`
}

// Rotated is the new key.
type Rotated struct {
	Thumbprint string `json:"key_thumbprint"`
}

func worldRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "", ID: "info", Doc: "Tell addresses, the bot's registration, and what went on.",
			Out: Info{}, Status: http.StatusOK, handle: func(s *Server, c *call) error { return c.answer(s.Info()) }},
		{Method: http.MethodGet, Path: "/openapi.json", ID: "openapi", Doc: "Describe this interface.",
			Out: map[string]any{}, Status: http.StatusOK, handle: func(_ *Server, c *call) error { return c.answer(OpenAPI()) }},
		{Method: http.MethodPost, Path: "/reset", ID: "reset", Doc: "Begin anew: calls stop where they are, people and faults are forgotten. Without a body the simulator is as it was at its start; a body is the whole new set-up. The log goes on, and access tokens stay good.",
			In: Setup{}, Empty: true, Out: Info{}, Status: http.StatusOK, handle: serveReset},
		{Method: http.MethodPost, Path: "/rotate_key", ID: "rotateKey", Doc: "Sign the next callbacks with a new key.",
			In: Rotate{}, Empty: true, Out: Rotated{}, Status: http.StatusOK, handle: serveRotate},
	}
}

// Info tells what a bot and a test need to know.
func (s *Server) Info() Info {
	s.mu.Lock()
	w, key := s.world, s.key
	s.mu.Unlock()
	base := s.cfg.BaseURL
	return Info{URL: base, Graph: []string{base + "/v1.0", base + "/beta"}, TokenURL: w.sim.TokenURL(), Metadata: w.sim.Discovery(),
		Issuer: w.sim.Issuer(), Thumbprint: Thumbprint(&key.PublicKey), AppID: s.cfg.AppID, Tenant: s.cfg.Tenant, Instance: s.cfg.Instance,
		Bot: w.webhook(), Control: base + Root, Began: s.began.UTC(), Clock: "real", Sum: s.log.summary(), Setup: w.setup.told()}
}

func serveReset(s *Server, c *call) error {
	setup := s.cfg.Setup
	if len(c.body) > 0 {
		setup = Setup{}
		if err := c.into(&setup); err != nil {
			return err
		}
	}
	if err := s.reset(setup); err != nil {
		return err
	}
	return c.answer(s.Info())
}

func serveRotate(s *Server, c *call) error {
	var in Rotate
	if err := c.into(&in); err != nil {
		return err
	}
	thumbprint, err := s.rotate(in.Forget)
	if err != nil {
		return err
	}
	return c.answer(Rotated{thumbprint})
}
