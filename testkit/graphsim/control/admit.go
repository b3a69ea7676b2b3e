package control

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// admit decides whether a request may use the control interface. Without a
// token only this machine may, by a loopback name: a page in a browser cannot
// reach it by a name of its own that leads here.
func (s *Server) admit(r *http.Request) error {
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		return &Error{Place: "header Origin", Cause: "a page of another site asks", Mend: "ask from a program, not from a page", status: http.StatusForbidden}
	}
	if s.cfg.Token != "" {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		want, got := sha256.Sum256([]byte(s.cfg.Token)), sha256.Sum256([]byte(given))
		if !ok || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			return &Error{Place: "header Authorization", Cause: "the control token is missing or wrong",
				Mend: "send Authorization: Bearer with what is in the control token file", status: http.StatusUnauthorized}
		}
		return nil
	}
	if !loopback(hostOf(r.Host)) || !loopback(hostOf(r.RemoteAddr)) {
		return &Error{Place: "header Host", Cause: r.Host + " is no loopback name, and the simulator has no control token",
			Mend: "ask 127.0.0.1 from this machine, or start the simulator with a control token", status: http.StatusForbidden}
	}
	return nil
}

func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return strings.Trim(address, "[]")
	}
	return host
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}
