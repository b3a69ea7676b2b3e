package fetch

import (
	"errors"
	"testing"
)

// The networks of a host let pass what is in them, on the host's port, and
// never the clouds' own addresses.
func TestGuard(t *testing.T) {
	g, err := newGuard(8443, []string{"10.20.0.0/16", "169.254.0.0/16", "fd12:3456::/32", "fd00::/8", "127.0.0.1/32"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		network, address string
		ok               bool
	}{
		{"tcp4", "10.20.0.0:8443", true}, {"tcp4", "10.20.255.255:8443", true}, {"tcp4", "10.21.0.0:8443", false}, {"tcp4", "10.19.255.255:8443", false},
		{"tcp4", "127.0.0.1:8443", true}, {"tcp4", "127.0.0.2:8443", false}, {"tcp6", "[fd12:3456::1]:8443", true}, {"tcp6", "[fc00::1]:8443", false},
		{"tcp4", "8.8.8.8:8443", true}, {"tcp6", "[2606:4700::1111]:8443", true},
		{"tcp4", "10.20.0.1:443", false}, {"tcp4", "8.8.8.8:443", false}, {"tcp4", "8.8.8.8:0", false}, {"tcp6", "[2606:4700::1111]:22", false},
		{"tcp4", "169.254.1.1:8443", true}, {"tcp4", "169.254.169.254:8443", false}, {"tcp4", "169.254.170.2:8443", false}, {"tcp6", "[fd00:ec2::254]:8443", false},
		{"tcp6", "[::ffff:10.20.0.1]:8443", false}, {"tcp6", "[::ffff:169.254.169.254]:8443", false}, {"tcp6", "[fd12:3456::1%eth0]:8443", false},
		{"udp4", "10.20.0.1:8443", false}, {"udp6", "[fd12:3456::1]:8443", false}, {"unix", "/run/x.sock", false}, {"tcp", "10.20.0.1:8443", false},
		{"tcp4", "10.20.0.1", false}, {"tcp4", "localhost:8443", false}, {"tcp4", "", false},
	} {
		err := g.control(tt.network, tt.address, nil)
		if (err == nil) != tt.ok || err != nil && !errors.Is(err, errGuard) {
			t.Errorf("%s %s: got %v", tt.network, tt.address, err)
		}
	}
}
